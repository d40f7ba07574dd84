//! PostgreSQL, the engine of record.

use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions, Connection};

use super::{OpenError, StoreOptions};

/// A connection that lay idle for longer may have died unnoticed; a younger one is not asked,
/// which saves a round trip a statement.
const TRUST_IDLE_FOR: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(super) struct Database {
    pub(super) pool: PgPool,
    pub(super) location: String,
}

impl Database {
    /// Connects when the first statement comes, not now.
    pub(super) fn open(options: &StoreOptions) -> Result<Self, OpenError> {
        // The cause may quote the URL, password and all.
        let bad = |_| OpenError::BadUrl("it is not a URL that Postgres' clients read".to_owned());
        let url = PgConnectOptions::from_str(&options.url).map_err(bad)?;
        let location = match url.get_socket() {
            Some(socket) => {
                format!("{} in {}", url.get_database().unwrap_or("postgres"), socket.display())
            }
            None => format!(
                "{} on {}:{}",
                url.get_database().unwrap_or("postgres"),
                url.get_host(),
                url.get_port()
            ),
        };
        let millis = |timeout: Duration| timeout.as_millis().to_string();
        let connect = url
            .application_name("esimpool")
            .options([
                ("statement_timeout", millis(options.statement_timeout)),
                ("lock_timeout", millis(options.acquire_timeout)),
                ("idle_in_transaction_session_timeout", millis(options.statement_timeout)),
            ])
            .disable_statement_logging();
        let pool = PgPoolOptions::new()
            .max_connections(options.max_connections)
            .acquire_timeout(options.acquire_timeout)
            .test_before_acquire(false)
            .before_acquire(|connection, life| {
                Box::pin(async move {
                    if life.idle_for > TRUST_IDLE_FOR {
                        connection.ping().await?;
                    }
                    Ok(true)
                })
            })
            .connect_lazy_with(connect);
        Ok(Self { pool, location })
    }
}
