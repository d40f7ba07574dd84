//! Rows, read by the places of their columns: one by one, or all rows of a page in one value.
//!
//! To a client of Postgres a row is a message of its own, with allocations and a step of a stream
//! for each; a page of a hundred costs more here than in the database. So a page comes packed: as
//! the bytes of `record_send`, all rows behind each other in one value.

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
}

/// The values of a row, from the first column to the last.
pub(super) trait Cells {
    fn next<T: Cell>(&mut self) -> Result<T, Error>;
}

/// A value that reads the same from both databases, and from a packed row.
pub(super) trait Cell:
    for<'r> Decode<'r, Postgres> + Type<Postgres> + for<'r> Decode<'r, Sqlite> + Type<Sqlite>
{
    /// From the bytes of its binary form; none of null.
    fn unpack(bytes: Option<&[u8]>) -> Result<Self, BoxDynError>;
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
        }
    };
}
pub(super) use record;

/// Values are records of one column.
macro_rules! cells {
    ($($type:ty: $bytes:ident => $unpacked:expr;)+) => {
        $(impl Cell for $type {
            fn unpack(bytes: Option<&[u8]>) -> Result<Self, BoxDynError> {
                let $bytes = bytes.ok_or("null where there should be a value")?;
                Ok($unpacked)
            }
        }

        impl Record for $type {
            fn read(cells: &mut impl Cells) -> Result<Self, Error> {
                cells.next()
            }
        }

        impl Record for Option<$type> {
            fn read(cells: &mut impl Cells) -> Result<Self, Error> {
                cells.next()
            }
        })+
    };
}

cells! {
    Uuid: bytes => Self::from_slice(bytes)?;
    String: bytes => str::from_utf8(bytes)?.to_owned();
    Vec<u8>: bytes => bytes.to_owned();
    bool: bytes => bytes == [1];
    i16: bytes => Self::from_be_bytes(bytes.try_into()?);
    i32: bytes => Self::from_be_bytes(bytes.try_into()?);
    i64: bytes => Self::from_be_bytes(bytes.try_into()?);
    Timestamp: bytes => from_micros_from_2000(i64::from_be_bytes(bytes.try_into()?));
}

impl<T: Cell> Cell for Option<T> {
    fn unpack(bytes: Option<&[u8]>) -> Result<Self, BoxDynError> {
        bytes.map(|bytes| T::unpack(Some(bytes))).transpose()
    }
}

/// Records that stand behind each other are one.
macro_rules! tuples {
    ($($(($name:ident, $place:tt)),+;)+) => {
        $(impl<$($name: Record),+> Record for ($($name,)+) {
            fn read(cells: &mut impl Cells) -> Result<Self, Error> {
                Ok(($($name::read(cells)?,)+))
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

impl Cells for Columns<'_, PgRow> {
    fn next<T: Cell>(&mut self) -> Result<T, Error> {
        self.place += 1;
        self.row.try_get(self.place - 1)
    }
}

impl Cells for Columns<'_, SqliteRow> {
    fn next<T: Cell>(&mut self) -> Result<T, Error> {
        self.place += 1;
        self.row.try_get(self.place - 1)
    }
}

/// The records of rows from Postgres.
pub(super) fn from_postgres<T: Record>(rows: &[PgRow]) -> Result<Vec<T>, Error> {
    rows.iter().map(|row| T::read(&mut Columns { row, place: 0 })).collect()
}

/// The records of rows from SQLite.
pub(super) fn from_sqlite<T: Record>(rows: &[SqliteRow]) -> Result<Vec<T>, Error> {
    rows.iter().map(|row| T::read(&mut Columns { row, place: 0 })).collect()
}

/// The records of packed rows.
pub(super) fn from_packed<T: Record>(bytes: &[u8]) -> Result<Vec<T>, Error> {
    let mut packed = Packed { bytes, columns: 0 };
    let mut records = Vec::new();
    while packed.begin()? {
        records.push(T::read(&mut packed)?);
    }
    Ok(records)
}

/// What is left of packed rows: each the number of its columns, and of each column the type, the
/// length (-1 of null) and the bytes.
struct Packed<'b> {
    bytes: &'b [u8],
    /// Columns of the present row that were not read yet.
    columns: i32,
}

impl<'b> Packed<'b> {
    /// Goes on to the next row, past columns that nobody wanted, if there is one.
    fn begin(&mut self) -> Result<bool, Error> {
        while self.columns > 0 {
            self.column()?;
        }
        if self.bytes.is_empty() {
            return Ok(false);
        }
        self.columns = self.number()?;
        Ok(true)
    }

    fn column(&mut self) -> Result<Option<&'b [u8]>, Error> {
        self.columns -= 1;
        // The type, which the record knows.
        self.number()?;
        // None of null, whose length is negative.
        let length = usize::try_from(self.number()?).ok();
        length.map(|length| self.take(length)).transpose()
    }

    fn number(&mut self) -> Result<i32, Error> {
        let bytes = self.take(size_of::<i32>())?;
        Ok(i32::from_be_bytes(bytes.try_into().expect("the bytes of a number")))
    }

    fn take(&mut self, length: usize) -> Result<&'b [u8], Error> {
        let (taken, rest) = self.bytes.split_at_checked(length).ok_or_else(cut)?;
        self.bytes = rest;
        Ok(taken)
    }
}

impl Cells for Packed<'_> {
    fn next<T: Cell>(&mut self) -> Result<T, Error> {
        if self.columns == 0 {
            return Err(cut());
        }
        T::unpack(self.column()?).map_err(Error::Decode)
    }
}

fn cut() -> Error {
    Error::Decode("packed rows end too early".into())
}
