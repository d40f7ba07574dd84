//! Transactions.

use std::time::Duration;

use futures_util::future::BoxFuture;
use sqlx::{AssertSqlSafe, Postgres, Sqlite};

use super::bound::Bind;
use super::dialect::Dialect;
use super::liveness::Liveness;
use super::row::{self, Row};
use crate::store::error::StoreError;

/// An open transaction. Dropped before it is completed, it is rolled back.
#[derive(Debug)]
pub(in crate::store) struct Transaction<'c> {
    inner: Inner<'c>,
    rows: u64,
}

#[derive(Debug)]
enum Inner<'c> {
    Postgres(sqlx::Transaction<'c, Postgres>, Liveness, Dialect),
    Sqlite(sqlx::Transaction<'c, Sqlite>),
}

/// How a unit of work ends, and its result.
#[derive(Debug)]
pub(in crate::store) enum Completion<T> {
    Commit(T),
    /// There was nothing to change.
    Rollback(T),
}

/// The statements of a transaction, as a function of the transaction. (An async closure cannot
/// promise that its future is `Send`.)
pub(in crate::store) trait UnitOfWork<T, E>:
    for<'t, 'c> FnOnce(&'t mut Transaction<'c>) -> BoxFuture<'t, Result<Completion<T>, E>>
    + Send
    + 'static
{
}

impl<T, E, F> UnitOfWork<T, E> for F where
    F: for<'t, 'c> FnOnce(&'t mut Transaction<'c>) -> BoxFuture<'t, Result<Completion<T>, E>>
        + Send
        + 'static
{
}

/// Rows in Postgres' binary COPY format, chunk by chunk until there are no more.
pub(in crate::store) trait CopySource: Send {
    fn next(&mut self) -> impl Future<Output = Result<Option<Vec<u8>>, StoreError>> + Send;
}

impl<'c> Transaction<'c> {
    pub(super) fn postgres(
        inner: sqlx::Transaction<'c, Postgres>,
        liveness: Liveness,
        dialect: Dialect,
    ) -> Self {
        Self { inner: Inner::Postgres(inner, liveness, dialect), rows: 0 }
    }

    pub(super) fn sqlite(inner: sqlx::Transaction<'c, Sqlite>) -> Self {
        Self { inner: Inner::Sqlite(inner), rows: 0 }
    }

    pub(in crate::store) fn dialect(&self) -> Dialect {
        match self.inner {
            Inner::Postgres(_, _, dialect) => dialect,
            Inner::Sqlite(_) => Dialect::Sqlite,
        }
    }

    /// The rows that a statement returns.
    pub(in crate::store) async fn rows<R: Row>(
        &mut self,
        statement: impl Bind,
    ) -> Result<Vec<R>, StoreError> {
        let statement = statement.bind(self.dialect())?;
        let rows: Vec<R> = match &mut self.inner {
            Inner::Postgres(transaction, liveness, _) => {
                let (sql, arguments) = statement.postgres();
                let rows = sqlx::query_with(sql, arguments).fetch_all(&mut **transaction).await;
                row::from_postgres(&rows.map_err(|error| liveness.learn(error))?)?
            }
            Inner::Sqlite(transaction) => {
                let (sql, arguments) = statement.sqlite();
                row::from_sqlite(
                    &sqlx::query_with(sql, arguments).fetch_all(&mut **transaction).await?,
                )?
            }
        };
        self.rows += rows.len() as u64;
        Ok(rows)
    }

    /// The last row that a statement returns, if it returns any.
    pub(in crate::store) async fn row<R: Row>(
        &mut self,
        statement: impl Bind,
    ) -> Result<Option<R>, StoreError> {
        Ok(self.rows(statement).await?.pop())
    }

    /// Executes a statement. Returns how many rows it changed.
    pub(in crate::store) async fn execute(
        &mut self,
        statement: impl Bind,
    ) -> Result<u64, StoreError> {
        let statement = statement.bind(self.dialect())?;
        let changed = match &mut self.inner {
            Inner::Postgres(transaction, liveness, _) => {
                let (sql, arguments) = statement.postgres();
                let done = sqlx::query_with(sql, arguments).execute(&mut **transaction).await;
                done.map_err(|error| liveness.learn(error))?.rows_affected()
            }
            Inner::Sqlite(transaction) => {
                let (sql, arguments) = statement.sqlite();
                let done = sqlx::query_with(sql, arguments).execute(&mut **transaction).await?;
                done.rows_affected()
            }
        };
        self.rows += changed;
        Ok(changed)
    }

    /// Executes SQL of our own without parameters, possibly of several statements.
    pub(in crate::store) async fn script(&mut self, sql: String) -> Result<(), StoreError> {
        let script = sqlx::raw_sql(AssertSqlSafe(sql));
        match &mut self.inner {
            Inner::Postgres(transaction, liveness, _) => {
                let done = script.execute(&mut **transaction).await;
                done.map(drop).map_err(|error| liveness.learn(error))
            }
            Inner::Sqlite(transaction) => Ok(script.execute(&mut **transaction).await.map(drop)?),
        }
    }

    /// Lifts the statement timeout for the rest of this transaction.
    pub(in crate::store) async fn without_time_limit(&mut self) -> Result<(), StoreError> {
        match self.dialect() {
            Dialect::Postgres | Dialect::Citus => {
                self.script("set local statement_timeout = 0".to_owned()).await
            }
            Dialect::Sqlite => Ok(()),
        }
    }

    /// Lets the rest of this transaction wait for locks for so long, with its connection: for a unit
    /// of work that cannot be repeated.
    pub(in crate::store) async fn wait_for_locks(
        &mut self,
        timeout: Duration,
    ) -> Result<(), StoreError> {
        match self.dialect() {
            Dialect::Postgres | Dialect::Citus => {
                self.script(format!("set local lock_timeout = {}", timeout.as_millis())).await
            }
            Dialect::Sqlite => Ok(()),
        }
    }

    /// Fills a table by COPY. Postgres only.
    pub(in crate::store) async fn copy_in(
        &mut self,
        sql: &str,
        source: &mut impl CopySource,
    ) -> Result<(), StoreError> {
        /// Signature, flags, and the length of a header extension: none.
        const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
        const TRAILER: &[u8] = &(-1_i16).to_be_bytes();

        let Inner::Postgres(transaction, liveness, _) = &mut self.inner else {
            unreachable!("only Postgres has COPY");
        };
        let learn = |error| liveness.learn(error);
        let mut copy = transaction.copy_in_raw(sql).await.map_err(learn)?;
        copy.send(HEADER).await.map_err(learn)?;
        while let Some(rows) = source.next().await? {
            copy.send(rows).await.map_err(learn)?;
        }
        copy.send(TRAILER).await.map_err(learn)?;
        self.rows += copy.finish().await.map_err(learn)?;
        Ok(())
    }

    /// Runs a unit of work and completes the transaction. Says how many rows were read and changed,
    /// and whether the connection is fit for use afterwards.
    pub(super) async fn run<T, E: From<StoreError>>(
        mut self,
        unit: impl UnitOfWork<T, E>,
    ) -> (Result<T, E>, u64, bool) {
        let outcome = unit(&mut self).await;
        let rows = self.rows;
        match outcome {
            Ok(Completion::Commit(value)) => match self.commit().await {
                Ok(()) => (Ok(value), rows, true),
                Err(error) => (Err(error.into()), rows, false),
            },
            // A rollback that fails changes nothing either: the connection is closed then.
            Ok(Completion::Rollback(value)) => (Ok(value), rows, self.rollback().await),
            Err(error) => (Err(error), rows, self.rollback().await),
        }
    }

    async fn commit(self) -> Result<(), StoreError> {
        match self.inner {
            Inner::Postgres(transaction, liveness, _) => {
                transaction.commit().await.map_err(|error| liveness.learn(error))
            }
            Inner::Sqlite(transaction) => Ok(transaction.commit().await?),
        }
    }

    async fn rollback(self) -> bool {
        match self.inner {
            Inner::Postgres(transaction, ..) => transaction.rollback().await.is_ok(),
            Inner::Sqlite(transaction) => transaction.rollback().await.is_ok(),
        }
    }
}
