//! The two engines behind one interface: read, or execute statements as one unit of work.

use std::time::Duration;

use futures_util::future::BoxFuture;
use sqlx::{Connection, Database as Sqlx};
use tracing::Span;

use super::bound::{Bind, BoundStatement};
use super::dialect::Dialect;
use super::options::StoreOptions;
use super::pool::ConnectionPool;
use super::query::Query;
use super::row::{self, Row};
use super::tasks::Tasks;
use super::trace::{Trace, Unit, UnitDurations};
use super::transaction::{Completion, Transaction, UnitOfWork};
use super::{postgres, sqlite};
use crate::store::error::{OpenError, StoreError};

/// An open database.
#[derive(Debug)]
pub(in crate::store) struct Engine {
    database: Database,
    tasks: Tasks,
    /// How long a unit of work may take before its connection is given up.
    deadline: Duration,
    trace: Trace,
}

#[derive(Clone, Debug)]
enum Database {
    Postgres(postgres::Database),
    Sqlite(sqlite::Database),
}

impl Engine {
    /// Time for messages to travel, beyond what the server itself allows a statement.
    const NETWORK_ALLOWANCE: Duration = Duration::from_secs(5);

    pub(in crate::store) async fn open(options: &StoreOptions) -> Result<Self, OpenError> {
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
        let deadline = options.statement_timeout + Self::NETWORK_ALLOWANCE;
        Ok(Self { database, tasks: Tasks::current(), deadline, trace: Trace::default() })
    }

    /// How long a unit of work may take unless it says otherwise.
    pub(in crate::store) fn deadline(&self) -> Duration {
        self.deadline
    }

    pub(in crate::store) fn tasks(&self) -> &Tasks {
        &self.tasks
    }

    pub(in crate::store) fn dialect(&self) -> Dialect {
        match &self.database {
            Database::Postgres(_) => Dialect::Postgres,
            Database::Sqlite(_) => Dialect::Sqlite,
        }
    }

