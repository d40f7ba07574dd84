//! Schema migrations: refinery over the sqlx connection.
//!
//! refinery takes no lock and does not support sqlx. Everything here runs in the caller's
//! transaction, after [`lock_schema`].

use refinery::{Migration, Report};
use refinery_core::AsyncMigrate;
use refinery_core::traits::r#async::{AsyncQuery, AsyncTransaction};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::store::db::{Dialect, Engine, Query, Statement, Transaction, params, row};
use crate::store::error::{OpenError, StoreError};

mod for_postgres {
    refinery::embed_migrations!("migrations/postgres");
}

mod for_sqlite {
    refinery::embed_migrations!("migrations/sqlite");
}

/// The key of the advisory lock of all migrators: "esimpool" in ASCII.
const LOCK: i64 = 0x6573_696d_706f_6f6c;

/// Locks other migrators out until the transaction ends. On SQLite the transaction is the only
/// writer.
pub(super) async fn lock_schema(transaction: &mut Transaction<'_>) -> Result<(), StoreError> {
    if transaction.dialect().is_postgres() {
        // Another server's migration may take longer than the statement timeout.
        let no_timeouts = "set local statement_timeout = 0; set local lock_timeout = 0;";
        let lock = format!("{no_timeouts} select pg_advisory_xact_lock({LOCK});");
        transaction.script(lock).await?;
    }
    Ok(())
}

/// Applies missing migrations. Returns their names.
pub(super) async fn run(transaction: &mut Transaction<'_>) -> Result<Vec<String>, OpenError> {
    let runner = match transaction.dialect() {
        Dialect::Postgres | Dialect::Citus => for_postgres::migrations::runner(),
        Dialect::Sqlite => for_sqlite::migrations::runner(),
    };
    // Whether a newer schema can be used is decided by `check`.
    let runner = runner.set_grouped(true).set_abort_missing(false);
    let mut connection = Connection { transaction, away: None };
    let report: Result<Report, _> = runner.run_async(&mut connection).await;
    let report = report.map_err(|error| match connection.away {
        Some(cause) => OpenError::Unavailable(cause),
        None => OpenError::Migration(error.to_string()),
    })?;
    Ok(report.applied_migrations().iter().map(ToString::to_string).collect())
}

/// The newest migration that this program knows.
fn newest(dialect: Dialect) -> i32 {
    let runner = match dialect {
        Dialect::Postgres | Dialect::Citus => for_postgres::migrations::runner(),
        Dialect::Sqlite => for_sqlite::migrations::runner(),
    };
    runner.get_migrations().iter().map(Migration::version).max().unwrap_or_default()
}

row! {
    struct SchemaRow {
        newest: Option<i32>,
        oldest_program: Option<i32>,
    }
}

/// The newest migration of the schema, and the oldest program that can use it.
fn schema() -> Statement<'static> {
    Statement::new(
        "select max(history.version) as newest, min(compatibility.oldest_program) as oldest_program
         from refinery_schema_history as history
         cross join schema_compatibility as compatibility",
        params![],
    )
}

impl SchemaRow {
    /// Whether this program can use the schema.
    fn check(&self, dialect: Dialect) -> Result<(), OpenError> {
        let needed = newest(dialect);
        let found = self.newest.unwrap_or_default();
        if found < needed {
            return Err(OpenError::SchemaTooOld { found, needed });
        }
        match self.oldest_program {
            Some(oldest) if oldest > needed => Err(OpenError::SchemaTooNew(oldest)),
            _ => Ok(()),
        }
    }
}

/// Rejects a schema that this program cannot use.
pub(super) async fn check(transaction: &mut Transaction<'_>) -> Result<(), OpenError> {
    let dialect = transaction.dialect();
    let exists = match dialect {
        Dialect::Postgres | Dialect::Citus => {
            "select 1 as one from pg_class where oid = to_regclass('schema_compatibility')"
        }
        Dialect::Sqlite => "select 1 as one from sqlite_master where name = 'schema_compatibility'",
    };
    if transaction.row::<(i32,)>(Statement::new(exists, params![])).await?.is_none() {
        return Err(OpenError::SchemaTooOld { found: 0, needed: newest(dialect) });
    }
    let row = transaction.row::<SchemaRow>(schema()).await?;
    row.map_or(Ok(()), |row| row.check(dialect))
}

/// Whether a database in use answers and still has the schema that this program needs.
pub(super) async fn is_current(engine: &Engine) -> Result<(), StoreError> {
    let row = engine.probe::<SchemaRow>(schema()).await?;
    let checked = row.map_or(Ok(()), |row| row.check(engine.dialect()));
    checked.map_err(|error| StoreError::Unavailable(error.to_string()))
}

/// A transaction as refinery sees it, and why the database became unavailable, if it did.
struct Connection<'w, 'c> {
    transaction: &'w mut Transaction<'c>,
    away: Option<String>,
}

impl Connection<'_, '_> {
    /// Keeps an error that refinery would turn into a string.
    fn note<T>(&mut self, outcome: Result<T, StoreError>) -> Result<T, StoreError> {
        if let Err(
            StoreError::Unavailable(cause) | StoreError::Locked(cause) | StoreError::Unknown(cause),
        ) = &outcome
        {
            self.away = Some(cause.clone());
        }
        outcome
    }
}

row! {
    struct MigrationRow {
        version: i32,
        name: String,
        applied_on: String,
        checksum: String,
    }
}

impl AsyncTransaction for Connection<'_, '_> {
    type Error = StoreError;

    async fn execute<'a, T: Iterator<Item = &'a str> + Send + 'a>(
        &'a mut self,
        queries: T,
    ) -> Result<usize, Self::Error> {
        let mut count = 0;
        for query in queries {
            let done = self.transaction.script(query.to_owned()).await;
            self.note(done)?;
            count += 1;
        }
        Ok(count)
    }
}

impl AsyncQuery<Vec<Migration>> for Connection<'_, '_> {
    async fn query<'a>(&'a mut self, query: &'a str) -> Result<Vec<Migration>, Self::Error> {
        let rows = self.transaction.rows(Query::new(self.transaction.dialect(), query)).await;
        let rows: Vec<MigrationRow> = self.note(rows)?;
        let broken = |text: String| {
            let cause = format!("the migration history holds '{text}'");
            StoreError::Failed(sqlx::Error::Decode(cause.into()))
        };
        rows.into_iter()
            .map(|row| {
                let applied_on = OffsetDateTime::parse(&row.applied_on, &Rfc3339);
                let applied_on = applied_on.map_err(|_| broken(row.applied_on))?;
                let checksum = row.checksum.parse().map_err(|_| broken(row.checksum))?;
                Ok(Migration::applied(row.version, row.name, applied_on, checksum))
            })
            .collect()
    }
}

impl AsyncMigrate for Connection<'_, '_> {}
