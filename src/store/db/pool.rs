//! Connections to a database, kept open between uses.
//!
//! sqlx's own pool pings a connection after each use, one more round trip a statement. Here a
//! connection that has just worked is taken to be alive, and one that failed is closed. See
//! `docs/decisions/own-connection-pool.md`.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use deadpool::Runtime;
use deadpool::managed::{
    Manager, Metrics, Object, Pool, PoolConfig, PoolError, QueueMode, RecycleError, RecycleResult,
    Timeouts, WeakPool,
};
use sqlx::{ConnectOptions, Connection, Database, Error};

use crate::store::error::StoreError;

type Options<D> = <<D as Database>::Connection as Connection>::Options;

/// Connections of one database, up to a maximum.
pub(super) struct ConnectionPool<D: Database>(Pool<ConnectionManager<D>>);

/// A connection in use. Unless it is [returned](Self::return_if), it is closed when dropped, which
/// ends what is running on it: a transaction that was abandoned, a statement that timed out.
pub(super) struct PooledConnection<D: Database>(Option<Object<ConnectionManager<D>>>);

/// Opens connections, and decides which are used again.
pub(super) struct ConnectionManager<D: Database> {
    options: Options<D>,
    liveness: Liveness,
}

/// The greatest age of a connection, after which the server may free what it has cached for it.
const MAX_AGE: Duration = Duration::from_mins(30);
/// A connection that has been idle for so long is closed.
const MAX_IDLE: Duration = Duration::from_mins(10);

impl<D: Database> fmt::Debug for ConnectionPool<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ConnectionPool({:?})", self.0.status())
    }
}

impl<D: Database> Clone for ConnectionPool<D> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<D: Database> ConnectionPool<D> {
    /// An empty pool: connections are opened when they are needed. `timeout` bounds the wait for
    /// one, as well as opening one.
    pub(super) fn new(options: Options<D>, max_connections: u32, timeout: Duration) -> Self {
        let manager = ConnectionManager { options, liveness: Liveness::new() };
        let mut config = PoolConfig::new(usize::try_from(max_connections).unwrap_or(usize::MAX));
        config.timeouts =
            Timeouts { wait: Some(timeout), create: Some(timeout), recycle: Some(timeout) };
        // Last in, first out: connections beyond what the load needs become idle and are closed.
        config.queue_mode = QueueMode::Lifo;
        let pool = Pool::builder(manager).config(config).runtime(Runtime::Tokio1).build();
        let pool: Pool<ConnectionManager<D>> = pool.expect("a runtime is given for the timeouts");
        tokio::spawn(close_idle(pool.weak()));
        Self(pool)
    }

    /// A connection, new or used before.
    pub(super) async fn get(&self) -> Result<PooledConnection<D>, StoreError> {
        match self.0.get().await {
            Ok(connection) => Ok(PooledConnection(Some(connection))),
            // Nothing has been sent over it yet.
            Err(PoolError::Backend(error)) => {
                Err(StoreError::Unavailable(self.learn(error).to_string()))
            }
            Err(error) => Err(StoreError::Unavailable(error.to_string())),
        }
    }

    /// See [`Liveness::learn`].
    pub(super) fn learn(&self, error: Error) -> StoreError {
        self.0.manager().liveness.learn(error)
    }

    pub(super) fn liveness(&self) -> Liveness {
        self.0.manager().liveness.clone()
    }

    /// How many connections are open, and how many of them idle.
    pub(super) fn counts(&self) -> (usize, usize) {
        let status = self.0.status();
        (status.size, status.available)
    }

    /// Closes idle connections and opens no more.
    pub(super) async fn close(&self) {
        let idle = self.0.retain(|_, _| false).removed;
        self.0.close();
        close_all::<D>(idle).await;
    }
}

async fn close_all<D: Database>(connections: Vec<D::Connection>) {
    for connection in connections {
        // A connection that cannot be closed is broken, and as good as closed.
        drop(connection.close().await);
    }
}

async fn close_idle<D: Database>(pool: WeakPool<ConnectionManager<D>>) {
    let mut tick = tokio::time::interval(Duration::from_mins(1));
    loop {
        tick.tick().await;
        let Some(pool) = pool.upgrade() else { return };
        close_all::<D>(pool.retain(|_, metrics| metrics.last_used() < MAX_IDLE).removed).await;
    }
}

impl<D: Database> PooledConnection<D> {
    pub(super) fn connection(&mut self) -> &mut D::Connection {
        self.0.as_mut().expect("present until it is returned")
    }

    /// Returns the connection to the pool if it is fit for use, else closes it.
    pub(super) fn return_if(mut self, fit: bool) {
        if fit {
            drop(self.0.take());
        }
    }
}

impl<D: Database> Drop for PooledConnection<D> {
    fn drop(&mut self) {
        drop(self.0.take().map(Object::take));
    }
}

impl<D: Database> Manager for ConnectionManager<D> {
    type Type = D::Connection;
    type Error = Error;

    async fn create(&self) -> Result<D::Connection, Error> {
        self.options.connect().await
    }

    async fn recycle(
        &self,
        connection: &mut D::Connection,
        metrics: &Metrics,
    ) -> RecycleResult<Error> {
        if metrics.age() > MAX_AGE {
            return Err(RecycleError::message("it has reached its greatest age"));
        }
        if !self.liveness.is_assumed(metrics.last_used()) {
            connection.ping().await?;
        }
        Ok(())
    }
}

/// Which idle connections are taken to be alive without a ping.
#[derive(Clone, Debug)]
pub(super) struct Liveness {
    opened: Instant,
    /// When a connection was last found broken, in microseconds after `opened`; 0: never.
    broken: Arc<AtomicU64>,
}

impl Liveness {
    /// A connection that has been idle for longer may have died unnoticed.
    const ASSUMED_FOR: Duration = Duration::from_secs(1);

    fn new() -> Self {
        Self { opened: Instant::now(), broken: Arc::default() }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.opened.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Classifies an error. A broken connection ends the trust in all that were used before it.
    pub(super) fn learn(&self, error: Error) -> StoreError {
        let error = StoreError::from(error);
        if let StoreError::Unknown(_) = error {
            self.broken.store(self.now(), Ordering::Relaxed);
        }
        error
    }

    /// Whether a connection that was last used so long ago is used without a ping.
    fn is_assumed(&self, idle: Duration) -> bool {
        let idle_us = u64::try_from(idle.as_micros()).unwrap_or(u64::MAX);
        let last_used = self.now().saturating_sub(idle_us);
        let broken = self.broken.load(Ordering::Relaxed);
        idle < Self::ASSUMED_FOR && (broken == 0 || last_used > broken)
    }
}
