//! The two engines behind one interface: read, or execute statements as one unit of work.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tracing::Span;

use super::bound::{Bind, BoundStatement};
use super::bounds::Bounds;
use super::database::Database;
use super::dialect::Dialect;
use super::heartbeat::Heartbeat;
use super::lock_retries::LockRetries;
use super::options::StoreOptions;
use super::query::Query;
use super::row::{self, Row};
use super::tasks::Tasks;
use super::trace::{Trace, Unit, UnitDurations};
use super::transaction::{Completion, UnitOfWork};
use crate::domain::TenantId;
use crate::store::error::{OpenError, StoreError};

/// An open database.
#[derive(Debug)]
pub(in crate::store) struct Engine {
    database: Database,
    /// The same by a connection of its own.
    probed: Database,
    heartbeat: Arc<Heartbeat>,
    lock_retries: LockRetries,
    tasks: Tasks,
    acquire_timeout: Duration,
    read_timeout: Duration,
    /// How long a unit of work may take before its connection is given up.
    deadline: Duration,
    trace: Trace,
}

impl Engine {
    /// Time for messages to travel, beyond what the server itself allows a statement.
    const NETWORK_ALLOWANCE: Duration = Duration::from_secs(5);

    pub(in crate::store) async fn open(options: &StoreOptions) -> Result<Self, OpenError> {
        let database = Database::open(options).await?;
        Ok(Self {
            probed: database.with_own_connection(),
            database,
            heartbeat: Arc::new(Heartbeat::new()),
            lock_retries: LockRetries::new(options.max_connections, options.threshold()),
            tasks: Tasks::current(),
            acquire_timeout: options.acquire_timeout,
            read_timeout: options.read_timeout,
            deadline: options.statement_timeout + Self::NETWORK_ALLOWANCE,
            trace: Trace::default(),
        })
    }

    /// Until when an operation that begins now may wait, in queues, for a connection, for locks.
    pub(in crate::store) fn wait_until(&self) -> Instant {
        Instant::now() + self.acquire_timeout
    }

    /// The bounds of a unit of work that is about to ask for its connection. What was not waiting,
    /// such as encrypting a hundred thousand codes, leaves it a quarter of the time.
    fn bounds(&self, unit: Unit, deadline: Duration) -> Bounds {
        let least = Instant::now() + self.acquire_timeout / 4;
        let wait_until = unit.wait_until.unwrap_or_else(|| self.wait_until()).max(least);
        let tenant = unit.tenant.map(TenantId::from);
        Bounds { tenant, wait_until, deadline, heartbeat: self.heartbeat.clone() }
    }

    /// How long a unit of work may take unless it says otherwise.
    pub(in crate::store) fn deadline(&self) -> Duration {
        self.deadline
    }

    /// How long an operation waits altogether.
    pub(in crate::store) fn acquire_timeout(&self) -> Duration {
        self.acquire_timeout
    }

    pub(in crate::store) fn lock_retries(&self) -> &LockRetries {
        &self.lock_retries
    }

    pub(in crate::store) fn tasks(&self) -> &Tasks {
        &self.tasks
    }

    pub(in crate::store) fn dialect(&self) -> Dialect {
        self.database.dialect()
    }

