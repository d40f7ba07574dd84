//! Connections to a database, kept open between uses.
//!
//! sqlx's own pool asks the database after each use whether a connection is still alive, which is
//! one more round trip for every statement. Here what went well is believed; what did not is closed.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use deadpool::Runtime;
use deadpool::managed::{
    Manager, Metrics, Object, Pool, PoolConfig, PoolError, QueueMode, RecycleError, RecycleResult,
    Timeouts,
};
use sqlx::{ConnectOptions, Connection, Database, Error};

use super::StoreError;

/// How connections to one database are made: sqlx's options.
type Options<D> = <<D as Database>::Connection as Connection>::Options;

/// Open connections, up to a number of them.
pub(super) struct Connections<D: Database>(Pool<Maker<D>>);

/// A connection on loan. One that is not given back is closed, and whatever was under way with it
/// is over: a transaction that nobody ended, a statement that nobody waits for.
pub(super) struct Loan<D: Database>(Option<Object<Maker<D>>>);

/// How connections are made, and which are used again.
pub(super) struct Maker<D: Database> {
    options: Options<D>,
    trust: Trust,
}

/// How old a connection may become: whatever it has gathered in the database then goes.
const LIFETIME: Duration = Duration::from_mins(30);
/// One that nobody has needed for so long is closed.
const NEEDLESS: Duration = Duration::from_mins(10);

impl<D: Database> fmt::Debug for Connections<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Connections({:?})", self.0.status())
    }
}

impl<D: Database> Clone for Connections<D> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<D: Database> Connections<D> {
    /// None yet: each is opened when it is needed. Whoever finds all of them in use waits for so
    /// long.
    pub(super) fn new(options: Options<D>, most: u32, patience: Duration) -> Self {
        let maker = Maker { options, trust: Trust::new() };
        let mut config = PoolConfig::new(usize::try_from(most).unwrap_or(usize::MAX));
        config.timeouts =
            Timeouts { wait: Some(patience), create: Some(patience), recycle: Some(patience) };
        // The others are left to become needless.
        config.queue_mode = QueueMode::Lifo;
        let pool = Pool::builder(maker).config(config).runtime(Runtime::Tokio1).build();
        let pool: Pool<Maker<D>> = pool.expect("it has a runtime for its timeouts");
        tokio::spawn(close_needless(pool.weak()));
        Self(pool)
    }

    /// A connection, new or from before.
    pub(super) async fn get(&self) -> Result<Loan<D>, StoreError> {
        match self.0.get().await {
            Ok(connection) => Ok(Loan(Some(connection))),
            // Nothing has been sent over it yet.
            Err(PoolError::Backend(error)) => {
                Err(StoreError::Unavailable(self.learn(error).to_string()))
            }
            Err(error) => Err(StoreError::Unavailable(error.to_string())),
        }
    }

    /// What a failure means. After a broken connection no other is believed unasked.
    pub(super) fn learn(&self, error: Error) -> StoreError {
        self.0.manager().trust.learn(error)
    }

    /// The same for whoever has a connection only.
    pub(super) fn trust(&self) -> Trust {
        self.0.manager().trust.clone()
    }

    /// How many are open, and how many of them idle.
    pub(super) fn number(&self) -> (usize, usize) {
        let status = self.0.status();
        (status.size, status.available)
    }

    /// Closes those that are idle, and lets none be opened.
    pub(super) async fn close(&self) {
        let idle = self.0.retain(|_, _| false).removed;
        self.0.close();
        close_all::<D>(idle).await;
    }
}

async fn close_all<D: Database>(connections: Vec<D::Connection>) {
    for connection in connections {
        // It may be broken, which is as good.
        drop(connection.close().await);
    }
}

async fn close_needless<D: Database>(pool: deadpool::managed::WeakPool<Maker<D>>) {
    let mut tick = tokio::time::interval(Duration::from_mins(1));
    loop {
        tick.tick().await;
        let Some(pool) = pool.upgrade() else { return };
        close_all::<D>(pool.retain(|_, metrics| metrics.last_used() < NEEDLESS).removed).await;
    }
}

impl<D: Database> Loan<D> {
    pub(super) fn connection(&mut self) -> &mut D::Connection {
        self.0.as_mut().expect("it is on loan until it is given back")
    }

    /// Gives it back for the next one who needs a connection, if it is well.
    pub(super) fn give_back_if(mut self, well: bool) {
        if well {
            drop(self.0.take());
        }
    }
}

impl<D: Database> Drop for Loan<D> {
    fn drop(&mut self) {
        drop(self.0.take().map(Object::take));
    }
}

impl<D: Database> Manager for Maker<D> {
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
        if metrics.age() > LIFETIME {
            return Err(RecycleError::message("it is old"));
        }
        if !self.trust.reaches(metrics.last_used()) {
            connection.ping().await?;
        }
        Ok(())
    }
}

/// Which idle connections are believed to be alive. To ask each before its use would cost a round
/// trip a statement.
#[derive(Clone, Debug)]
pub(super) struct Trust {
    opened: Instant,
    /// When a connection was last found broken, in microseconds after `opened`.
    broken: Arc<AtomicU64>,
}

impl Trust {
    /// A connection that lay idle for longer may have died unnoticed.
    const IDLE: Duration = Duration::from_secs(1);

    fn new() -> Self {
        Self { opened: Instant::now(), broken: Arc::default() }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.opened.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// What a failure means. After a broken connection no other is believed unasked.
    pub(super) fn learn(&self, error: Error) -> StoreError {
        let error = StoreError::from(error);
        if let StoreError::Unknown(_) = error {
            self.broken.store(self.now(), Ordering::Relaxed);
        }
        error
    }

    /// Whether a connection that was last used so long ago is used without asking.
    fn reaches(&self, ago: Duration) -> bool {
        let ago_us = u64::try_from(ago.as_micros()).unwrap_or(u64::MAX);
        let last_used = self.now().saturating_sub(ago_us);
        let broken = self.broken.load(Ordering::Relaxed);
        ago < Self::IDLE && (broken == 0 || last_used > broken)
    }
}
