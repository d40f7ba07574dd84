//! Rows, read by the places of their columns: one by one, or all rows of a page in one value.
//!
//! To a client of Postgres a row is a message of its own, with allocations and a step of a stream
//! for each; a page of a hundred costs more here than in the database. So a page comes packed: the
//! binary forms of its values, all rows behind each other in one value.

use sqlx::error::BoxDynError;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Decode, Error, Postgres, Row, Sqlite, Type};
use uuid::Uuid;

use super::columns::from_micros_from_2000;
use crate::domain::Timestamp;

/// What is read from one or more columns, in their order.
pub(super) trait Record: Sized + Send + 'static {
    fn read(cells: &mut impl Cells) -> Result<Self, Error>;

    /// Says how Postgres packs each of the columns.
    fn pack(packing: &mut Packing);
}

/// The values of a row, from the first column to the last.
pub(super) trait Cells {
    fn next<T: Cell>(&mut self) -> Result<T, Error>;

    /// The same of a value that may be null.
    fn next_or_null<T: Cell>(&mut self) -> Result<Option<T>, Error>;
}

/// A value that reads the same from both databases, and from a packed row.
pub(super) trait Cell:
    for<'r> Decode<'r, Postgres> + Type<Postgres> + for<'r> Decode<'r, Sqlite> + Type<Sqlite>
{
    /// Postgres' function from a value to its binary form.
    const SEND: &'static str;
    /// The length of that form, if it is always the same.
    const LENGTH: Option<usize>;

    /// From its binary form.
    fn unpack(bytes: &[u8]) -> Result<Self, BoxDynError>;
}

/// The columns of a query whose rows come packed.
#[derive(Debug, Default)]
pub(super) struct Packing {
    /// Their names, which are ours, with commas between them.
    pub(super) names: String,
    /// The bytes of a row, as an expression over them.
    pub(super) row: String,
    columns: usize,
}

impl Packing {
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

/// Declares a row: its fields are the columns, or records of several of them.
macro_rules! record {
    (
        $(#[$attribute:meta])*
        $visible:vis struct $name:ident {
            $($(#[$about:meta])* $shown:vis $field:ident: $type:ty),+ $(,)?
        }
    ) => {
        $(#[$attribute])*
        $visible struct $name { $($(#[$about])* $shown $field: $type),+ }

        impl $crate::store::record::Record for $name {
            fn read(cells: &mut impl $crate::store::record::Cells) -> Result<Self, sqlx::Error> {
                Ok(Self { $($field: $crate::store::record::Record::read(cells)?),+ })
            }

            fn pack(packing: &mut $crate::store::record::Packing) {
                $(<$type as $crate::store::record::Record>::pack(packing);)+
            }
        }
    };
}
pub(super) use record;

/// Values are records of one column.
macro_rules! cells {
    ($($type:ty, $send:literal, $length:expr, $bytes:ident => $unpacked:expr;)+) => {
        $(impl Cell for $type {
            const SEND: &'static str = $send;
            const LENGTH: Option<usize> = $length;

            fn unpack($bytes: &[u8]) -> Result<Self, BoxDynError> {
                Ok($unpacked)
            }
        }

        impl Record for $type {
            fn read(cells: &mut impl Cells) -> Result<Self, Error> {
                cells.next()
            }

            fn pack(packing: &mut Packing) {
                packing.column::<Self>(false);
            }
        }

        impl Record for Option<$type> {
            fn read(cells: &mut impl Cells) -> Result<Self, Error> {
                cells.next_or_null()
            }

            fn pack(packing: &mut Packing) {
                packing.column::<$type>(true);
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
        from_micros_from_2000(i64::from_be_bytes(bytes.try_into()?))
    };
}

/// Records that stand behind each other are one.
macro_rules! tuples {
    ($($(($name:ident, $place:tt)),+;)+) => {
        $(impl<$($name: Record),+> Record for ($($name,)+) {
            fn read(cells: &mut impl Cells) -> Result<Self, Error> {
                Ok(($($name::read(cells)?,)+))
            }

            fn pack(packing: &mut Packing) {
                $($name::pack(packing);)+
            }
        })+
    };
}

tuples! {
    (A, 0);
    (A, 0), (B, 1);
    (A, 0), (B, 1), (C, 2);
}

/// A row as sqlx has it.
struct Columns<'r, R> {
    row: &'r R,
    place: usize,
}

/// sqlx knows of each of its rows alone that values can be had of it.
macro_rules! rows {
    ($($row:ty),+) => {
        $(impl Cells for Columns<'_, $row> {
            fn next<T: Cell>(&mut self) -> Result<T, Error> {
                self.place += 1;
                self.row.try_get(self.place - 1)
            }

            fn next_or_null<T: Cell>(&mut self) -> Result<Option<T>, Error> {
                self.place += 1;
                self.row.try_get(self.place - 1)
            }
        })+
    };
}

rows!(PgRow, SqliteRow);

/// The records of rows from Postgres.
pub(super) fn from_postgres<T: Record>(rows: &[PgRow]) -> Result<Vec<T>, Error> {
    rows.iter().map(|row| T::read(&mut Columns { row, place: 0 })).collect()
}

/// The records of rows from SQLite.
pub(super) fn from_sqlite<T: Record>(rows: &[SqliteRow]) -> Result<Vec<T>, Error> {
    rows.iter().map(|row| T::read(&mut Columns { row, place: 0 })).collect()
}

/// The records of so many packed rows.
pub(super) fn from_packed<T: Record>(bytes: &[u8], count: i64) -> Result<Vec<T>, Error> {
    let mut packed = Packed(bytes);
    let records: Vec<T> = (0..count).map(|_| T::read(&mut packed)).collect::<Result<_, _>>()?;
    // A null that nobody expected takes its whole row along.
    if packed.0.is_empty() { Ok(records) } else { Err(cut()) }
}

/// What is left of packed rows: the values of each, a byte before those that may be null which says
/// whether there is one, a length before those that have none of their own.
struct Packed<'b>(&'b [u8]);

impl<'b> Packed<'b> {
    fn take(&mut self, length: usize) -> Result<&'b [u8], Error> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or_else(cut)?;
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

fn cut() -> Error {
    Error::Decode("packed rows are not as many or as long as they should be".into())
}
