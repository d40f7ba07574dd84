//! Rows, read by the positions of their columns: one message each, or a page packed into one value.
//!
//! For a client of Postgres each row is a message with allocations and a poll of a stream. A packed
//! page is one value instead: the binary forms of all its values, one after another. For a list of
//! 100 pools (`cargo bench -- --only list`, 32 connections) this moves work from the service to
//! Postgres: 231 + 189 µs of CPU instead of 327 + 128 µs. The rate stays the same on one machine.

use sqlx::error::BoxDynError;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Decode, Error, Postgres, Row as _, Sqlite, Type};
use uuid::Uuid;

use super::timestamp::from_micros_since_2000;
use crate::domain::Timestamp;

/// A value or struct that is read from one or more columns, in order.
pub(in crate::store) trait Row: Sized + Send + 'static {
    /// The names of its fields, comma-separated: its columns, if each field is one of them.
    const FIELDS: &'static str = "";

    fn read(cells: &mut impl Cells) -> Result<Self, Error>;

    /// Describes its columns in a packed row.
    fn layout(layout: &mut PackedLayout);
}

/// The values of a row, first column first.
pub(in crate::store) trait Cells {
    fn next<T: Cell>(&mut self) -> Result<T, Error>;

    /// The next value, or `None` if it is null.
    fn next_or_null<T: Cell>(&mut self) -> Result<Option<T>, Error>;
}

/// A value of one column, read from either engine or from a packed row.
pub(in crate::store) trait Cell:
    for<'r> Decode<'r, Postgres> + Type<Postgres> + for<'r> Decode<'r, Sqlite> + Type<Sqlite>
{
    /// Postgres' function that gives its binary form.
    const SEND: &'static str;
    /// The length of that form in bytes, if it is fixed.
    const LENGTH: Option<usize>;

    /// Decodes its binary form.
    fn unpack(bytes: &[u8]) -> Result<Self, BoxDynError>;
}

/// How the columns of a query are packed.
#[derive(Debug, Default)]
pub(in crate::store) struct PackedLayout {
    /// Generated column names, comma-separated.
    pub(in crate::store) names: String,
    /// The bytes of a row, as an expression over those names.
    pub(in crate::store) row: String,
    columns: usize,
}

impl PackedLayout {
    fn column<T: Cell>(&mut self, nullable: bool) {
        self.columns += 1;
        if self.columns > 1 {
            self.names.push_str(", ");
            self.row.push_str(" || ");
        }
        let name = format!("c{}", self.columns);
        let bytes = format!("{}({name})", T::SEND);
        let bytes = match T::LENGTH {
            Some(_) => bytes,
            None => format!("int4send(octet_length({bytes})) || {bytes}"),
        };
        self.names.push_str(&name);
        let [begin, end] =
            if nullable { [r"coalesce('\x01'::bytea || ", r", '\x00'::bytea)"] } else { ["", ""] };
        for part in [begin, &bytes, end] {
            self.row.push_str(part);
        }
    }
}

