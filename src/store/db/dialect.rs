//! Which engine a statement is for.

/// The SQL dialect of an engine, where the two have to differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Dialect {
    Postgres,
    Sqlite,
}
