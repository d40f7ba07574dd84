//! Connections to a database, kept open between uses.
//!
//! sqlx's own pool pings a connection after each use, one more round trip a statement. Here a
//! connection that has just worked is taken to be alive, and one that failed is closed. See
//! `docs/decisions/own-connection-pool.md`.

use std::fmt;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use deadpool::managed::{
    Manager, Metrics, Object, Pool, PoolConfig, PoolError, QueueMode, RecycleError, RecycleResult,
    WeakPool,
};
use sqlx::{Connection, Error};
use tokio::runtime::Handle;

use super::liveness::Liveness;
use super::servers::{Open, Pooled, Servers};
use crate::shares::{Holder, Share, Shares, Threshold};
use crate::store::error::StoreError;

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
    /// With the share of the tenant, which is given back after it.
    lent: Option<(Object<ConnectionManager<D>>, Share)>,
    /// Whether what runs on it when it is dropped is a statement by itself.
    single_statement: bool,
}

/// Opens connections, and decides which are used again.
pub(super) struct ConnectionManager<D: Pooled> {
    servers: Servers<D>,
    liveness: Liveness,
    ping_timeout: Duration,
}

/// How long an abandoned statement may go on before its connection is closed. Clients that leave at
/// once would otherwise make the database open connections all the time, which costs the others more
/// than the end of a short statement.
const ABANDONED_FOR: Duration = Duration::from_secs(1);
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
        servers: Servers<D>,
        max_connections: u32,
        timeout: Duration,
        threshold: Threshold,
    ) -> Self {
        let (liveness, ping_timeout) = (Liveness::new(), timeout / 4);
        let manager = ConnectionManager { servers, liveness, ping_timeout };
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
        let ConnectionManager { servers, ping_timeout, .. } = self.pool.manager();
        Self::new(servers.clone(), max_connections, *ping_timeout * 4, self.threshold)
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
                Ok(PooledConnection { lent: Some((connection, share)), single_statement: false })
            }
            // Nothing has been sent over it yet.
            Ok(Err(PoolError::Backend(error))) => Err(match self.learn(error) {
                unfit @ StoreError::Unfit(_) => unfit,
                other => StoreError::Unavailable(other.to_string()),
            }),
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

async fn close_all<D: Pooled>(connections: Vec<Open<D>>) {
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
    /// For one statement outside of a transaction: if it is abandoned and ends soon, the connection is
    /// used again.
    pub(super) fn for_single_statement(mut self) -> Self {
        self.single_statement = true;
        self
    }

    pub(super) fn connection(&mut self) -> &mut D::Connection {
        &mut self.lent.as_mut().expect("present until it is returned").0.connection
    }

    /// Returns the connection to the pool if it is fit for use, else closes it.
    pub(super) fn return_if(mut self, fit: bool) {
        self.single_statement = false;
        if fit {
            drop(self.lent.take());
        }
    }
}

impl<D: Pooled> Drop for PooledConnection<D> {
    fn drop(&mut self) {
        let Some((mut connection, share)) = self.lent.take() else { return };
        if let (true, Ok(runtime)) = (self.single_statement, Handle::try_current()) {
            runtime.spawn(async move {
                // It is answered once the statement has ended.
                let ping = connection.connection.ping();
                match tokio::time::timeout(ABANDONED_FOR, ping).await {
                    Ok(Ok(())) => drop(connection),
                    _ => close_abandoned(connection),
                }
                drop(share);
            });
        } else {
            close_abandoned(connection);
        }
    }
}

fn close_abandoned<D: Pooled>(connection: Object<ConnectionManager<D>>) {
    connection.abandoned.store(true, Ordering::Relaxed);
    drop(Object::take(connection));
}

impl<D: Pooled> Manager for ConnectionManager<D> {
    type Type = Open<D>;
    type Error = Error;

    async fn create(&self) -> Result<Open<D>, Error> {
        // Time is left to try the next server.
        self.servers.connect(self.ping_timeout).await
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
