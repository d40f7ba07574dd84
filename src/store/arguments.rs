//! What stands for the `$1`, `$2`, … of a statement, and the form in which each database takes it.

use serde::Serialize;
use sqlx::postgres::PgArguments;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments as _, Error};
use uuid::Uuid;

use super::engine::Dialect;
use crate::domain::Timestamp;

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
}

/// A list of arguments, each by its type: `args![tenant, id, "text"]`.
macro_rules! args {
    ($($value:expr),* $(,)?) => {
        [$($crate::store::arguments::Arg::from($value)),*]
    };
}
pub(super) use args;

/// A column of a relation that a statement takes as an argument: the values of all rows.
#[derive(Debug)]
pub(super) enum Values<'v> {
    Ids(Vec<Uuid>),
    OptionalIds(Vec<Option<Uuid>>),
    Texts(Vec<&'v str>),
    OptionalTexts(Vec<Option<&'v str>>),
    Blobs(Vec<&'v [u8]>),
    Ints(Vec<i32>),
    Longs(Vec<i64>),
    Bools(Vec<bool>),
    Moments(Vec<Timestamp>),
    OptionalMoments(Vec<Option<Timestamp>>),
}

impl Values<'_> {
    /// Postgres' type of its values.
    pub(super) fn postgres_type(&self) -> &'static str {
        match self {
            Self::Ids(_) | Self::OptionalIds(_) => "uuid",
            Self::Texts(_) | Self::OptionalTexts(_) => "text",
            Self::Blobs(_) => "bytea",
            Self::Ints(_) => "integer",
            Self::Longs(_) => "bigint",
            Self::Bools(_) => "boolean",
            Self::Moments(_) | Self::OptionalMoments(_) => "timestamptz",
        }
    }

    /// Whether its values are bytes, of which JSON has none: they go as hexadecimal digits.
    pub(super) fn is_bytes(&self) -> bool {
        matches!(self, Self::Ids(_) | Self::OptionalIds(_) | Self::Blobs(_))
    }

    fn len(&self) -> usize {
        match self {
            Self::Ids(all) => all.len(),
            Self::OptionalIds(all) => all.len(),
            Self::Texts(all) => all.len(),
            Self::OptionalTexts(all) => all.len(),
            Self::Blobs(all) => all.len(),
            Self::Ints(all) => all.len(),
            Self::Longs(all) => all.len(),
            Self::Bools(all) => all.len(),
            Self::Moments(all) => all.len(),
            Self::OptionalMoments(all) => all.len(),
        }
    }

    /// Writes the value of a row as JSON.
    fn write(&self, row: usize, out: &mut Vec<u8>) {
        match self {
            Self::Ids(all) => write_hex(all[row].as_bytes(), out),
            Self::OptionalIds(all) => match &all[row] {
                Some(id) => write_hex(id.as_bytes(), out),
                None => out.extend_from_slice(b"null"),
            },
            Self::Texts(all) => write(&all[row], out),
            Self::OptionalTexts(all) => write(&all[row], out),
            Self::Blobs(all) => write_hex(all[row], out),
            Self::Ints(all) => write(&all[row], out),
            Self::Longs(all) => write(&all[row], out),
            Self::Bools(all) => write(&all[row], out),
            Self::Moments(all) => write(&all[row].micros(), out),
            Self::OptionalMoments(all) => write(&all[row].map(Timestamp::micros), out),
        }
    }
}

fn write(value: &impl Serialize, out: &mut Vec<u8>) {
    serde_json::to_writer(out, value).expect("texts and numbers can be written as JSON");
}

fn write_hex(bytes: &[u8], out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    out.push(b'"');
    for byte in bytes {
        out.extend([DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    }
    out.push(b'"');
}

/// Rows as JSON: a list of lists.
fn json(columns: &[(&str, Values<'_>)]) -> String {
    let rows = columns.first().map_or(0, |(_, column)| column.len());
    let mut out = vec![b'['];
    for row in 0..rows {
        out.push(if row == 0 { b' ' } else { b',' });
        for (place, (_, column)) in columns.iter().enumerate() {
            out.push(if place == 0 { b'[' } else { b',' });
            column.write(row, &mut out);
        }
        out.push(b']');
    }
    out.push(b']');
    String::from_utf8(out).expect("JSON is text")
}

/// Arguments in the form their database takes: nothing is left to do but send them.
#[derive(Debug)]
pub(super) enum Arguments {
    Postgres(PgArguments),
    Sqlite(SqliteArguments),
}

impl Arguments {
    pub(super) fn new(dialect: Dialect) -> Self {
        match dialect {
            Dialect::Postgres => Self::Postgres(PgArguments::default()),
            Dialect::Sqlite => Self::Sqlite(SqliteArguments::default()),
        }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Postgres(encoded) => encoded.len(),
            Self::Sqlite(encoded) => encoded.len(),
        }
    }

    pub(super) fn add(&mut self, arg: Arg) -> Result<(), Error> {
        macro_rules! add {
            ($encoded:ident) => {
                match arg {
                    Arg::Int(value) => $encoded.add(value),
                    Arg::Long(value) => $encoded.add(value),
                    Arg::Bool(value) => $encoded.add(value),
                    Arg::Text(value) => $encoded.add(value),
                    Arg::Bytes(value) => $encoded.add(value),
                    Arg::Id(value) => $encoded.add(value),
                    Arg::OptionalId(value) => $encoded.add(value),
                    Arg::OptionalInt(value) => $encoded.add(value),
                    Arg::Moment(value) => $encoded.add(value),
                    Arg::OptionalMoment(value) => $encoded.add(value),
                }
            };
        }
        let added = match self {
            Self::Postgres(encoded) => add!(encoded),
            Self::Sqlite(encoded) => add!(encoded),
        };
        added.map_err(Error::Encode)
    }

    /// Adds the columns of a relation: an array each, or all of them as the rows of one JSON text.
    pub(super) fn add_columns(&mut self, columns: &[(&str, Values<'_>)]) -> Result<(), Error> {
        match self {
            Self::Postgres(encoded) => {
                for (_, column) in columns {
                    add_array(encoded, column)?;
                }
                Ok(())
            }
            Self::Sqlite(encoded) => encoded.add(json(columns)).map_err(Error::Encode),
        }
    }
}

fn add_array(encoded: &mut PgArguments, column: &Values<'_>) -> Result<(), Error> {
    match column {
        Values::Ids(all) => encoded.add(all.as_slice()),
        Values::OptionalIds(all) => encoded.add(all.as_slice()),
        Values::Texts(all) => encoded.add(all.as_slice()),
        Values::OptionalTexts(all) => encoded.add(all.as_slice()),
        Values::Blobs(all) => encoded.add(all.as_slice()),
        Values::Ints(all) => encoded.add(all.as_slice()),
        Values::Longs(all) => encoded.add(all.as_slice()),
        Values::Bools(all) => encoded.add(all.as_slice()),
        Values::Moments(all) => encoded.add(all.as_slice()),
        Values::OptionalMoments(all) => encoded.add(all.as_slice()),
    }
    .map_err(Error::Encode)
}
