//! PostgreSQL, the engine of record.

use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Postgres};

use super::options::StoreOptions;
use super::pool::ConnectionPool;
use crate::store::error::OpenError;

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
        let millis = |timeout: Duration| timeout.as_millis().to_string();
        let connect = url
            .application_name("esimpool")
            .options([
                ("statement_timeout", millis(options.statement_timeout)),
                ("lock_timeout", millis(options.acquire_timeout)),
                ("idle_in_transaction_session_timeout", millis(options.statement_timeout)),
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
        Ok(Self { connections: ConnectionPool::new(connect, max, timeout), location })
    }
}
