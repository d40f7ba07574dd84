//! A statement with its arguments, the same for both engines.

use sqlx::postgres::PgArguments;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments, AssertSqlSafe, SqlSafeStr, SqlStr};
use uuid::Uuid;

use super::StoreError;
use super::engine::Dialect;
use crate::domain::Timestamp;

/// SQL with `$1`, `$2`, … and what stands for them.
#[derive(Debug)]
pub(super) struct Statement {
    sql: SqlStr,
    args: Vec<Arg>,
}

/// A value that a statement takes.
#[derive(Debug)]
pub(super) enum Arg {
    Int(i32),
    Long(i64),
    Bool(bool),
    Text(Option<String>),
    Bytes(Vec<u8>),
    Id(Uuid),
    OptionalId(Option<Uuid>),
    OptionalInt(Option<i32>),
    Moment(Timestamp),
    OptionalMoment(Option<Timestamp>),
    /// Arrays are Postgres' own.
    Ids(Vec<Uuid>),
    Texts(Vec<String>),
    Blobs(Vec<Vec<u8>>),
}

impl Statement {
    /// A statement whose text is known when the program is built.
    pub(super) fn new(sql: &'static str, args: impl Into<Vec<Arg>>) -> Self {
        Self { sql: sql.into_sql_str(), args: args.into() }
    }

    /// A statement that was put together at run time, of our own pieces: what comes from outside
    /// is in the arguments.
    pub(super) fn dynamic(sql: String, args: impl Into<Vec<Arg>>) -> Self {
        Self { sql: AssertSqlSafe(sql).into_sql_str(), args: args.into() }
    }

    /// Puts the arguments into the database's own form. Copies: large lists want a thread of
    /// their own for it.
    pub(super) fn encode(self, dialect: Dialect) -> Result<Encoded, StoreError> {
        Ok(match dialect {
            Dialect::Postgres => Encoded::Postgres(self.sql, for_postgres(self.args)?),
            Dialect::Sqlite => Encoded::Sqlite(self.sql, for_sqlite(self.args)?),
        })
    }
}

/// A statement in the form its database takes: nothing is left to do but send it.
#[derive(Debug)]
pub(super) enum Encoded {
    Postgres(SqlStr, PgArguments),
    Sqlite(SqlStr, SqliteArguments),
}

impl Encoded {
    pub(super) fn postgres(self) -> (SqlStr, PgArguments) {
        match self {
            Self::Postgres(sql, args) => (sql, args),
            Self::Sqlite(..) => unreachable!("a program has one engine, and encodes for it"),
        }
    }

    pub(super) fn sqlite(self) -> (SqlStr, SqliteArguments) {
        match self {
            Self::Sqlite(sql, args) => (sql, args),
            Self::Postgres(..) => unreachable!("a program has one engine, and encodes for it"),
        }
    }
}

/// Declares which Rust types are which argument.
macro_rules! from {
    ($($type:ty => $variant:ident($convert:expr)),+ $(,)?) => {
        $(impl From<$type> for Arg {
            fn from(value: $type) -> Self {
                Self::$variant($convert(value))
            }
        })+
    };
}

from! {
    i32 => Int(std::convert::identity),
    i64 => Long(std::convert::identity),
    bool => Bool(std::convert::identity),
    &str => Text(|text: &str| Some(text.to_owned())),
    String => Text(Some),
    Option<String> => Text(std::convert::identity),
    Vec<u8> => Bytes(std::convert::identity),
    Uuid => Id(std::convert::identity),
    crate::domain::TenantId => Id(crate::domain::TenantId::uuid),
    crate::domain::PoolId => Id(crate::domain::PoolId::uuid),
    crate::domain::AssignmentId => Id(crate::domain::AssignmentId::uuid),
    crate::domain::DeviceStateId => Id(crate::domain::DeviceStateId::uuid),
    crate::domain::CodeId => Id(crate::domain::CodeId::uuid),
    crate::domain::HandoutId => Id(crate::domain::HandoutId::uuid),
    crate::domain::EventId => Id(crate::domain::EventId::uuid),
    crate::domain::RequestId => Id(crate::domain::RequestId::uuid),
    Option<Uuid> => OptionalId(std::convert::identity),
    Option<i32> => OptionalInt(std::convert::identity),
    Option<Timestamp> => OptionalMoment(std::convert::identity),
    Timestamp => Moment(std::convert::identity),
    Vec<Uuid> => Ids(std::convert::identity),
    Vec<String> => Texts(std::convert::identity),
    Vec<Vec<u8>> => Blobs(std::convert::identity),
}

/// A list of arguments, each by its type: `args![tenant, id, "text"]`.
macro_rules! args {
    ($($value:expr),* $(,)?) => {
        [$($crate::store::statement::Arg::from($value)),*]
    };
}
pub(super) use args;

/// The arguments as Postgres takes them.
fn for_postgres(args: Vec<Arg>) -> Result<PgArguments, sqlx::Error> {
    let mut encoded = PgArguments::default();
    for arg in args {
        match arg {
            Arg::Int(value) => encoded.add(value),
            Arg::Long(value) => encoded.add(value),
            Arg::Bool(value) => encoded.add(value),
            Arg::Text(value) => encoded.add(value),
            Arg::Bytes(value) => encoded.add(value),
            Arg::Id(value) => encoded.add(value),
            Arg::OptionalId(value) => encoded.add(value),
            Arg::OptionalInt(value) => encoded.add(value),
            Arg::Moment(value) => encoded.add(value),
            Arg::OptionalMoment(value) => encoded.add(value),
            Arg::Ids(value) => encoded.add(value),
            Arg::Texts(value) => encoded.add(value),
            Arg::Blobs(value) => encoded.add(value),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(encoded)
}

/// The arguments as SQLite takes them.
fn for_sqlite(args: Vec<Arg>) -> Result<SqliteArguments, sqlx::Error> {
    let mut encoded = SqliteArguments::default();
    for arg in args {
        match arg {
            Arg::Int(value) => encoded.add(value),
            Arg::Long(value) => encoded.add(value),
            Arg::Bool(value) => encoded.add(value),
            Arg::Text(value) => encoded.add(value),
            Arg::Bytes(value) => encoded.add(value),
            Arg::Id(value) => encoded.add(value),
            Arg::OptionalId(value) => encoded.add(value),
            Arg::OptionalInt(value) => encoded.add(value),
            Arg::Moment(value) => encoded.add(value),
            Arg::OptionalMoment(value) => encoded.add(value),
            Arg::Ids(_) | Arg::Texts(_) | Arg::Blobs(_) => Err("SQLite has no arrays".into()),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(encoded)
}