/// Declares a row: its fields are columns, or rows of several columns.
macro_rules! row {
    (
        $(#[$attribute:meta])*
        $visible:vis struct $name:ident {
            $($(#[$about:meta])* $shown:vis $field:ident: $type:ty),+ $(,)?
        }
    ) => {
        $(#[$attribute])*
        $visible struct $name { $($(#[$about])* $shown $field: $type),+ }

        impl $crate::store::db::row::Row for $name {
            const FIELDS: &'static str = $crate::store::db::row::names!($($field),+);

            fn read(cells: &mut impl $crate::store::db::row::Cells) -> Result<Self, sqlx::Error> {
                Ok(Self { $($field: $crate::store::db::row::Row::read(cells)?),+ })
            }

            fn layout(layout: &mut $crate::store::db::row::PackedLayout) {
                $(<$type as $crate::store::db::row::Row>::layout(layout);)+
            }
        }
    };
}
pub(in crate::store) use row;

/// The names of fields, comma-separated.
macro_rules! names {
    ($first:ident $(, $rest:ident)*) => {
        concat!(stringify!($first) $(, ", ", stringify!($rest))*)
    };
}
pub(in crate::store) use names;

/// Values are rows of one column.
macro_rules! cells {
    ($($type:ty, $send:literal, $length:expr, $bytes:ident => $unpacked:expr;)+) => {
        $(impl Cell for $type {
            const SEND: &'static str = $send;
            const LENGTH: Option<usize> = $length;

            fn unpack($bytes: &[u8]) -> Result<Self, BoxDynError> {
                Ok($unpacked)
            }
        }

        impl Row for $type {
            fn read(cells: &mut impl Cells) -> Result<Self, Error> {
                cells.next()
            }

            fn layout(layout: &mut PackedLayout) {
                layout.column::<Self>(false);
            }
        }

        impl Row for Option<$type> {
            fn read(cells: &mut impl Cells) -> Result<Self, Error> {
                cells.next_or_null()
            }

            fn layout(layout: &mut PackedLayout) {
                layout.column::<$type>(true);
            }
        })+
    };
}

cells! {
    Uuid, "uuid_send", Some(16), bytes => Self::from_slice(bytes)?;
    String, "textsend", None, bytes => str::from_utf8(bytes)?.to_owned();
    Vec<u8>, "byteasend", None, bytes => bytes.to_owned();
    bool, "boolsend", Some(1), bytes => bytes == [1];
    i16, "int2send", Some(2), bytes => Self::from_be_bytes(bytes.try_into()?);
    i32, "int4send", Some(4), bytes => Self::from_be_bytes(bytes.try_into()?);
    i64, "int8send", Some(8), bytes => Self::from_be_bytes(bytes.try_into()?);
    Timestamp, "timestamptz_send", Some(8), bytes => {
        from_micros_since_2000(i64::from_be_bytes(bytes.try_into()?))
    };
}

/// A tuple of rows is a row of all their columns.
macro_rules! tuples {
    ($($(($name:ident, $place:tt)),+;)+) => {
        $(impl<$($name: Row),+> Row for ($($name,)+) {
            fn read(cells: &mut impl Cells) -> Result<Self, Error> {
                Ok(($($name::read(cells)?,)+))
            }

            fn layout(layout: &mut PackedLayout) {
                $($name::layout(layout);)+
            }
        })+
    };
}

tuples! {
    (A, 0);
    (A, 0), (B, 1);
    (A, 0), (B, 1), (C, 2);
}

/// A row of sqlx, and the next column to read.
struct Columns<'r, R> {
    row: &'r R,
    next: usize,
}

/// sqlx has no trait that covers both row types.
macro_rules! rows {
    ($($row:ty),+) => {
        $(impl Cells for Columns<'_, $row> {
            fn next<T: Cell>(&mut self) -> Result<T, Error> {
                self.next += 1;
                self.row.try_get(self.next - 1)
            }

            fn next_or_null<T: Cell>(&mut self) -> Result<Option<T>, Error> {
                self.next += 1;
                self.row.try_get(self.next - 1)
            }
        })+
    };
}

rows!(PgRow, SqliteRow);

/// Reads rows of Postgres.
pub(in crate::store) fn from_postgres<T: Row>(rows: &[PgRow]) -> Result<Vec<T>, Error> {
    rows.iter().map(|row| T::read(&mut Columns { row, next: 0 })).collect()
}

/// Reads rows of SQLite.
pub(in crate::store) fn from_sqlite<T: Row>(rows: &[SqliteRow]) -> Result<Vec<T>, Error> {
    rows.iter().map(|row| T::read(&mut Columns { row, next: 0 })).collect()
}

/// Reads `count` packed rows.
pub(in crate::store) fn from_packed<T: Row>(bytes: &[u8], count: i64) -> Result<Vec<T>, Error> {
    let mut packed = Packed(bytes);
    let rows: Vec<T> = (0..count).map(|_| T::read(&mut packed)).collect::<Result<_, _>>()?;
    // A null in a column that is not nullable makes its whole row null, and `string_agg` skip it.
    if packed.0.is_empty() { Ok(rows) } else { Err(truncated()) }
}

/// The unread rest of packed rows. A nullable value follows a byte that is 0 for null; a value
/// without a fixed length follows its length.
struct Packed<'b>(&'b [u8]);

impl<'b> Packed<'b> {
    fn take(&mut self, length: usize) -> Result<&'b [u8], Error> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or_else(truncated)?;
        self.0 = rest;
        Ok(taken)
    }
}

impl Cells for Packed<'_> {
    fn next<T: Cell>(&mut self) -> Result<T, Error> {
        let length = match T::LENGTH {
            Some(length) => length,
            None => usize::try_from(i32::unpack(self.take(4)?).map_err(Error::Decode)?)
                .map_err(|error| Error::Decode(error.into()))?,
        };
        T::unpack(self.take(length)?).map_err(Error::Decode)
    }

    fn next_or_null<T: Cell>(&mut self) -> Result<Option<T>, Error> {
        if self.take(1)? == [0] { Ok(None) } else { self.next().map(Some) }
    }
}

fn truncated() -> Error {
    Error::Decode("packed rows are truncated".into())
}
