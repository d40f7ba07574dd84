//! SQL that is put together at run time.

use super::arguments::{Arg, Arguments, Values};
use super::engine::Dialect;
use super::record::{Packing, Record};
use super::statement::Statement;
use crate::domain::TenantId;

/// SQL while it is put together. Nothing that comes from outside is ever a part of the text: it is
/// an argument.
#[derive(Debug)]
pub(super) struct Sql {
    pub(super) dialect: Dialect,
    text: String,
    args: Result<Arguments, sqlx::Error>,
}

impl Sql {
    /// A beginning, with the arguments `$1`, `$2`, … that it names.
    pub(super) fn new(dialect: Dialect, text: &str, args: impl Into<Vec<Arg>>) -> Self {
        let mut sql = Self { dialect, text: text.to_owned(), args: Ok(Arguments::new(dialect)) };
        for arg in args.into() {
            sql.add(|args| args.add(arg));
        }
        sql
    }

    pub(super) fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// Puts a value in, as an argument.
    pub(super) fn arg(&mut self, arg: impl Into<Arg>) -> &mut Self {
        let arg = arg.into();
        self.add(|args| args.add(arg));
        let place = self.place();
        self.push("$").push(&place.to_string())
    }

    /// Puts in the condition that a row is this tenant's, where rows are looked up that a relation
    /// names.
    pub(super) fn of_tenant(&mut self, column: &str, tenant: TenantId) -> &mut Self {
        match self.dialect {
            Dialect::Postgres => self.push(column).push(" = ").arg(tenant),
            // SQLite has no statistics. It guesses that a tenant has a handful of rows, and would
            // read all of them to see which the relation names; nearly all rows may be one tenant's.
            Dialect::Sqlite => {
                self.push("likelihood(").push(column).push(" = ").arg(tenant).push(", 0.99)")
            }
        }
    }

    /// Puts values in, with commas between them.
    pub(super) fn list(&mut self, args: impl IntoIterator<Item = Arg>) -> &mut Self {
        for (place, arg) in args.into_iter().enumerate() {
            self.push(if place == 0 { "" } else { ", " }).arg(arg);
        }
        self
    }

    /// Puts in rows as a relation to select from: the columns by their names, and `n`, which counts
    /// the rows from 1. The text is the same for any number of rows.
    pub(super) fn relation(&mut self, name: &str, columns: &[(&str, Values<'_>)]) -> &mut Self {
        let first = self.place() + 1;
        self.add(|args| args.add_columns(columns));
        match self.dialect {
            Dialect::Postgres => {
                self.push("unnest(");
                for (place, (_, column)) in columns.iter().enumerate() {
                    self.push(if place == 0 { "$" } else { ", $" });
                    self.push(&(first + place).to_string());
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
                for (place, (column, values)) in columns.iter().enumerate() {
                    let value = format!("value ->> {place}");
                    let value = if values.is_bytes() { format!("unhex({value})") } else { value };
                    self.push(&value).push(" as ").push(column).push(", ");
                }
                self.push("key + 1 as n from json_each($").push(&first.to_string());
                // A limit that is none keeps the rows together: else the planner takes each row of
                // a table and reads the JSON again for it.
                self.push(") limit -1) as ").push(name)
            }
        }
    }

    /// Puts in a list of values to look among: ` in (…)`.
    pub(super) fn among(&mut self, values: Values<'_>) -> &mut Self {
        self.push(" in (select value from ");
        self.relation("given", &[("value", values)]).push(")")
    }

    /// A query whose rows come packed as records, in their order, in one value, and how many they
    /// are: for Postgres only.
    pub(super) fn packed<R: Record>(self) -> Self {
        let Self { dialect, text, args } = self;
        let mut packing = Packing::default();
        R::pack(&mut packing);
        let Packing { names, row, .. } = packing;
        let text =
            format!("select count(*), string_agg({row}, '') from ({text}) as page ({names})");
        Self { dialect, text, args }
    }

    pub(super) fn finish(self) -> Statement {
        Statement::dynamic(self.text, self.args)
    }

    /// The statements that these parts write, to be run as one unit of work: where a statement may
    /// have several parts that change something, it is one, with one way there and back.
    pub(super) fn parts(dialect: Dialect, parts: &[&dyn Fn(&mut Self)]) -> Vec<Statement> {
        let Some((last, others)) = parts.split_last() else { return Vec::new() };
        if dialect == Dialect::Sqlite {
            let alone = |part: &&dyn Fn(&mut Self)| {
                let mut sql = Self::new(dialect, "", []);
                part(&mut sql);
                sql.finish()
            };
            return parts.iter().map(alone).collect();
        }
        let mut sql = Self::new(dialect, "", []);
        for (place, part) in others.iter().enumerate() {
            let begin = if place == 0 { "with part_0 as (" } else { ", part_" };
            sql.push(begin);
            if place > 0 {
                sql.push(&place.to_string()).push(" as (");
            }
            part(&mut sql);
            sql.push(") ");
        }
        last(&mut sql);
        vec![sql.finish()]
    }

    /// How many arguments there are.
    fn place(&self) -> usize {
        self.args.as_ref().map_or(0, Arguments::len)
    }

    /// The first argument that cannot be put into the database's form is told at the end.
    fn add(&mut self, add: impl FnOnce(&mut Arguments) -> Result<(), sqlx::Error>) {
        if let Ok(args) = &mut self.args
            && let Err(error) = add(args)
        {
            self.args = Err(error);
        }
    }
}
