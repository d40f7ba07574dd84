//! A statement with its arguments, the same for both engines. The only place where SQL that was
//! put together at run time reaches a database.

use std::borrow::Cow;

use sqlx::Arguments;
use sqlx::postgres::PgArguments;
use sqlx::sqlite::SqliteArguments;
use uuid::Uuid;

use crate::domain::Timestamp;

/// SQL with `$1`, `$2`, … and what stands for them.
#[derive(Debug)]
pub(super) struct Statement {
    pub(super) sql: Cow<'static, str>,
    pub(super) args: Vec<Arg>,
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
    Moment(Timestamp),
    /// Arrays are Postgres' own.
    Ids(Vec<Uuid>),
    Texts(Vec<String>),
    Blobs(Vec<Vec<u8>>),
}

impl Statement {
    /// A statement whose text is known when the program is built.
    pub(super) fn new(sql: &'static str, args: impl Into<Vec<Arg>>) -> Self {
        Self { sql: Cow::Borrowed(sql), args: args.into() }
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

/// The arguments as Postgres takes them. Copies and encodes: large lists want a thread of their
/// own for it.
pub(super) fn for_postgres(args: Vec<Arg>) -> Result<PgArguments, sqlx::Error> {
    let mut encoded = PgArguments::default();
    for arg in args {
        match arg {
            Arg::Int(value) => encoded.add(value),
            Arg::Long(value) => encoded.add(value),
            Arg::Bool(value) => encoded.add(value),
            Arg::Text(value) => encoded.add(value),
            Arg::Bytes(value) => encoded.add(value),
            Arg::Id(value) => encoded.add(value),
            Arg::Moment(value) => encoded.add(value),
            Arg::Ids(value) => encoded.add(value),
            Arg::Texts(value) => encoded.add(value),
            Arg::Blobs(value) => encoded.add(value),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(encoded)
}

/// The arguments as SQLite takes them.
pub(super) fn for_sqlite(args: Vec<Arg>) -> Result<SqliteArguments, sqlx::Error> {
    let mut encoded = SqliteArguments::default();
    for arg in args {
        match arg {
            Arg::Int(value) => encoded.add(value),
            Arg::Long(value) => encoded.add(value),
            Arg::Bool(value) => encoded.add(value),
            Arg::Text(value) => encoded.add(value),
            Arg::Bytes(value) => encoded.add(value),
            Arg::Id(value) => encoded.add(value),
            Arg::Moment(value) => encoded.add(value),
            Arg::Ids(_) | Arg::Texts(_) | Arg::Blobs(_) => Err("SQLite has no arrays".into()),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(encoded)
}
