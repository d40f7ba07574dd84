//! How timestamps are stored: as `timestamptz` in Postgres, as microseconds since 1970 in SQLite.
//! (sqlx stores chrono's times in SQLite as strings of varying length, which do not sort.)

use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgArgumentBuffer, PgHasArrayType, PgTypeInfo, PgValueRef};
use sqlx::sqlite::{SqliteArgumentsBuffer, SqliteTypeInfo, SqliteValueRef};
use sqlx::{Decode, Encode, Postgres, Sqlite, Type};

use crate::domain::Timestamp;

/// Microseconds from 1970, the epoch of [`Timestamp`], to 2000, that of Postgres.
const FROM_1970_TO_2000: i64 = 946_684_800_000_000;

impl Type<Postgres> for Timestamp {
    fn type_info() -> PgTypeInfo {
        const TIMESTAMPTZ: Oid = Oid(1184);
        PgTypeInfo::with_oid(TIMESTAMPTZ)
    }
}

impl PgHasArrayType for Timestamp {
    fn array_type_info() -> PgTypeInfo {
        const TIMESTAMPTZ_ARRAY: Oid = Oid(1185);
        PgTypeInfo::with_oid(TIMESTAMPTZ_ARRAY)
    }
}

/// A timestamp as Postgres stores it: microseconds since 2000.
pub(in crate::store) fn micros_since_2000(at: Timestamp) -> i64 {
    at.micros() - FROM_1970_TO_2000
}

/// The timestamp that Postgres stores as this number.
pub(in crate::store) fn from_micros_since_2000(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros + FROM_1970_TO_2000)
}

impl Encode<'_, Postgres> for Timestamp {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        <i64 as Encode<'_, Postgres>>::encode(micros_since_2000(*self), buffer)
    }
}

impl<'r> Decode<'r, Postgres> for Timestamp {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        let micros = <i64 as Decode<'r, Postgres>>::decode(value)?;
        Ok(from_micros_since_2000(micros))
    }
}

impl Type<Sqlite> for Timestamp {
    fn type_info() -> SqliteTypeInfo {
        <i64 as Type<Sqlite>>::type_info()
    }
}

impl Encode<'_, Sqlite> for Timestamp {
    fn encode_by_ref(&self, buffer: &mut SqliteArgumentsBuffer) -> Result<IsNull, BoxDynError> {
        <i64 as Encode<'_, Sqlite>>::encode(self.micros(), buffer)
    }
}

impl<'r> Decode<'r, Sqlite> for Timestamp {
    fn decode(value: SqliteValueRef<'r>) -> Result<Self, BoxDynError> {
        <i64 as Decode<'r, Sqlite>>::decode(value).map(Self::from_micros)
    }
}
