//! A statement with its arguments, the same for both engines.

use sqlx::postgres::PgArguments;
use sqlx::sqlite::SqliteArguments;
use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};

use super::StoreError;
use super::arguments::{Arg, Arguments};
use super::engine::Dialect;

/// SQL with `$1`, `$2`, … and what stands for them.
#[derive(Debug)]
pub(super) struct Statement {
    sql: SqlStr,
    args: Args,
}

#[derive(Debug)]
enum Args {
    Plain(Vec<Arg>),
    Encoded(Result<Arguments, sqlx::Error>),
}

impl Statement {
    /// A statement whose text is known when the program is built.
    pub(super) fn new(sql: &'static str, args: impl Into<Vec<Arg>>) -> Self {
        Self { sql: sql.into_sql_str(), args: Args::Plain(args.into()) }
    }

    /// A statement that was put together at run time, of our own pieces: what comes from outside
    /// is in the arguments.
    pub(super) fn dynamic(sql: String, args: Result<Arguments, sqlx::Error>) -> Self {
        Self { sql: AssertSqlSafe(sql).into_sql_str(), args: Args::Encoded(args) }
    }

    /// Puts the arguments into the database's own form.
    pub(super) fn encode(self, dialect: Dialect) -> Result<Encoded, StoreError> {
        let args = match self.args {
            Args::Encoded(args) => args?,
            Args::Plain(args) => {
                let mut encoded = Arguments::new(dialect);
                for arg in args {
                    encoded.add(arg)?;
                }
                encoded
            }
        };
        Ok(Encoded { sql: self.sql, args })
    }
}

/// A statement in the form its database takes: nothing is left to do but send it.
#[derive(Debug)]
pub(super) struct Encoded {
    sql: SqlStr,
    args: Arguments,
}

impl Encoded {
    pub(super) fn postgres(self) -> (SqlStr, PgArguments) {
        match self.args {
            Arguments::Postgres(args) => (self.sql, args),
            Arguments::Sqlite(_) => unreachable!("a program has one engine, and encodes for it"),
        }
    }

    pub(super) fn sqlite(self) -> (SqlStr, SqliteArguments) {
        match self.args {
            Arguments::Sqlite(args) => (self.sql, args),
            Arguments::Postgres(_) => unreachable!("a program has one engine, and encodes for it"),
        }
    }
}