    pub(in crate::store) fn name(&self) -> &'static str {
        self.database.name()
    }

    /// What each session of PostgreSQL is set to, by name: nothing in SQLite.
    pub(in crate::store) fn session_settings(&self) -> Vec<(&'static str, String)> {
        self.database.session_settings()
    }

    /// Notes whether the extension Citus distributes the tables.
    pub(in crate::store) fn set_distributed(&self, distributed: bool) {
        self.database.set_distributed(distributed);
    }

    pub(in crate::store) fn location(&self) -> &str {
        self.database.location()
    }

    /// Open connections, and how many of them are idle.
    pub(in crate::store) fn connections(&self) -> (u32, u32) {
        let (open, idle) = self.database.counts();
        let number = |number| u32::try_from(number).unwrap_or(u32::MAX);
        (number(open), number(idle))
    }

    /// How many units of work waited for a connection in vain.
    pub(in crate::store) fn refused(&self) -> u64 {
        self.database.refused()
    }

    /// Reads and units of work since the store was opened.
    pub(in crate::store) fn counts(&self) -> (u64, u64) {
        self.trace.counts()
    }

    pub(in crate::store) fn durations(&self) -> &UnitDurations {
        self.trace.durations()
    }

    /// Waits until nothing is running, and closes every connection.
    pub(in crate::store) async fn close(&self) {
        self.tasks.finish().await;
        self.probed.close().await;
        self.database.close().await;
    }

    /// When a connection was last found broken.
    pub(in crate::store) fn last_broken(&self) -> Option<Instant> {
        self.database.last_broken()
    }

    /// The only row of a statement, read by a connection that serves nothing else: it does not wait
    /// for the others. Tells units of work in progress whether the database has fallen silent.
    pub(in crate::store) async fn probe<R: Row>(
        &self,
        statement: impl Bind,
    ) -> Result<Option<R>, StoreError> {
        let statement = statement.bind(self.dialect())?;
        let (database, heartbeat) = (self.probed.clone(), self.heartbeat.clone());
        let timeout = self.acquire_timeout;
        self.tasks
            .run_while_wanted(async move {
                let sent = Instant::now();
                let (wait_until, deadline) = (sent + timeout * 2, timeout * 2);
                let bounds = Bounds { tenant: None, wait_until, deadline, heartbeat };
                let rows = database.read(statement, &bounds);
                let Ok(rows) = tokio::time::timeout(timeout, rows).await else {
                    bounds.heartbeat.not_answered(sent);
                    return Err(StoreError::Unavailable("it does not answer".to_owned()));
                };
                bounds.heartbeat.answered();
                rows.map(|mut rows| rows.pop())
            })
            .await
    }

    /// The rows of a statement that only reads. Ends with its caller.
    pub(in crate::store) async fn read<R: Row>(
        &self,
        unit: Unit,
        statement: impl Bind,
    ) -> Result<Vec<R>, StoreError> {
        let statement = statement.bind(self.dialect())?;
        let (database, bounds) = (self.database.clone(), self.bounds(unit, self.read_timeout));
        let retries = self.lock_retries.clone();
        let work = |span: Span| {
            self.tasks.run_while_wanted(async move {
                let read = || database.read(statement.clone(), &bounds);
                let mut rows = retries.run(bounds.tenant, bounds.wait_until, read).await;
                // The connection was dead. Another one is asked: nothing was changed.
                if let Err(StoreError::Unknown(_)) = rows
                    && Instant::now() < bounds.wait_until
                {
                    rows = retries.run(bounds.tenant, bounds.wait_until, read).await;
                }
                let rows = rows.map_err(StoreError::before_commit)?;
                span.record("rows", rows.len());
                Ok(rows)
            })
        };
        self.trace.read(unit, work).await
    }

    /// The rows of a query that may return many.
    pub(in crate::store) async fn read_packed<R: Row>(
        &self,
        unit: Unit,
        query: Query,
    ) -> Result<Vec<R>, StoreError> {
        if self.dialect() == Dialect::Sqlite {
            return self.read(unit, query).await;
        }
        let packed: Option<(i64, Option<Vec<u8>>)> =
            self.read_one(unit, query.packed::<R>()).await?;
        let (count, packed) = packed.unwrap_or_default();
        Ok(row::from_packed(&packed.unwrap_or_default(), count)?)
    }

    /// The only row of a statement that only reads, if there is one.
    pub(in crate::store) async fn read_one<R: Row>(
        &self,
        unit: Unit,
        statement: impl Bind,
    ) -> Result<Option<R>, StoreError> {
        Ok(self.read(unit, statement).await?.pop())
    }

    /// Executes statements in one transaction. Returns how many rows they changed.
    pub(in crate::store) async fn execute(
        &self,
        unit: Unit,
        statements: Vec<BoundStatement>,
    ) -> Result<u64, StoreError> {
        match <[BoundStatement; 1]>::try_from(statements) {
            Ok([statement]) => self.execute_one(unit, statement).await,
            Err(statements) => {
                self.transaction(unit, self.deadline, |transaction| {
                    Box::pin(async move {
                        let mut changed = 0;
                        for statement in statements {
                            changed += transaction.execute(statement).await?;
                        }
                        Ok::<_, StoreError>(Completion::Commit(changed))
                    })
                })
                .await
            }
        }
    }

    /// A single statement is a transaction by itself, which saves two round trips.
    async fn execute_one(&self, unit: Unit, statement: BoundStatement) -> Result<u64, StoreError> {
        let (database, bounds) = (self.database.clone(), self.bounds(unit, self.deadline));
        let work = |span: Span| {
            self.tasks.run(async move {
                let rows = database.execute(statement, &bounds).await?;
                span.record("rows", rows);
                Ok(rows)
            })
        };
        self.trace.write(unit, work).await
    }

    /// Runs a unit of work in a transaction. On SQLite it waits for the one writer.
    pub(in crate::store) async fn transaction<T, E>(
        &self,
        unit: Unit,
        deadline: Duration,
        statements: impl UnitOfWork<T, E>,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (database, bounds) = (self.database.clone(), self.bounds(unit, deadline));
        let work = |span: Span| {
            self.tasks.run(async move {
                let (outcome, rows) = database.transaction(statements, &bounds).await?;
                span.record("rows", rows);
                outcome
            })
        };
        self.trace.write(unit, work).await
    }
}
