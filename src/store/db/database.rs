//! The two engines: what each does with its connections.

use sqlx::Connection;

use super::bound::BoundStatement;
use super::bounds::{Bounds, timed_out};
use super::dialect::Dialect;
use super::options::StoreOptions;
use super::row::{self, Row};
use super::transaction::{Transaction, UnitOfWork};
use super::{postgres, sqlite};
use crate::store::error::{OpenError, StoreError};

/// An open database of either engine.
#[derive(Clone, Debug)]
pub(super) enum Database {
    Postgres(postgres::Database),
    Sqlite(sqlite::Database),
}

impl Database {
    pub(super) async fn open(options: &StoreOptions) -> Result<Self, OpenError> {
        match options.url.split_once("://") {
            Some(("postgres" | "postgresql", _)) => {
                postgres::Database::open(options).map(Self::Postgres)
            }
            Some(("sqlite", _)) => sqlite::Database::open(options).await.map(Self::Sqlite),
            Some((scheme, _)) => Err(OpenError::BadUrl(format!("it begins with '{scheme}://'"))),
            None => Err(OpenError::BadUrl("it has no '://'".to_owned())),
        }
    }

    /// The same database, read by a single connection of its own.
    pub(super) fn with_own_connection(&self) -> Self {
        match self {
            Self::Postgres(database) => Self::Postgres(database.with_own_connection()),
            Self::Sqlite(database) => Self::Sqlite(database.with_own_connection()),
        }
    }

    pub(super) fn dialect(&self) -> Dialect {
        match self {
            Self::Postgres(database) => database.dialect(),
            Self::Sqlite(_) => Dialect::Sqlite,
        }
    }

    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Postgres(_) => "PostgreSQL",
            Self::Sqlite(_) => "SQLite",
        }
    }

    pub(super) fn location(&self) -> &str {
        match self {
            Self::Postgres(database) => &database.location,
            Self::Sqlite(database) => &database.location,
        }
    }

    /// The settings of sessions, by name: none in SQLite.
    pub(super) fn session_settings(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Postgres(database) => database.session.settings(),
            Self::Sqlite(_) => Vec::new(),
        }
    }

    /// Notes whether Citus distributes the tables: never in SQLite.
    pub(super) fn set_distributed(&self, distributed: bool) {
        if let Self::Postgres(database) = self {
            database.set_distributed(distributed);
        }
    }

    /// Open connections that read, and how many of them are idle.
    pub(super) fn counts(&self) -> (usize, usize) {
        match self {
            Self::Postgres(database) => database.connections.counts(),
            Self::Sqlite(database) => database.readers.counts(),
        }
    }

    /// How many units of work waited for a connection in vain.
    pub(super) fn refused(&self) -> u64 {
        match self {
            Self::Postgres(database) => database.connections.refused(),
            Self::Sqlite(database) => database.readers.refused() + database.writer.refused(),
        }
    }

    /// When a connection that reads was last found broken.
    pub(super) fn last_broken(&self) -> Option<std::time::Instant> {
        match self {
            Self::Postgres(database) => database.connections.liveness().last_broken(),
            Self::Sqlite(database) => database.readers.liveness().last_broken(),
        }
    }

    pub(super) async fn close(&self) {
        match self {
            Self::Postgres(database) => database.connections.close().await,
            Self::Sqlite(database) => {
                database.readers.close().await;
                database.writer.close().await;
            }
        }
    }

    /// The rows of a statement that only reads.
    pub(super) async fn read<R: Row>(
        &self,
        statement: BoundStatement,
        bounds: &Bounds,
    ) -> Result<Vec<R>, StoreError> {
        // Not counted as a broken connection: a slow read says nothing of the others.
        let too_slow = || StoreError::Unavailable("a read took too long".to_owned());
        match self {
            Self::Postgres(database) => {
                let (sql, arguments) = statement.postgres();
                let rows = bounds.lend(&database.connections, |connection| {
                    Box::pin(sqlx::query_with(sql, arguments).fetch_all(connection))
                });
                Ok(row::from_postgres(&rows.await?.ok_or_else(too_slow)?)?)
            }
            Self::Sqlite(database) => {
                let (sql, arguments) = statement.sqlite();
                let rows = bounds.lend(&database.readers, |connection| {
                    Box::pin(sqlx::query_with(sql, arguments).fetch_all(connection))
                });
                Ok(row::from_sqlite(&rows.await?.ok_or_else(too_slow)?)?)
            }
        }
    }

    /// Executes a statement as a transaction by itself. Returns how many rows it changed.
    pub(super) async fn execute(
        &self,
        statement: BoundStatement,
        bounds: &Bounds,
    ) -> Result<u64, StoreError> {
        match self {
            Self::Postgres(database) => {
                let (sql, arguments) = statement.postgres();
                let done = bounds.lend(&database.connections, |connection| {
                    Box::pin(sqlx::query_with(sql, arguments).execute(connection))
                });
                let done = done.await?.ok_or_else(|| timed_out(&database.connections))?;
                Ok(done.rows_affected())
            }
            Self::Sqlite(database) => {
                let (sql, arguments) = statement.sqlite();
                let done = bounds.lend(&database.writer, |connection| {
                    Box::pin(sqlx::query_with(sql, arguments).execute(connection))
                });
                let done = done.await?.ok_or_else(|| timed_out(&database.writer))?;
                Ok(done.rows_affected())
            }
        }
    }

    /// Runs a unit of work in a transaction. Returns its result, and how many rows it read and
    /// changed.
    pub(super) async fn transaction<T, E: From<StoreError>>(
        &self,
        statements: impl UnitOfWork<T, E>,
        bounds: &Bounds,
    ) -> Result<(Result<T, E>, u64), StoreError> {
        match self {
            Self::Postgres(database) => run_on_postgres(database, bounds, statements).await,
            Self::Sqlite(database) => {
                let mut lent = database.writer.get(bounds.tenant, bounds.wait_until).await?;
                let begun = lent.connection().begin_with("begin immediate").await;
                let transaction = Transaction::sqlite(begun.map_err(StoreError::from)?);
                let (outcome, rows, fit) = transaction.run(statements).await;
                lent.return_if(fit);
                Ok((outcome, rows))
            }
        }
    }
}

async fn run_on_postgres<T, E: From<StoreError>>(
    database: &postgres::Database,
    bounds: &Bounds,
    statements: impl UnitOfWork<T, E>,
) -> Result<(Result<T, E>, u64), StoreError> {
    let connections = &database.connections;
    let mut lent = connections.get(bounds.tenant, bounds.wait_until).await?;
    let ran = bounds.apply(async {
        let begun = lent.connection().begin().await;
        let begun = begun.map_err(|error| connections.learn(error))?;
        let transaction = Transaction::postgres(begun, connections.liveness(), database.dialect());
        Ok::<_, StoreError>(transaction.run(statements).await)
    });
    let (outcome, rows, fit) = ran.await.ok_or_else(|| timed_out(connections))??;
    lent.return_if(fit);
    Ok((outcome, rows))
}
