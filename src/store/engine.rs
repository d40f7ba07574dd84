//! The two databases behind one small interface: run a statement, or several as one unit of work.
//!
//! Work is done on the runtime that opened the store, not on the caller's: a connection belongs to
//! the runtime that opened it, and what was begun is brought to its end even if the caller leaves.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use sqlx::{Connection, Database as Sqlx};
use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;

use super::connections::Connections;
use super::record::{self, Record};
use super::sql::Sql;
use super::statement::{Encoded, Statement};
use super::work::{End, Work};
use super::{OpenError, StoreError, StoreOptions, postgres, sqlite};

/// A database that was opened.
#[derive(Debug)]
pub(super) struct Engine {
    database: Database,
    runtime: Handle,
    /// What is under way on it.
    tasks: TaskTracker,
    /// How long a unit of work may take before its connection is given up for lost.
    deadline: Duration,
    reads: AtomicU64,
    units: AtomicU64,
}

#[derive(Clone, Debug)]
enum Database {
    Postgres(postgres::Database),
    Sqlite(sqlite::Database),
}

/// Which of the two, where SQL has to differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Postgres,
    Sqlite,
}

/// The statements of a unit of work, as a function of where to run them. (A closure of the async
/// kind cannot promise to be sendable.)
pub(super) trait Unit<T, E>:
    for<'w, 'c> FnOnce(&'w mut Work<'c>) -> BoxFuture<'w, Result<End<T>, E>> + Send + 'static
{
}

impl<T, E, F> Unit<T, E> for F where
    F: for<'w, 'c> FnOnce(&'w mut Work<'c>) -> BoxFuture<'w, Result<End<T>, E>> + Send + 'static
{
}

impl Engine {
    /// Beyond what the server itself allows a statement, the time for messages to travel.
    const TRAVEL: Duration = Duration::from_secs(5);

    pub(super) async fn open(options: &StoreOptions) -> Result<Self, OpenError> {
        let database = match options.url.split_once("://") {
            Some(("postgres" | "postgresql", _)) => {
                postgres::Database::open(options).map(Database::Postgres)?
            }
            Some(("sqlite", _)) => sqlite::Database::open(options).await.map(Database::Sqlite)?,
            Some((scheme, _)) => {
                return Err(OpenError::BadUrl(format!("it begins with '{scheme}://'")));
            }
            None => return Err(OpenError::BadUrl("it has no '://'".to_owned())),
        };
        let deadline = options.statement_timeout + Self::TRAVEL;
        Ok(Self {
            database,
            runtime: Handle::current(),
            tasks: TaskTracker::new(),
            deadline,
            reads: AtomicU64::new(0),
            units: AtomicU64::new(0),
        })
    }

    /// How long a unit of work may take.
    pub(super) fn deadline(&self) -> Duration {
        self.deadline
    }

    pub(super) fn dialect(&self) -> Dialect {
        match &self.database {
            Database::Postgres(_) => Dialect::Postgres,
            Database::Sqlite(_) => Dialect::Sqlite,
        }
    }

