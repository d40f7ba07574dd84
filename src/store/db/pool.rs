//! Connections to a database, kept open between uses.
//!
//! sqlx's own pool pings a connection after each use, one more round trip a statement. Here a
//! connection that has just worked is taken to be alive, and one that failed is closed. See
//! `docs/decisions/own-connection-pool.md`.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use deadpool::managed::{
    Manager, Metrics, Object, Pool, PoolConfig, PoolError, QueueMode, RecycleError, RecycleResult,
    WeakPool,
};
use sqlx::{ConnectOptions, Connection, Database, Error};

use crate::shares::{Holder, Share, Shares, Threshold};
use crate::store::error::StoreError;

type Options<D> = <<D as Database>::Connection as Connection>::Options;

/// A database whose connections can be pooled.
pub(super) trait Pooled: Database {
    /// Prepares a new connection. Once `abandoned` is set, what the connection is executing has to
    /// end.
    fn set_up(
        connection: &mut Self::Connection,
        abandoned: &Arc<AtomicBool>,
    ) -> impl Future<Output = Result<(), Error>> + Send;
}

/// Connections of one database, up to a maximum, which tenants share.
pub(super) struct ConnectionPool<D: Pooled> {
    pool: Pool<ConnectionManager<D>>,
    /// The right to have a connection.
    shares: Shares,
    threshold: Threshold,
}

/// A connection in use. Unless it is [returned](Self::return_if), it is closed when dropped, which
/// ends what is running on it: a transaction that was abandoned, a statement that timed out.
pub(super) struct PooledConnection<D: Pooled> {
    connection: Option<Object<ConnectionManager<D>>>,
    /// Given back after the connection.
    _share: Share,
}

/// An open connection.
pub(super) struct Open<D: Database> {
    connection: D::Connection,
    abandoned: Arc<AtomicBool>,
}

/// Opens connections, and decides which are used again.
pub(super) struct ConnectionManager<D: Database> {
    options: Options<D>,
    liveness: Liveness,
    ping_timeout: Duration,
}

/// The greatest age of a connection, after which the server may free what it has cached for it.
const MAX_AGE: Duration = Duration::from_mins(30);
/// A connection that has been idle for so long is closed.
pub(super) const MAX_IDLE: Duration = Duration::from_mins(10);

impl<D: Pooled> fmt::Debug for ConnectionPool<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ConnectionPool({:?})", self.pool.status())
    }
}

impl<D: Pooled> Clone for ConnectionPool<D> {
    fn clone(&self) -> Self {
        Self { pool: self.pool.clone(), shares: self.shares.clone(), threshold: self.threshold }
    }
}

impl<D: Pooled> ConnectionPool<D> {
    /// An empty pool: connections are opened when they are needed. A connection that may have died
    /// gets a quarter of `timeout`, the longest wait for one, to answer a ping: so there is time left
    /// to open another.
    pub(super) fn new(
        options: Options<D>,
        max_connections: u32,
        timeout: Duration,
        threshold: Threshold,
    ) -> Self {
        let (liveness, ping_timeout) = (Liveness::new(), timeout / 4);
        let manager = ConnectionManager { options, liveness, ping_timeout };
        let max_connections = usize::try_from(max_connections).unwrap_or(usize::MAX);
        let mut config = PoolConfig::new(max_connections);
        // Last in, first out: connections beyond what the load needs become idle and are closed.
        config.queue_mode = QueueMode::Lifo;
        let pool = Pool::builder(manager).config(config).build();
        let pool: Pool<ConnectionManager<D>> = pool.expect("a pool without timeouts of its own");
        tokio::spawn(close_idle(pool.weak()));
        Self { pool, shares: Shares::new(max_connections, threshold), threshold }
    }

    /// Another pool of connections of the same kind.
    pub(super) fn sibling(&self, max_connections: u32) -> Self {
        let ConnectionManager { options, ping_timeout, .. } = self.pool.manager();
        Self::new(options.clone(), max_connections, *ping_timeout * 4, self.threshold)
    }

    /// A connection for a tenant's work, new or used before.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`]: none could be had until then, however many were tried.
    pub(super) async fn get(
        &self,
        tenant: Holder,
        until: Instant,
    ) -> Result<PooledConnection<D>, StoreError> {
        let late = || StoreError::Unavailable("no connection was available in time".to_owned());
        let share = self.shares.take(tenant, 1, until).await.ok_or_else(late)?;
        match tokio::time::timeout_at(until.into(), self.pool.get()).await {
            Ok(Ok(connection)) => {
                Ok(PooledConnection { connection: Some(connection), _share: share })
            }
            // Nothing has been sent over it yet.
            Ok(Err(PoolError::Backend(error))) => {
                Err(StoreError::Unavailable(self.learn(error).to_string()))
            }
            Ok(Err(error)) => Err(StoreError::Unavailable(error.to_string())),
            Err(_) => Err(late()),
        }
    }

