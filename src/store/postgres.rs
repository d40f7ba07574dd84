//! PostgreSQL, the engine of record.

use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, Postgres};
use tokio::time::error::Elapsed;

use super::{OpenError, StoreError, StoreOptions};

#[derive(Clone, Debug)]
pub(super) struct Database {
    pub(super) pool: PgPool,
    pub(super) location: String,
    pub(super) trust: Trust,
}

/// Which idle connections are believed to be alive. To ask each before its use would cost a round
/// trip a statement.
#[derive(Clone, Debug)]
pub(super) struct Trust {
    opened: Instant,
    /// When a connection was last found broken, in microseconds after `opened`.
    broken: Arc<AtomicU64>,
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
            ])
            .disable_statement_logging();
        let trust = Trust { opened: Instant::now(), broken: Arc::default() };
        let trusted = trust.clone();
        let pool = PgPoolOptions::new()
            .max_connections(options.max_connections)
            .acquire_timeout(options.acquire_timeout)
            .test_before_acquire(false)
            .before_acquire(move |connection, life| {
                let alive = trusted.reaches(life.idle_for);
                Box::pin(async move {
                    if !alive {
                        connection.ping().await?;
                    }
                    Ok(true)
                })
            })
            .connect_lazy_with(connect);
        Ok(Self { pool, location, trust })
    }

    /// A connection, new or from before.
    pub(super) async fn connect(&self) -> Result<PoolConnection<Postgres>, StoreError> {
        self.pool.acquire().await.map_err(|error| {
            // Nothing has been sent over it yet.
            StoreError::Unavailable(self.trust.learn(error).to_string())
        })
    }

    /// The outcome of a statement that had a deadline.
    pub(super) fn settle<T>(
        &self,
        connection: PoolConnection<Postgres>,
        outcome: Result<Result<T, sqlx::Error>, Elapsed>,
    ) -> Result<T, StoreError> {
        match outcome {
            Ok(done) => done.map_err(|error| self.trust.learn(error)),
            Err(_) => Err(self.give_up(connection)),
        }
    }

    /// Parts with a connection that does not answer: it would be waited for, for ever.
    pub(super) fn give_up(&self, mut connection: PoolConnection<Postgres>) -> StoreError {
        connection.close_on_drop();
        self.trust.learn(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()))
    }
}

impl Trust {
    /// A connection that lay idle for longer may have died unnoticed.
    const IDLE: Duration = Duration::from_secs(1);

    fn now(&self) -> u64 {
        u64::try_from(self.opened.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// What a failure means. After a broken connection no other is believed unasked.
    pub(super) fn learn(&self, error: sqlx::Error) -> StoreError {
        let error = StoreError::from(error);
        if let StoreError::Unknown(_) = error {
            self.broken.store(self.now(), Ordering::Relaxed);
        }
        error
    }

    /// Whether a connection that was idle for so long is used without asking.
    fn reaches(&self, idle_for: Duration) -> bool {
        let idle = u64::try_from(idle_for.as_micros()).unwrap_or(u64::MAX);
        let last_used = self.now().saturating_sub(idle);
        let broken = self.broken.load(Ordering::Relaxed);
        idle_for < Self::IDLE && (broken == 0 || last_used > broken)
    }
}
