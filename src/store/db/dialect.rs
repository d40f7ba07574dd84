//! Which engine a statement is for.

/// The SQL dialect of an engine, where those have to differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Dialect {
    Postgres,
    /// PostgreSQL whose tables the extension Citus distributes by tenant. A statement is executed
    /// where its tenant is if each of its tables has a condition `tenant_id = $1` of its own.
    Citus,
    Sqlite,
}

impl Dialect {
    /// Whether PostgreSQL executes its statements.
    pub(in crate::store) fn is_postgres(self) -> bool {
        match self {
            Self::Postgres | Self::Citus => true,
            Self::Sqlite => false,
        }
    }
}
