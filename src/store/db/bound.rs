//! Statements with their parameters in the engine's own form.

use sqlx::SqlStr;
use sqlx::postgres::PgArguments;
use sqlx::sqlite::SqliteArguments;

use super::dialect::Dialect;
use super::value::Arguments;
use crate::store::error::StoreError;

/// A statement that is ready to be sent to its engine.
#[derive(Clone, Debug)]
pub(in crate::store) struct BoundStatement {
    pub(super) sql: SqlStr,
    pub(super) arguments: Arguments,
}

/// What can be bound to an engine and then sent.
pub(in crate::store) trait Bind {
    /// # Errors
    ///
    /// A parameter that the engine's wire format cannot hold.
    fn bind(self, dialect: Dialect) -> Result<BoundStatement, StoreError>;
}

impl Bind for BoundStatement {
    fn bind(self, _: Dialect) -> Result<BoundStatement, StoreError> {
        Ok(self)
    }
}

impl BoundStatement {
    pub(super) fn postgres(self) -> (SqlStr, PgArguments) {
        match self.arguments {
            Arguments::Postgres(arguments) => (self.sql, arguments),
            Arguments::Sqlite(_) => unreachable!("a store has one engine and binds for it"),
        }
    }

    pub(super) fn sqlite(self) -> (SqlStr, SqliteArguments) {
        match self.arguments {
            Arguments::Sqlite(arguments) => (self.sql, arguments),
            Arguments::Postgres(_) => unreachable!("a store has one engine and binds for it"),
        }
    }
}
