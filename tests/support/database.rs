//! A database for one test.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use esimpool::store::{OpenError, Store, StoreOptions};
use futures_util::TryStreamExt;
use sqlx::postgres::{PgConnection, PgPoolCopyExt};
use sqlx::{AssertSqlSafe, Connection, Executor, PgPool, Row};

use super::postgres::Postgres;

/// Which database a test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "Postgres",
        })
    }
}

/// An empty database.
pub struct Database {
    pub engine: Engine,
    pub url: String,
}

impl Database {
    /// A new one; SQLite's file is in `folder`.
    pub async fn create(engine: Engine, folder: &Path) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let url = match engine {
            Engine::Sqlite => format!("sqlite://{}/esimpool.db", folder.display()),
            Engine::Postgres => {
                let count = COUNT.fetch_add(1, Ordering::Relaxed);
                let name = format!("esimpool_test_{}_{count}", std::process::id());
                administer(&format!("create database {name}")).await;
                let server = Postgres::get().expect("the trial is ignored where there is none");
                server.remember(&name);
                server.url(&name)
            }
        };
        Self { engine, url }
    }

    /// A copy of this database, which nobody uses meanwhile; SQLite's file is in `folder`.
    pub async fn copy(&self, folder: &Path) -> Self {
        match self.engine {
            Engine::Sqlite => {
                let file = folder.join("copy.db");
                // In one file, whatever is in its log.
                execute(self, &format!("vacuum into '{}'", file.display())).await;
                Self { engine: self.engine, url: format!("sqlite://{}", file.display()) }
            }
            Engine::Postgres => {
                let name = self.url.rsplit('/').next().expect("a name");
                let name = name.split('?').next().expect("a name");
                let copy = format!("{name}_copy");
                administer(&format!("create database {copy} template {name}")).await;
                let server = Postgres::get().expect("the trial is ignored where there is none");
                server.remember(&copy);
                Self { engine: self.engine, url: server.url(&copy) }
            }
        }
    }

    /// Every byte of the database, as a thief would have it.
    pub async fn bytes(&self) -> Vec<u8> {
        match self.engine {
            Engine::Sqlite => {
                let file = self.url.strip_prefix("sqlite://").expect("the URL of a file");
                let files = [file.to_owned(), format!("{file}-wal")];
                files.iter().flat_map(|file| std::fs::read(file).unwrap_or_default()).collect()
            }
            Engine::Postgres => {
                let pool = PgPool::connect(&self.url).await.expect("a connection");
                let tables: Vec<(String,)> = sqlx::query_as(
                    "select tablename::text from pg_tables where schemaname = 'public'",
                )
                .fetch_all(&pool)
                .await
                .expect("the tables");
                let mut bytes = Vec::new();
                for (table,) in tables {
                    let copy = format!("copy {table} to stdout (format binary)");
                    let rows = pool.copy_out_raw(&copy).await.expect("a copy");
                    let rows: Vec<_> = rows.try_collect().await.expect("rows");
                    bytes.extend(rows.concat());
                }
                bytes
            }
        }
    }

    /// Every row of every table, as text, by the table's name.
    pub async fn contents(&self) -> BTreeMap<String, Vec<String>> {
        let tables = match self.engine {
            Engine::Sqlite => "select name from sqlite_master where type = 'table' order by 1",
            Engine::Postgres => {
                "select tablename::text from pg_tables where schemaname = 'public' order by 1"
            }
        };
        let mut contents = BTreeMap::new();
        for table in self.texts(tables).await {
            let row = match self.engine {
                Engine::Sqlite => {
                    let columns = format!(
                        "select group_concat('quote(' || name || ')', ' || '','' || ')
                         from pragma_table_info('{table}')"
                    );
                    self.texts(&columns).await.concat()
                }
                Engine::Postgres => "row::text".to_owned(),
            };
            let rows = self.texts(&format!("select {row} from {table} as row order by 1")).await;
            contents.insert(table, rows);
        }
        contents
    }

    /// How many sessions wait for a lock. On Postgres.
    pub async fn waiting_for_locks(&self) -> i64 {
        self.number(
            "select count(*) from pg_stat_activity
             where wait_event_type = 'Lock' and datname = current_database()",
        )
        .await
    }

    /// The rows of a query with one column of text.
    async fn texts(&self, sql: &str) -> Vec<String> {
        match self.engine {
            Engine::Sqlite => {
                let mut connection =
                    sqlx::SqliteConnection::connect(&self.url).await.expect("a connection");
                sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(&mut connection).await
            }
            Engine::Postgres => {
                let mut connection = PgConnection::connect(&self.url).await.expect("a connection");
                sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(&mut connection).await
            }
        }
        .expect("texts")
    }

    /// The rows of a query whose columns are all bytes.
    pub async fn bytes_of(&self, sql: &str) -> Vec<Vec<Vec<u8>>> {
        fn columns<R: Row>(row: &R) -> Vec<Vec<u8>>
        where
            for<'r> Vec<u8>: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
            usize: sqlx::ColumnIndex<R>,
        {
            (0..row.len()).map(|column| row.get(column)).collect()
        }
        match self.engine {
            Engine::Sqlite => {
                let mut connection =
                    sqlx::SqliteConnection::connect(&self.url).await.expect("a connection");
                let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut connection).await;
                rows.expect("rows").iter().map(columns).collect()
            }
            Engine::Postgres => {
                let mut connection = PgConnection::connect(&self.url).await.expect("a connection");
                let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut connection).await;
                rows.expect("rows").iter().map(columns).collect()
            }
        }
    }

    /// The one number that a query gives.
    pub async fn number(&self, sql: &str) -> i64 {
        match self.engine {
            Engine::Sqlite => {
                let mut connection =
                    sqlx::SqliteConnection::connect(&self.url).await.expect("a connection");
                sqlx::query_scalar(AssertSqlSafe(sql))
                    .fetch_one(&mut connection)
                    .await
                    .expect("a number")
            }
            Engine::Postgres => {
                let mut connection = PgConnection::connect(&self.url).await.expect("a connection");
                sqlx::query_scalar(AssertSqlSafe(sql))
                    .fetch_one(&mut connection)
                    .await
                    .expect("a number")
            }
        }
    }
}

