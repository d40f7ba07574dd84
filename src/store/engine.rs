//! The two databases behind one small interface: run a statement, or several as one unit of work.

use sqlx::postgres::{PgArguments, PgRow};
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{AssertSqlSafe, FromRow, Postgres, SqlSafeStr, SqlStr, Sqlite, Transaction};

use super::statement::{Statement, for_postgres, for_sqlite};
use super::{OpenError, StoreError, StoreOptions, postgres, sqlite};

/// A database that was opened.
#[derive(Debug)]
pub(super) enum Engine {
    Postgres(postgres::Database),
    Sqlite(sqlite::Database),
}

/// Which of the two, where SQL has to differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Postgres,
    Sqlite,
}

/// A row that reads the same from both.
pub(super) trait Record:
    for<'r> FromRow<'r, PgRow> + for<'r> FromRow<'r, SqliteRow> + Send + Unpin
{
}

impl<R> Record for R where
    R: for<'r> FromRow<'r, PgRow> + for<'r> FromRow<'r, SqliteRow> + Send + Unpin
{
}

/// A statement in the form its database takes: nothing is left to do but send it.
#[derive(Debug)]
pub(super) enum Encoded {
    Postgres(SqlStr, PgArguments),
    Sqlite(SqlStr, SqliteArguments),
}

/// Several statements that happen together or not at all. Dropped without [`Work::commit`], they
/// do not happen.
#[derive(Debug)]
pub(super) enum Work {
    Postgres(Transaction<'static, Postgres>, postgres::Trust),
    Sqlite(Transaction<'static, Sqlite>),
}

impl Engine {
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

    pub(super) fn dialect(&self) -> Dialect {
        match self {
            Self::Postgres(_) => Dialect::Postgres,
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

    /// Open connections, and the idle ones among them.
    pub(super) fn connections(&self) -> (u32, u32) {
        let (open, idle) = match self {
            Self::Postgres(database) => (database.pool.size(), database.pool.num_idle()),
            Self::Sqlite(database) => (database.readers.size(), database.readers.num_idle()),
        };
        (open, u32::try_from(idle).unwrap_or(u32::MAX))
    }

    pub(super) async fn close(&self) {
        match self {
            Self::Postgres(database) => database.pool.close().await,
            Self::Sqlite(database) => {
                database.readers.close().await;
                database.writer.close().await;
            }
        }
    }

    /// The rows of a statement that only looks.
    pub(super) async fn read<R: Record>(&self, statement: Statement) -> Result<Vec<R>, StoreError> {
        let sql = AssertSqlSafe(statement.sql);
        match self {
            Self::Postgres(database) => {
                let args = for_postgres(statement.args)?;
                let rows = sqlx::query_as_with(sql, args).fetch_all(&database.pool).await;
                rows.map_err(|error| database.trust.learn(error))
            }
            Self::Sqlite(database) => {
                let args = for_sqlite(statement.args)?;
                Ok(sqlx::query_as_with(sql, args).fetch_all(&database.readers).await?)
            }
        }
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
        if let (Self::Postgres(database), 1) = (self, statements.len()) {
            // A single statement is a unit of work by itself, and saves two round trips.
            for statement in statements {
                let (sql, args) = statement.postgres();
                let done = sqlx::query_with(sql, args).execute(&database.pool).await;
                done.map_err(|error| database.trust.learn(error))?;
            }
            return Ok(());
        }
        let mut work = self.begin().await?;
        for statement in statements {
            work.execute(statement).await?;
        }
        work.commit().await
    }

    /// Begins a unit of work. SQLite has one writer: this waits for its turn.
    pub(super) async fn begin(&self) -> Result<Work, StoreError> {
        Ok(match self {
            Self::Postgres(database) => {
                let work = database.pool.begin().await;
                Work::Postgres(
                    work.map_err(|error| database.trust.learn(error))?,
                    database.trust.clone(),
                )
            }
            Self::Sqlite(database) => {
                Work::Sqlite(database.writer.begin_with("begin immediate").await?)
            }
        })
    }
}

impl Statement {
    /// Puts the arguments into the database's own form.
    pub(super) fn encode(self, dialect: Dialect) -> Result<Encoded, StoreError> {
        let sql = AssertSqlSafe(self.sql).into_sql_str();
        Ok(match dialect {
            Dialect::Postgres => Encoded::Postgres(sql, for_postgres(self.args)?),
            Dialect::Sqlite => Encoded::Sqlite(sql, for_sqlite(self.args)?),
        })
    }
}

impl Encoded {
    fn postgres(self) -> (SqlStr, PgArguments) {
        match self {
            Self::Postgres(sql, args) => (sql, args),
            Self::Sqlite(..) => unreachable!("a program has one engine, and encodes for it"),
        }
    }

    fn sqlite(self) -> (SqlStr, SqliteArguments) {
        match self {
            Self::Sqlite(sql, args) => (sql, args),
            Self::Postgres(..) => unreachable!("a program has one engine, and encodes for it"),
        }
    }
}

impl Work {
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
        let sql = AssertSqlSafe(statement.sql);
        match self {
            Self::Postgres(work, trust) => {
                let args = for_postgres(statement.args)?;
                let rows = sqlx::query_as_with(sql, args).fetch_all(&mut **work).await;
                rows.map_err(|error| trust.learn(error))
            }
            Self::Sqlite(work) => {
                let args = for_sqlite(statement.args)?;
                Ok(sqlx::query_as_with(sql, args).fetch_all(&mut **work).await?)
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
        Ok(match self {
            Self::Postgres(work, trust) => {
                let (sql, args) = statement.postgres();
                let done = sqlx::query_with(sql, args).execute(&mut **work).await;
                done.map_err(|error| trust.learn(error))?.rows_affected()
            }
            Self::Sqlite(work) => {
                let (sql, args) = statement.sqlite();
                sqlx::query_with(sql, args).execute(&mut **work).await?.rows_affected()
            }
        })
    }

    /// Runs SQL without arguments, of several statements perhaps.
    pub(super) async fn script(&mut self, sql: String) -> Result<(), sqlx::Error> {
        let script = sqlx::raw_sql(AssertSqlSafe(sql));
        match self {
            Self::Postgres(work, _) => script.execute(&mut **work).await.map(drop),
            Self::Sqlite(work) => script.execute(&mut **work).await.map(drop),
        }
    }

    /// Makes it happen.
    pub(super) async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Postgres(work, trust) => work.commit().await.map_err(|error| trust.learn(error)),
            Self::Sqlite(work) => Ok(work.commit().await?),
        }
    }
}