    /// See [`Liveness::learn`].
    pub(super) fn learn(&self, error: Error) -> StoreError {
        self.pool.manager().liveness.learn(error)
    }

    pub(super) fn liveness(&self) -> Liveness {
        self.pool.manager().liveness.clone()
    }

    /// How many connections are open, and how many of them idle.
    pub(super) fn counts(&self) -> (usize, usize) {
        let status = self.pool.status();
        (status.size, status.available)
    }

    /// How many waited for a connection in vain.
    pub(super) fn refused(&self) -> u64 {
        self.shares.refused()
    }

    /// Closes idle connections and opens no more.
    pub(super) async fn close(&self) {
        let idle = self.pool.retain(|_, _| false).removed;
        self.pool.close();
        close_all::<D>(idle).await;
    }
}

async fn close_all<D: Database>(connections: Vec<Open<D>>) {
    for Open { connection, .. } in connections {
        // A connection that cannot be closed is broken, and as good as closed.
        drop(connection.close().await);
    }
}

async fn close_idle<D: Pooled>(pool: WeakPool<ConnectionManager<D>>) {
    let mut tick = tokio::time::interval(Duration::from_mins(1));
    loop {
        tick.tick().await;
        let Some(pool) = pool.upgrade() else { return };
        close_all::<D>(pool.retain(|_, metrics| metrics.last_used() < MAX_IDLE).removed).await;
    }
}

impl<D: Pooled> PooledConnection<D> {
    pub(super) fn connection(&mut self) -> &mut D::Connection {
        &mut self.connection.as_mut().expect("present until it is returned").connection
    }

    /// Returns the connection to the pool if it is fit for use, else closes it.
    pub(super) fn return_if(mut self, fit: bool) {
        if fit {
            drop(self.connection.take());
        }
    }
}

impl<D: Pooled> Drop for PooledConnection<D> {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            connection.abandoned.store(true, Ordering::Relaxed);
            drop(Object::take(connection));
        }
    }
}

impl<D: Pooled> Manager for ConnectionManager<D> {
    type Type = Open<D>;
    type Error = Error;

    async fn create(&self) -> Result<Open<D>, Error> {
        let (mut connection, abandoned) = (self.options.connect().await?, Arc::default());
        D::set_up(&mut connection, &abandoned).await?;
        Ok(Open { connection, abandoned })
    }

    async fn recycle(&self, open: &mut Open<D>, metrics: &Metrics) -> RecycleResult<Error> {
        if metrics.age() > MAX_AGE {
            return Err(RecycleError::message("it has reached its greatest age"));
        }
        if self.liveness.is_lost(metrics.last_used()) {
            return Err(RecycleError::message("another one of its time did not answer"));
        }
        if self.liveness.is_assumed(metrics.last_used()) {
            return Ok(());
        }
        let ping = tokio::time::timeout(self.ping_timeout, open.connection.ping());
        let Ok(answer) = ping.await else {
            self.liveness.lose();
            return Err(RecycleError::message("it does not answer"));
        };
        Ok(answer?)
    }
}

/// Which idle connections are taken to be alive without a ping.
#[derive(Clone, Debug)]
pub(super) struct Liveness {
    opened: Instant,
    /// When a connection was last found broken, in microseconds after `opened`; 0: never.
    broken: Arc<AtomicU64>,
    /// When a connection last did not answer a ping, likewise.
    lost: Arc<AtomicU64>,
}

impl Liveness {
    /// A connection that has been idle for longer may have died unnoticed.
    const ASSUMED_FOR: Duration = Duration::from_secs(1);

    fn new() -> Self {
        Self { opened: Instant::now(), broken: Arc::default(), lost: Arc::default() }
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

    /// Records that a connection did not answer: those that were used before now are lost with it.
    /// To ping them one by one would take the patience of as many callers.
    fn lose(&self) {
        self.lost.store(self.now(), Ordering::Relaxed);
        self.broken.store(self.now(), Ordering::Relaxed);
    }

    /// When a connection was last found broken.
    pub(super) fn last_broken(&self) -> Option<Instant> {
        let broken = self.broken.load(Ordering::Relaxed);
        (broken > 0).then(|| self.opened + Duration::from_micros(broken))
    }

    /// Whether a connection that was last used so long ago is used without a ping.
    fn is_assumed(&self, idle: Duration) -> bool {
        idle < Self::ASSUMED_FOR && self.used_after(&self.broken, idle)
    }

    fn is_lost(&self, idle: Duration) -> bool {
        !self.used_after(&self.lost, idle)
    }

    /// Whether a connection that was last used so long ago was used after an event.
    fn used_after(&self, event: &AtomicU64, idle: Duration) -> bool {
        let idle_us = u64::try_from(idle.as_micros()).unwrap_or(u64::MAX);
        let event = event.load(Ordering::Relaxed);
        event == 0 || self.now().saturating_sub(idle_us) > event
    }
}