    pub(super) fn name(&self) -> &'static str {
        match &self.database {
            Database::Postgres(_) => "PostgreSQL",
            Database::Sqlite(_) => "SQLite",
        }
    }

    pub(super) fn location(&self) -> &str {
        match &self.database {
            Database::Postgres(database) => &database.location,
            Database::Sqlite(database) => &database.location,
        }
    }

    /// Open connections, and the idle ones among them.
    pub(super) fn connections(&self) -> (u32, u32) {
        let (open, idle) = match &self.database {
            Database::Postgres(database) => database.connections.number(),
            Database::Sqlite(database) => database.readers.number(),
        };
        let number = |number| u32::try_from(number).unwrap_or(u32::MAX);
        (number(open), number(idle))
    }

    /// Statements that only looked, and units of work, since the start.
    pub(super) fn work_done(&self) -> (u64, u64) {
        (self.reads.load(Ordering::Relaxed), self.units.load(Ordering::Relaxed))
    }

    /// Waits until nothing is under way, and closes every connection.
    pub(super) async fn close(&self) {
        self.tasks.close();
        self.tasks.wait().await;
        match &self.database {
            Database::Postgres(database) => database.connections.close().await,
            Database::Sqlite(database) => {
                database.readers.close().await;
                database.writer.close().await;
            }
        }
    }

    /// The rows of a statement that only looks.
    pub(super) async fn read<R: Record>(&self, statement: Statement) -> Result<Vec<R>, StoreError> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        let (database, deadline) = (self.database.clone(), self.deadline);
        self.detach(async move {
            match database {
                Database::Postgres(database) => {
                    let (sql, args) = statement.encode(Dialect::Postgres)?.postgres();
                    let read = lend(&database.connections, deadline, |connection| {
                        Box::pin(sqlx::query_with(sql, args).fetch_all(connection))
                    });
                    Ok(record::from_postgres(&read.await?)?)
                }
                Database::Sqlite(database) => {
                    let (sql, args) = statement.encode(Dialect::Sqlite)?.sqlite();
                    let read = lend(&database.readers, deadline, |connection| {
                        Box::pin(sqlx::query_with(sql, args).fetch_all(connection))
                    });
                    Ok(record::from_sqlite(&read.await?)?)
                }
            }
        })
        .await
    }

    /// The same of many rows.
    pub(super) async fn read_packed<R: Record>(&self, sql: Sql) -> Result<Vec<R>, StoreError> {
        if self.dialect() == Dialect::Sqlite {
            return self.read(sql.finish()).await;
        }
        let packed: Option<(i64, Option<Vec<u8>>)> =
            self.read_one(sql.packed::<R>().finish()).await?;
        let (count, packed) = packed.unwrap_or_default();
        Ok(record::from_packed(&packed.unwrap_or_default(), count)?)
    }

    /// The one row of a statement that only looks, if there is one.
    pub(super) async fn read_one<R: Record>(
        &self,
        statement: Statement,
    ) -> Result<Option<R>, StoreError> {
        Ok(self.read(statement).await?.pop())
    }

    /// Runs statements as one unit of work.
    pub(super) async fn apply(&self, statements: Vec<Encoded>) -> Result<(), StoreError> {
        match <[Encoded; 1]>::try_from(statements) {
            Ok([statement]) => self.apply_one(statement).await,
            Err(statements) => {
                self.unit(|work| {
                    Box::pin(async move {
                        for statement in statements {
                            work.execute(statement).await?;
                        }
                        Ok::<_, StoreError>(End::Commit(()))
                    })
                })
                .await
            }
        }
    }

    /// A single statement is a unit of work by itself, and saves two round trips.
    async fn apply_one(&self, statement: Encoded) -> Result<(), StoreError> {
        self.units.fetch_add(1, Ordering::Relaxed);
        let (database, deadline) = (self.database.clone(), self.deadline);
        self.detach(async move {
            match database {
                Database::Postgres(database) => {
                    let (sql, args) = statement.postgres();
                    let done = lend(&database.connections, deadline, |connection| {
                        Box::pin(sqlx::query_with(sql, args).execute(connection))
                    });
                    done.await.map(drop)
                }
                Database::Sqlite(database) => {
                    let (sql, args) = statement.sqlite();
                    let done = lend(&database.writer, deadline, |connection| {
                        Box::pin(sqlx::query_with(sql, args).execute(connection))
                    });
                    done.await.map(drop)
                }
            }
        })
        .await
    }

    /// Runs a unit of work: all of it happens, or nothing. SQLite has one writer; there it waits
    /// for its turn.
    pub(super) async fn unit<T, E>(&self, unit: impl Unit<T, E>) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.unit_within(self.deadline, unit).await
    }

    /// The same with another deadline.
    pub(super) async fn unit_within<T, E>(
        &self,
        deadline: Duration,
        unit: impl Unit<T, E>,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.units.fetch_add(1, Ordering::Relaxed);
        let database = self.database.clone();
        self.detach(async move {
            match database {
                Database::Postgres(postgres::Database { connections, .. }) => {
                    let mut loan = connections.get().await?;
                    let begun = loan.connection().begin().await;
                    let begun = begun.map_err(|error| connections.learn(error))?;
                    let work = Work::Postgres(begun, connections.trust());
                    let done = tokio::time::timeout(deadline, work.see_through(unit)).await;
                    let Ok((outcome, well)) = done else { return Err(late(&connections).into()) };
                    loan.give_back_if(well);
                    outcome
                }
                Database::Sqlite(database) => {
                    let mut loan = database.writer.get().await?;
                    let begun = loan.connection().begin_with("begin immediate").await;
                    let work = Work::Sqlite(begun.map_err(StoreError::from)?);
                    let (outcome, well) = work.see_through(unit).await;
                    loan.give_back_if(well);
                    outcome
                }
            }
        })
        .await
    }

    /// Begins something on the runtime that opened the store.
    pub(super) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        drop(self.tasks.spawn_on(work, &self.runtime));
    }

    /// Does work on the runtime that opened the store; here, if this is it.
    fn detach<T, E>(
        &self,
        work: impl Future<Output = Result<T, E>> + Send + 'static,
    ) -> impl Future<Output = Result<T, E>>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        // It is large: put in its place once, it is not copied from one future into the next.
        let work = Box::pin(work);
        async move {
            if Handle::try_current().is_ok_and(|here| here.id() == self.runtime.id()) {
                return work.await;
            }
            match self.tasks.spawn_on(work, &self.runtime).await {
                Ok(done) => done,
                Err(failed) => match failed.try_into_panic() {
                    Ok(panic) => std::panic::resume_unwind(panic),
                    Err(_) => Err(StoreError::Unknown("the program is ending".to_owned()).into()),
                },
            }
        }
    }
}

/// Runs a statement on a connection.
async fn lend<D: Sqlx, T>(
    connections: &Connections<D>,
    deadline: Duration,
    run: impl for<'c> FnOnce(&'c mut D::Connection) -> BoxFuture<'c, Result<T, sqlx::Error>>,
) -> Result<T, StoreError> {
    let mut loan = connections.get().await?;
    let done = tokio::time::timeout(deadline, run(loan.connection())).await;
    let Ok(outcome) = done else { return Err(late(connections)) };
    let outcome = outcome.map_err(|error| connections.learn(error));
    loan.give_back_if(!matches!(outcome, Err(StoreError::Unknown(_))));
    outcome
}

/// A connection that does not answer: it would be waited for, for ever.
fn late<D: Sqlx>(connections: &Connections<D>) -> StoreError {
    connections.learn(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()))
}