    pub(in crate::store) fn name(&self) -> &'static str {
        match &self.database {
            Database::Postgres(_) => "PostgreSQL",
            Database::Sqlite(_) => "SQLite",
        }
    }

    pub(in crate::store) fn location(&self) -> &str {
        match &self.database {
            Database::Postgres(database) => &database.location,
            Database::Sqlite(database) => &database.location,
        }
    }

    /// Open connections, and how many of them are idle.
    pub(in crate::store) fn connections(&self) -> (u32, u32) {
        let (open, idle) = match &self.database {
            Database::Postgres(database) => database.connections.counts(),
            Database::Sqlite(database) => database.readers.counts(),
        };
        let number = |number| u32::try_from(number).unwrap_or(u32::MAX);
        (number(open), number(idle))
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
        match &self.database {
            Database::Postgres(database) => database.connections.close().await,
            Database::Sqlite(database) => {
                database.readers.close().await;
                database.writer.close().await;
            }
        }
    }

    /// The rows of a statement that only reads.
    pub(in crate::store) async fn read<R: Row>(
        &self,
        unit: Unit,
        statement: impl Bind,
    ) -> Result<Vec<R>, StoreError> {
        let statement = statement.bind(self.dialect())?;
        let (database, deadline) = (self.database.clone(), self.deadline);
        let work = |span: Span| {
            self.tasks.run(async move {
                let rows: Vec<R> = match database {
                    Database::Postgres(database) => {
                        let (sql, arguments) = statement.postgres();
                        let read = lend(&database.connections, deadline, |connection| {
                            Box::pin(sqlx::query_with(sql, arguments).fetch_all(connection))
                        });
                        row::from_postgres(&read.await?)?
                    }
                    Database::Sqlite(database) => {
                        let (sql, arguments) = statement.sqlite();
                        let read = lend(&database.readers, deadline, |connection| {
                            Box::pin(sqlx::query_with(sql, arguments).fetch_all(connection))
                        });
                        row::from_sqlite(&read.await?)?
                    }
                };
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

    /// Executes statements in one transaction.
    pub(in crate::store) async fn execute(
        &self,
        unit: Unit,
        statements: Vec<BoundStatement>,
    ) -> Result<(), StoreError> {
        match <[BoundStatement; 1]>::try_from(statements) {
            Ok([statement]) => self.execute_one(unit, statement).await,
            Err(statements) => {
                self.transaction(unit, self.deadline, |transaction| {
                    Box::pin(async move {
                        for statement in statements {
                            transaction.execute(statement).await?;
                        }
                        Ok::<_, StoreError>(Completion::Commit(()))
                    })
                })
                .await
            }
        }
    }

    /// A single statement is a transaction by itself, which saves two round trips.
    async fn execute_one(&self, unit: Unit, statement: BoundStatement) -> Result<(), StoreError> {
        let (database, deadline) = (self.database.clone(), self.deadline);
        let work = |span: Span| {
            self.tasks.run(async move {
                let rows = match database {
                    Database::Postgres(database) => {
                        let (sql, arguments) = statement.postgres();
                        let done = lend(&database.connections, deadline, |connection| {
                            Box::pin(sqlx::query_with(sql, arguments).execute(connection))
                        });
                        done.await?.rows_affected()
                    }
                    Database::Sqlite(database) => {
                        let (sql, arguments) = statement.sqlite();
                        let done = lend(&database.writer, deadline, |connection| {
                            Box::pin(sqlx::query_with(sql, arguments).execute(connection))
                        });
                        done.await?.rows_affected()
                    }
                };
                span.record("rows", rows);
                Ok(())
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
        let database = self.database.clone();
        let work = |span: Span| {
            self.tasks.run(async move {
                let (outcome, rows) = match database {
                    Database::Postgres(database) => {
                        run_on_postgres(&database.connections, deadline, statements).await?
                    }
                    Database::Sqlite(database) => {
                        let mut lent = database.writer.get().await?;
                        let begun = lent.connection().begin_with("begin immediate").await;
                        let transaction = Transaction::sqlite(begun.map_err(StoreError::from)?);
                        let (outcome, rows, fit) = transaction.run(statements).await;
                        lent.return_if(fit);
                        (outcome, rows)
                    }
                };
                span.record("rows", rows);
                outcome
            })
        };
        self.trace.write(unit, work).await
    }
}

async fn run_on_postgres<T, E: From<StoreError>>(
    connections: &ConnectionPool<sqlx::Postgres>,
    deadline: Duration,
    statements: impl UnitOfWork<T, E>,
) -> Result<(Result<T, E>, u64), StoreError> {
    let mut lent = connections.get().await?;
    let begun = lent.connection().begin().await;
    let begun = begun.map_err(|error| connections.learn(error))?;
    let transaction = Transaction::postgres(begun, connections.liveness());
    let Ok((outcome, rows, fit)) =
        tokio::time::timeout(deadline, transaction.run(statements)).await
    else {
        return Err(timed_out(connections));
    };
    lent.return_if(fit);
    Ok((outcome, rows))
}

/// Runs a statement on a connection of a pool.
async fn lend<D: Sqlx, T>(
    connections: &ConnectionPool<D>,
    deadline: Duration,
    run: impl for<'c> FnOnce(&'c mut D::Connection) -> BoxFuture<'c, Result<T, sqlx::Error>>,
) -> Result<T, StoreError> {
    let mut lent = connections.get().await?;
    let done = tokio::time::timeout(deadline, run(lent.connection())).await;
    let Ok(outcome) = done else { return Err(timed_out(connections)) };
    let outcome = outcome.map_err(|error| connections.learn(error));
    lent.return_if(!matches!(outcome, Err(StoreError::Unknown(_))));
    outcome
}

/// The error of a connection that has not answered within its deadline.
fn timed_out<D: Sqlx>(connections: &ConnectionPool<D>) -> StoreError {
    connections.learn(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()))
}
