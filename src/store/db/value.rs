//! Parameters of statements, and the form in which each engine takes them.

use serde::Serialize;
use sqlx::postgres::PgArguments;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments as _, Error};
use uuid::Uuid;

use super::dialect::Dialect;
use crate::domain::Timestamp;

/// A parameter of a statement.
#[derive(Clone, Debug)]
pub(in crate::store) enum Param {
    Int(i32),
    Long(i64),
    Bool(bool),
    Text(Option<String>),
    Bytes(Vec<u8>),
    Id(Uuid),
    OptionalId(Option<Uuid>),
    OptionalInt(Option<i32>),
    Timestamp(Timestamp),
    OptionalTimestamp(Option<Timestamp>),
}

/// Declares which Rust types become which parameter.
macro_rules! from {
    ($($type:ty => $variant:ident($convert:expr)),+ $(,)?) => {
        $(impl From<$type> for Param {
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
    Option<Uuid> => OptionalId(std::convert::identity),
    Option<i32> => OptionalInt(std::convert::identity),
    Option<Timestamp> => OptionalTimestamp(std::convert::identity),
    Timestamp => Timestamp(std::convert::identity),
}

/// A list of parameters, each by its type: `params![tenant, id, "text"]`.
macro_rules! params {
    ($($value:expr),* $(,)?) => {
        [$($crate::store::db::Param::from($value)),*]
    };
}
pub(in crate::store) use params;

/// A column of the rows that a statement takes as a parameter: its value in each row.
#[derive(Debug)]
pub(in crate::store) enum Array<'v> {
    Ids(Vec<Uuid>),
    OptionalIds(Vec<Option<Uuid>>),
    Texts(Vec<&'v str>),
    OptionalTexts(Vec<Option<&'v str>>),
    Blobs(Vec<&'v [u8]>),
    OptionalBlobs(Vec<Option<&'v [u8]>>),
    Ints(Vec<i32>),
    OptionalInts(Vec<Option<i32>>),
    Longs(Vec<i64>),
    Bools(Vec<bool>),
    Timestamps(Vec<Timestamp>),
    OptionalTimestamps(Vec<Option<Timestamp>>),
}

impl Array<'_> {
    /// Postgres' type of an element.
    pub(in crate::store) fn postgres_type(&self) -> &'static str {
        match self {
            Self::Ids(_) | Self::OptionalIds(_) => "uuid",
            Self::Texts(_) | Self::OptionalTexts(_) => "text",
            Self::Blobs(_) | Self::OptionalBlobs(_) => "bytea",
            Self::Ints(_) | Self::OptionalInts(_) => "integer",
            Self::Longs(_) => "bigint",
            Self::Bools(_) => "boolean",
            Self::Timestamps(_) | Self::OptionalTimestamps(_) => "timestamptz",
        }
    }

    /// Whether its elements are bytes. JSON has none, so they are written as hexadecimal digits.
    pub(in crate::store) fn is_bytes(&self) -> bool {
        matches!(
            self,
            Self::Ids(_) | Self::OptionalIds(_) | Self::Blobs(_) | Self::OptionalBlobs(_)
        )
    }

    fn len(&self) -> usize {
        match self {
            Self::Ids(all) => all.len(),
            Self::OptionalIds(all) => all.len(),
            Self::Texts(all) => all.len(),
            Self::OptionalTexts(all) => all.len(),
            Self::Blobs(all) => all.len(),
            Self::OptionalBlobs(all) => all.len(),
            Self::Ints(all) => all.len(),
            Self::OptionalInts(all) => all.len(),
            Self::Longs(all) => all.len(),
            Self::Bools(all) => all.len(),
            Self::Timestamps(all) => all.len(),
            Self::OptionalTimestamps(all) => all.len(),
        }
    }

    /// Writes the element of a row as JSON.
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
            Self::OptionalBlobs(all) => match all[row] {
                Some(bytes) => write_hex(bytes, out),
                None => out.extend_from_slice(b"null"),
            },
            Self::Ints(all) => write(&all[row], out),
            Self::OptionalInts(all) => write(&all[row], out),
            Self::Longs(all) => write(&all[row], out),
            Self::Bools(all) => write(&all[row], out),
            Self::Timestamps(all) => write(&all[row].micros(), out),
            Self::OptionalTimestamps(all) => write(&all[row].map(Timestamp::micros), out),
        }
    }
}

fn write(value: &impl Serialize, out: &mut Vec<u8>) {
    serde_json::to_writer(out, value).expect("strings and numbers have a JSON form");
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
fn json(columns: &[(&str, Array<'_>)]) -> String {
    let rows = columns.first().map_or(0, |(_, column)| column.len());
    let mut out = vec![b'['];
    for row in 0..rows {
        out.push(if row == 0 { b' ' } else { b',' });
        for (index, (_, column)) in columns.iter().enumerate() {
            out.push(if index == 0 { b'[' } else { b',' });
            column.write(row, &mut out);
        }
        out.push(b']');
    }
    out.push(b']');
    String::from_utf8(out).expect("JSON is UTF-8")
}

/// Parameters in the form that their engine takes.
#[derive(Clone, Debug)]
pub(in crate::store) enum Arguments {
    Postgres(PgArguments),
    Sqlite(SqliteArguments),
}

impl Arguments {
    pub(in crate::store) fn new(dialect: Dialect) -> Self {
        match dialect {
            Dialect::Postgres | Dialect::Citus => Self::Postgres(PgArguments::default()),
            Dialect::Sqlite => Self::Sqlite(SqliteArguments::default()),
        }
    }

    /// How many there are.
    pub(in crate::store) fn len(&self) -> usize {
        match self {
            Self::Postgres(encoded) => encoded.len(),
            Self::Sqlite(encoded) => encoded.len(),
        }
    }

    pub(in crate::store) fn add(&mut self, arg: Param) -> Result<(), Error> {
        macro_rules! add {
            ($encoded:ident) => {
                match arg {
                    Param::Int(value) => $encoded.add(value),
                    Param::Long(value) => $encoded.add(value),
                    Param::Bool(value) => $encoded.add(value),
                    Param::Text(value) => $encoded.add(value),
                    Param::Bytes(value) => $encoded.add(value),
                    Param::Id(value) => $encoded.add(value),
                    Param::OptionalId(value) => $encoded.add(value),
                    Param::OptionalInt(value) => $encoded.add(value),
                    Param::Timestamp(value) => $encoded.add(value),
                    Param::OptionalTimestamp(value) => $encoded.add(value),
                }
            };
        }
        let added = match self {
            Self::Postgres(encoded) => add!(encoded),
            Self::Sqlite(encoded) => add!(encoded),
        };
        added.map_err(Error::Encode)
    }

    /// Adds the columns of rows: as an array each on Postgres, as one JSON document on SQLite.
    pub(in crate::store) fn add_columns(
        &mut self,
        columns: &[(&str, Array<'_>)],
    ) -> Result<(), Error> {
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

fn add_array(encoded: &mut PgArguments, column: &Array<'_>) -> Result<(), Error> {
    match column {
        Array::Ids(all) => encoded.add(all.as_slice()),
        Array::OptionalIds(all) => encoded.add(all.as_slice()),
        Array::Texts(all) => encoded.add(all.as_slice()),
        Array::OptionalTexts(all) => encoded.add(all.as_slice()),
        Array::Blobs(all) => encoded.add(all.as_slice()),
        Array::OptionalBlobs(all) => encoded.add(all.as_slice()),
        Array::Ints(all) => encoded.add(all.as_slice()),
        Array::OptionalInts(all) => encoded.add(all.as_slice()),
        Array::Longs(all) => encoded.add(all.as_slice()),
        Array::Bools(all) => encoded.add(all.as_slice()),
        Array::Timestamps(all) => encoded.add(all.as_slice()),
        Array::OptionalTimestamps(all) => encoded.add(all.as_slice()),
    }
    .map_err(Error::Encode)
}
