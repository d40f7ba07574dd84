//! PostgreSQL, the engine of record.

use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Error, Postgres};

use super::lock_retries::LockRetries;
use super::options::StoreOptions;
use super::pool::{ConnectionPool, MAX_IDLE, Pooled};
use crate::store::error::OpenError;

/// How often Postgres looks whether the client of a running statement is still there: a statement
/// whose connection was given up ends within this time.
const CONNECTION_CHECK: Duration = Duration::from_secs(1);
/// When Postgres ends a session that is idle: those that the pool holds are closed before.
const IDLE_SESSION_TIMEOUT: Duration = MAX_IDLE.saturating_add(Duration::from_mins(5));
/// After how long without an acknowledgement Postgres takes its client's machine for lost.
const TCP_USER_TIMEOUT: Duration = Duration::from_secs(30);

#[derive(Clone, Debug)]
pub(super) struct Database {
    pub(super) connections: ConnectionPool<Postgres>,
    pub(super) location: String,
}

impl Database {
    /// Connects lazily, with the first statement.
    pub(super) fn open(options: &StoreOptions) -> Result<Self, OpenError> {
        // The cause may quote the URL with its password.
        let bad = |_| OpenError::BadUrl("it is not a PostgreSQL connection URL".to_owned());
        let url = PgConnectOptions::from_str(&options.url).map_err(bad)?;
        let name = url.get_database().unwrap_or("postgres");
        let location = match url.get_socket() {
            Some(socket) => format!("{name} in {}", socket.display()),
            None => format!("{name} on {}:{}", url.get_host(), url.get_port()),
        };
        let connect = url
            .application_name("esimpool")
            .options([
                ("statement_timeout", millis(options.statement_timeout)),
                ("lock_timeout", millis(LockRetries::LOCK_TIMEOUT)),
                ("idle_in_transaction_session_timeout", millis(options.statement_timeout)),
                // The same for a client that has nothing to acknowledge: 10 s, then 4 probes.
                ("tcp_user_timeout", millis(TCP_USER_TIMEOUT)),
                ("tcp_keepalives_idle", "10".to_owned()),
                ("tcp_keepalives_interval", "5".to_owned()),
                ("tcp_keepalives_count", "4".to_owned()),
                // Pages are in memory or on flash: a random read costs hardly more than a sequential one.
                ("random_page_cost", "1.1".to_owned()),
                // A plan is made once per connection and statement, for any number of rows. It must
                // stay good while tables grow: by an index wherever there is one.
                ("plan_cache_mode", "force_generic_plan".to_owned()),
                ("enable_seqscan", "off".to_owned()),
                // Where there is none, the penalty of a forced scan would look worth compiling for.
                ("jit", "off".to_owned()),
            ])
            .disable_statement_logging();
        let (max, timeout) = (options.max_connections, options.acquire_timeout);
        let connections = ConnectionPool::new(connect, max, timeout, options.threshold());
        Ok(Self { connections, location })
    }

    /// The same database, by a single connection of its own.
    pub(super) fn with_own_connection(&self) -> Self {
        Self { connections: self.connections.sibling(1), ..self.clone() }
    }
}

impl Pooled for Postgres {
    /// What is abandoned, Postgres ends by itself: it notices that the connection was closed. Before
    /// version 14 it does so only when it has something to send.
    async fn set_up(connection: &mut PgConnection, _: &Arc<AtomicBool>) -> Result<(), Error> {
        /// The first version that knows these settings.
        const SINCE: u32 = 140_000;

        if connection.server_version_num().is_none_or(|version| version < SINCE) {
            return Ok(());
        }
        let settings = format!(
            "set idle_session_timeout = {}; set client_connection_check_interval = {}",
            millis(IDLE_SESSION_TIMEOUT),
            millis(CONNECTION_CHECK)
        );
        match sqlx::raw_sql(AssertSqlSafe(settings)).execute(connection).await {
            // A server whose system cannot tell that a connection was closed.
            Err(Error::Database(error)) => {
                tracing::debug!(%error, "abandoned statements go on");
                Ok(())
            }
            done => done.map(|_| ()),
        }
    }
}

fn millis(timeout: Duration) -> String {
    timeout.as_millis().to_string()
}
