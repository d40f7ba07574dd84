//! A unit of work: several statements that happen together or not at all.

use sqlx::{AssertSqlSafe, Postgres, Sqlite, Transaction};

use super::StoreError;
use super::connections::Trust;
use super::engine::{Dialect, Unit};
use super::record::{self, Record};
use super::statement::{Encoded, Statement};

/// A transaction that has begun. Dropped before its end, it has not happened.
#[derive(Debug)]
pub(super) enum Work<'c> {
    Postgres(Transaction<'c, Postgres>, Trust),
    Sqlite(Transaction<'c, Sqlite>),
}

/// How a unit of work ends, and what it gives.
#[derive(Debug)]
pub(super) enum End<T> {
    /// It happens.
    Commit(T),
    /// It does not: there was nothing to do.
    Rollback(T),
}

/// Rows in Postgres' binary format, a part after the other, until there are no more.
pub(super) trait CopySource: Send {
    fn next(&mut self) -> impl Future<Output = Result<Option<Vec<u8>>, StoreError>> + Send;
}

impl Work<'_> {
    pub(super) fn dialect(&self) -> Dialect {
        match self {
            Self::Postgres(..) => Dialect::Postgres,
            Self::Sqlite(_) => Dialect::Sqlite,
        }
    }

    /// The rows of a statement.
    pub(super) async fn rows<R: Record>(
        &mut self,
        statement: Statement,
    ) -> Result<Vec<R>, StoreError> {
        let statement = statement.encode(self.dialect())?;
        match self {
            Self::Postgres(work, trust) => {
                let (sql, args) = statement.postgres();
                let rows = sqlx::query_with(sql, args).fetch_all(&mut **work).await;
                Ok(record::from_postgres(&rows.map_err(|error| trust.learn(error))?)?)
            }
            Self::Sqlite(work) => {
                let (sql, args) = statement.sqlite();
                let rows = sqlx::query_with(sql, args).fetch_all(&mut **work).await?;
                Ok(record::from_sqlite(&rows)?)
            }
        }
    }

    /// The one row of a statement, if there is one.
    pub(super) async fn row<R: Record>(
        &mut self,
        statement: Statement,
    ) -> Result<Option<R>, StoreError> {
        Ok(self.rows(statement).await?.pop())
    }

    /// Runs a statement and says how many rows it touched.
    pub(super) async fn execute(&mut self, statement: Encoded) -> Result<u64, StoreError> {
        match self {
            Self::Postgres(work, trust) => {
                let (sql, args) = statement.postgres();
                let done = sqlx::query_with(sql, args).execute(&mut **work).await;
                Ok(done.map_err(|error| trust.learn(error))?.rows_affected())
            }
            Self::Sqlite(work) => {
                let (sql, args) = statement.sqlite();
                Ok(sqlx::query_with(sql, args).execute(&mut **work).await?.rows_affected())
            }
        }
    }

    /// The same for a statement that was not encoded before.
    pub(super) async fn run(&mut self, statement: Statement) -> Result<u64, StoreError> {
        let statement = statement.encode(self.dialect())?;
        self.execute(statement).await
    }

    /// Runs SQL of our own without arguments, of several statements perhaps.
    pub(super) async fn script(&mut self, sql: String) -> Result<(), StoreError> {
        let script = sqlx::raw_sql(AssertSqlSafe(sql));
        match self {
            Self::Postgres(work, trust) => {
                script.execute(&mut **work).await.map(drop).map_err(|error| trust.learn(error))
            }
            Self::Sqlite(work) => Ok(script.execute(&mut **work).await.map(drop)?),
        }
    }

    /// Lets the statements of this unit of work take as long as they need.
    pub(super) async fn without_time_limit(&mut self) -> Result<(), StoreError> {
        match self {
            Self::Postgres(..) => self.script("set local statement_timeout = 0".to_owned()).await,
            Self::Sqlite(_) => Ok(()),
        }
    }

    /// Fills a table by COPY. SQLite has no such thing.
    pub(super) async fn copy_in(
        &mut self,
        sql: &str,
        source: &mut impl CopySource,
    ) -> Result<(), StoreError> {
        /// Signature, flags, and the length of what may follow: nothing.
        const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
        const TRAILER: &[u8] = &(-1_i16).to_be_bytes();

        let Self::Postgres(work, trust) = self else {
            unreachable!("copied into Postgres only");
        };
        let learn = |error| trust.learn(error);
        let mut copy = work.copy_in_raw(sql).await.map_err(learn)?;
        copy.send(HEADER).await.map_err(learn)?;
        while let Some(rows) = source.next().await? {
            copy.send(rows).await.map_err(learn)?;
        }
        copy.send(TRAILER).await.map_err(learn)?;
        copy.finish().await.map(drop).map_err(learn)
    }

    /// Runs a unit of work to its end, and says whether its connection is well then.
    pub(super) async fn see_through<T, E: From<StoreError>>(
        mut self,
        unit: impl Unit<T, E>,
    ) -> (Result<T, E>, bool) {
        match unit(&mut self).await {
            Ok(End::Commit(value)) => match self.commit().await {
                Ok(()) => (Ok(value), true),
                Err(error) => (Err(error.into()), false),
            },
            // Whether taking it back goes well does not matter: without a commit nothing happens.
            Ok(End::Rollback(value)) => (Ok(value), self.rollback().await),
            Err(error) => (Err(error), self.rollback().await),
        }
    }

    async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Postgres(work, trust) => work.commit().await.map_err(|error| trust.learn(error)),
            Self::Sqlite(work) => Ok(work.commit().await?),
        }
    }

    async fn rollback(self) -> bool {
        match self {
            Self::Postgres(work, _) => work.rollback().await.is_ok(),
            Self::Sqlite(work) => work.rollback().await.is_ok(),
        }
    }
}