/// Runs a statement that gives nothing back.
pub async fn execute(database: &Database, sql: &str) {
    match database.engine {
        Engine::Sqlite => {
            let mut connection =
                sqlx::SqliteConnection::connect(&database.url).await.expect("a connection");
            connection.execute(AssertSqlSafe(sql)).await.map(drop)
        }
        Engine::Postgres => {
            let mut connection = PgConnection::connect(&database.url).await.expect("a connection");
            connection.execute(AssertSqlSafe(sql)).await.map(drop)
        }
    }
    .expect("the database obeys");
}

/// A store on a database, not yet prepared.
pub async fn open_store(database: &Database) -> Store {
    try_open_store(database).await.expect("it opens")
}

/// The same, where it may be refused.
pub async fn try_open_store(database: &Database) -> Result<Store, OpenError> {
    Store::open(&options(database)).await
}

/// Another store on a database that a store is open on.
pub async fn open_beside(database: &Database) -> Store {
    let options = StoreOptions { beside_a_server: true, ..options(database) };
    Store::open(&options).await.expect("it opens")
}

fn options(database: &Database) -> StoreOptions {
    StoreOptions {
        url: database.url.clone(),
        max_connections: 4,
        tenant_share: 75,
        acquire_timeout: Duration::from_secs(5),
        read_timeout: Duration::from_secs(10),
        max_waiting: 1000,
        statement_timeout: Duration::from_secs(30),
        spool_dir: std::env::temp_dir(),
        spool_max_bytes: u64::MAX,
        spool_reserve_bytes: 0,
        beside_a_server: false,
    }
}

/// Runs a statement on the server itself, outside of any test's database.
pub async fn administer(sql: &str) {
    let server = Postgres::get().expect("the trial is ignored where there is none");
    let mut connection =
        PgConnection::connect(&server.url("postgres")).await.expect("a connection");
    connection.execute(AssertSqlSafe(sql)).await.expect("the server obeys");
}
