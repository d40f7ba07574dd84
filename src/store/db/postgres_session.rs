//! The settings of a session of PostgreSQL. None is taken from the defaults of the role, the database
//! or the server, on which promises of the service would then depend.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Error, Row};

use super::lock_retries::LockRetries;
use super::options::StoreOptions;
use super::pool::MAX_IDLE;
use crate::store::error::TooOld;

/// How often Postgres looks whether the client of a running statement is still there: a statement
/// whose connection was given up ends within this time.
const CONNECTION_CHECK: Duration = Duration::from_secs(1);
/// When Postgres ends a session that is idle: those that the pool holds are closed before.
const IDLE_SESSION_TIMEOUT: Duration = MAX_IDLE.saturating_add(Duration::from_mins(5));
/// After how long without an acknowledgement Postgres takes its client's machine for lost.
const TCP_USER_TIMEOUT: Duration = Duration::from_secs(30);
/// The oldest version that is supported.
const OLDEST: u32 = 13;

/// The setting of plans, which Citus needs another value of.
pub(in crate::store) const PLAN_CACHE_MODE: &str = "plan_cache_mode";

/// What is the same in every session, as PostgreSQL shows it.
pub(in crate::store) const CHECKED_SETTINGS: &[(&str, &str)] = &[
    // Under a higher level, most of many changes of one pool would fail.
    ("default_transaction_isolation", "read committed"),
    ("default_transaction_read_only", "off"),
    ("default_transaction_deferrable", "off"),
    // Pages are in memory or on flash: a random read costs hardly more than a sequential one.
    ("random_page_cost", "1.1"),
    // A plan is made once per connection and statement, for any number of rows. It must stay good
    // while tables grow: by an index wherever there is one.
    (PLAN_CACHE_MODE, "force_generic_plan"),
    ("enable_seqscan", "off"),
    // Where there is none, the penalty of a forced scan would look worth compiling for.
    ("jit", "off"),
];

/// The server ends sessions of clients that are gone: after 10 s, then 4 probes. It shows zeros for a
/// Unix socket.
const KEEPALIVES: &[(&str, &str)] = &[
    ("tcp_keepalives_idle", "10"),
    ("tcp_keepalives_interval", "5"),
    ("tcp_keepalives_count", "4"),
];

/// What a session begins with.
#[derive(Clone, Debug)]
pub(super) struct Session {
    settings: Arc<[(&'static str, String)]>,
    /// Whether Citus distributes the tables.
    distributed: Arc<AtomicBool>,
}

impl Session {
    /// A commit that was acknowledged must survive a crash of the server. More than that is up to who
    /// runs it: `local` does not wait for standbys, `remote_apply` waits longer.
    const DURABLE: &str = "select set_config('synchronous_commit', 'on', false)
         where current_setting('synchronous_commit') = 'off'";
    const STATE: &str = "select pg_is_in_recovery()::text";

    pub(super) fn new(options: &StoreOptions) -> Self {
        let timeouts = [
            ("statement_timeout", options.statement_timeout),
            ("lock_timeout", LockRetries::LOCK_TIMEOUT),
            ("idle_in_transaction_session_timeout", options.statement_timeout),
            ("tcp_user_timeout", TCP_USER_TIMEOUT),
        ];
        let fixed = CHECKED_SETTINGS.iter().chain(KEEPALIVES);
        let fixed = fixed.map(|(name, value)| (*name, (*value).to_owned()));
        let timeouts = timeouts.map(|(name, timeout)| (name, millis(timeout)));
        Self { settings: fixed.chain(timeouts).collect(), distributed: Arc::default() }
    }

    pub(super) fn is_distributed(&self) -> bool {
        self.distributed.load(Ordering::Relaxed)
    }

    /// Returns whether that is a change.
    pub(super) fn set_distributed(&self, distributed: bool) -> bool {
        self.distributed.swap(distributed, Ordering::Relaxed) != distributed
    }

    /// Names and values, of which later ones replace earlier ones.
    pub(super) fn settings(&self) -> Vec<(&'static str, String)> {
        let mut settings = self.settings.to_vec();
        if self.is_distributed() {
            // Without the arguments Citus does not know where most statements are executed.
            settings.push((PLAN_CACHE_MODE, "auto".to_owned()));
        }
        settings
    }

    /// Makes the settings.
    ///
    /// # Errors
    ///
    /// Also if the server is too old, or only reads.
    pub(super) async fn begin(&self, connection: &mut PgConnection) -> Result<(), Error> {
        /// The first version with this number of digits, of a major version.
        const fn number(version: u32) -> u32 {
            version * 10_000
        }

        let version = connection.server_version_num();
        if let Some(version) = version.filter(|version| *version < number(OLDEST)) {
            let too_old = TooOld { found: version / 10_000, oldest: OLDEST };
            return Err(Error::Configuration(too_old.into()));
        }
        let distributed = self.is_distributed();
        let settings = self.settings();
        let set = settings.iter().map(|(name, value)| format!("set {name} = '{value}'"));
        let statements = set.chain([Self::DURABLE.to_owned(), Self::STATE.to_owned()]);
        let statements = statements.collect::<Vec<_>>().join("; ");
        let rows = sqlx::raw_sql(AssertSqlSafe(statements)).fetch_all(&mut *connection).await?;
        // The last row is that of the last statement.
        let standby = rows.last().map(|row| row.try_get_unchecked::<String, _>(0)).transpose()?;
        if standby.as_deref() == Some("true") {
            let standby = "the server is a standby, which only reads";
            return Err(Error::Configuration(standby.into()));
        }
        if self.is_distributed() != distributed {
            let noted = "the tables were distributed meanwhile";
            return Err(Error::Configuration(noted.into()));
        }
        // What is abandoned, Postgres ends by itself: it notices that the connection was closed. Before
        // version 14 it does so only when it has something to send.
        if version.is_none_or(|version| version < number(14)) {
            return Ok(());
        }
        let transaction_timeout = match version {
            Some(version) if version >= number(17) => "set transaction_timeout = 0;",
            _ => "",
        };
        let newer = format!(
            "{transaction_timeout} set idle_session_timeout = {}; \
             set client_connection_check_interval = {}",
            millis(IDLE_SESSION_TIMEOUT),
            millis(CONNECTION_CHECK)
        );
        match sqlx::raw_sql(AssertSqlSafe(newer)).execute(connection).await {
            // A server whose system cannot tell that a connection was closed.
            Err(Error::Database(error)) => {
                tracing::debug!(%error, "abandoned statements go on");
                Ok(())
            }
            done => done.map(drop),
        }
    }
}

fn millis(timeout: Duration) -> String {
    timeout.as_millis().to_string()
}
