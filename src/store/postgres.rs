//! PostgreSQL, the engine of record.

use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Postgres};

use super::connections::Connections;
use super::{OpenError, StoreOptions};

#[derive(Clone, Debug)]
pub(super) struct Database {
    pub(super) connections: Connections<Postgres>,
    pub(super) location: String,
}

impl Database {
    /// Connects when the first statement comes, not now.
    pub(super) fn open(options: &StoreOptions) -> Result<Self, OpenError> {
        // The cause may quote the URL, password and all.
        let bad = |_| OpenError::BadUrl("it is not a URL that Postgres' clients read".to_owned());
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
                // Pages lie in memory or on flash: not the price of disks that turn.
                ("random_page_cost", "1.1".to_owned()),
                // A plan is made once a connection and statement, for any number of rows, and kept;
                // so it must be good for a table that grows: by an index, wherever there is one.
                ("plan_cache_mode", "force_generic_plan".to_owned()),
                ("enable_seqscan", "off".to_owned()),
                // Where there is none, the price of having no choice would look like a long query.
                ("jit", "off".to_owned()),
            ])
            .disable_statement_logging();
        let (most, patience) = (options.max_connections, options.acquire_timeout);
        Ok(Self { connections: Connections::new(connect, most, patience), location })
    }
}
