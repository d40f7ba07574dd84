//! SQL that is built at run time, for filters and lists.

use sqlx::{AssertSqlSafe, SqlSafeStr};

use super::bound::{Bind, BoundStatement};
use super::dialect::Dialect;
use super::row::{PackedLayout, Row};
use super::value::{Arguments, Array, Param};
use crate::store::error::StoreError;

/// SQL under construction. What comes from outside is never part of its text, only a parameter.
#[derive(Debug)]
pub(in crate::store) struct Query {
    dialect: Dialect,
    text: String,
    arguments: Result<Arguments, sqlx::Error>,
}

impl Query {
    pub(in crate::store) fn new(dialect: Dialect, text: &str) -> Self {
        Self { dialect, text: text.to_owned(), arguments: Ok(Arguments::new(dialect)) }
    }

    /// SQL that begins with a text and the values of its `$1`, `$2`, ….
    pub(in crate::store) fn with(
        dialect: Dialect,
        text: &str,
        params: impl IntoIterator<Item = Param>,
    ) -> Self {
        let mut query = Self::new(dialect, text);
        params.into_iter().for_each(|param| query.add_param(param));
        query
    }

    pub(in crate::store) fn dialect(&self) -> Dialect {
        self.dialect
    }

    pub(in crate::store) fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// Appends a value as the next parameter.
    pub(in crate::store) fn param(&mut self, param: impl Into<Param>) -> &mut Self {
        let param = param.into();
        self.add(|arguments| arguments.add(param));
        let number = self.params();
        self.placeholder(number)
    }

    /// Appends `$number`.
    pub(super) fn placeholder(&mut self, number: usize) -> &mut Self {
        self.push("$").push(&number.to_string())
    }

    /// Adds a parameter without appending its placeholder.
    pub(super) fn add_param(&mut self, param: Param) {
        self.add(|arguments| arguments.add(param));
    }

    /// Appends a condition that holds for most rows. SQLite, which has no statistics here, would
    /// otherwise take a tenant for a handful of rows, and scan them all.
    pub(in crate::store) fn likely(&mut self, condition: impl FnOnce(&mut Self)) -> &mut Self {
        let [begin, end] = match self.dialect {
            Dialect::Postgres | Dialect::Citus => ["", ""],
            Dialect::Sqlite => ["likelihood(", ", 0.99)"],
        };
        self.push(begin);
        condition(self);
        self.push(end)
    }

    /// Appends rows to select from: their columns by name, and `n`, which counts the rows from 1.
    /// The text is the same for any number of rows.
    pub(in crate::store) fn rows(
        &mut self,
        name: &str,
        columns: &[(&str, Array<'_>)],
    ) -> &mut Self {
        let first = self.params() + 1;
        self.add(|arguments| arguments.add_columns(columns));
        match self.dialect {
            Dialect::Postgres | Dialect::Citus => {
                self.push("unnest(");
                for (index, (_, column)) in columns.iter().enumerate() {
                    self.push(if index == 0 { "" } else { ", " }).placeholder(first + index);
                    self.push("::").push(column.postgres_type()).push("[]");
                }
                self.push(") with ordinality as ").push(name).push(" (");
                for (column, _) in columns {
                    self.push(column).push(", ");
                }
                self.push("n)")
            }
            Dialect::Sqlite => {
                self.push("(select ");
                for (index, (column, array)) in columns.iter().enumerate() {
                    let value = format!("value ->> {index}");
                    let value = if array.is_bytes() { format!("unhex({value})") } else { value };
                    self.push(&value).push(" as ").push(column).push(", ");
                }
                self.push("key + 1 as n from json_each(").placeholder(first);
                // `limit -1` is no limit, but keeps the planner from scanning a table and parsing
                // the JSON once for each of its rows.
                self.push(") limit -1) as ").push(name)
            }
        }
    }

    /// Appends ` in (…)`, a list of values to look among.
    pub(in crate::store) fn among(&mut self, values: Array<'_>) -> &mut Self {
        self.push(" in (select value from ").rows("given", &[("value", values)]).push(")")
    }

    /// The query with all its rows packed into one value, and their number. Postgres only.
    pub(super) fn packed<R: Row>(self) -> Self {
        let mut layout = PackedLayout::default();
        R::layout(&mut layout);
        let (names, row) = (layout.names, layout.row);
        let text = format!(
            "select count(*), string_agg({row}, '') from ({}) as page ({names})",
            self.text
        );
        Self { text, ..self }
    }

    /// How many parameters there are.
    pub(super) fn params(&self) -> usize {
        self.arguments.as_ref().map_or(0, Arguments::len)
    }

    /// The first parameter that cannot be encoded is reported when the query is bound.
    fn add(&mut self, add: impl FnOnce(&mut Arguments) -> Result<(), sqlx::Error>) {
        if let Ok(arguments) = &mut self.arguments
            && let Err(error) = add(arguments)
        {
            self.arguments = Err(error);
        }
    }
}

impl Bind for Query {
    fn bind(self, dialect: Dialect) -> Result<BoundStatement, StoreError> {
        debug_assert_eq!(self.dialect, dialect, "built for the engine that runs it");
        Ok(BoundStatement {
            sql: AssertSqlSafe(self.text).into_sql_str(),
            arguments: self.arguments?,
        })
    }
}
