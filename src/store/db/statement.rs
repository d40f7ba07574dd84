//! A statement written as one block of SQL, the same for both engines.
//!
//! Its text may be pasted into a client, but for the parameters `$1`, `$2`, … and four markers:
//!
//! - `@name` is the rows given by [`Statement::with`], as a relation to select from.
//! - `@tenant` is the tenant of rows that are inserted: `$1`. On Citus it is a column of the tenant's row
//!   in `tenants`, which is joined to the given rows: so the insert is executed where the tenant is.
//! - `@likely(condition)` holds for most rows; see [`Query::likely`].
//! - `@lock(clause)` is a row lock on Postgres. SQLite has one writer and needs none.

use sqlx::SqlSafeStr;

use super::bound::{Bind, BoundStatement};
use super::dialect::Dialect;
use super::query::Query;
use super::value::{Arguments, Array, Param};
use crate::store::error::StoreError;

/// A statement with its parameters.
#[derive(Debug)]
pub(in crate::store) struct Statement<'v> {
    text: &'static str,
    params: Vec<Param>,
    relations: Vec<Relation<'v>>,
}

/// Rows that a statement selects from.
#[derive(Debug)]
struct Relation<'v> {
    name: &'static str,
    columns: Vec<(&'static str, Array<'v>)>,
}

impl<'v> Statement<'v> {
    /// A statement and the values of its `$1`, `$2`, ….
    pub(in crate::store) fn new(text: &'static str, params: impl Into<Vec<Param>>) -> Self {
        Self { text, params: params.into(), relations: Vec::new() }
    }

    /// Gives the rows that the text calls `@name`.
    pub(in crate::store) fn with(
        mut self,
        name: &'static str,
        columns: impl Into<Vec<(&'static str, Array<'v>)>>,
    ) -> Self {
        self.relations.push(Relation { name, columns: columns.into() });
        self
    }

    /// Binds statements that are executed as one transaction. On Postgres they become one statement
    /// with data-modifying CTEs, and so one round trip. Each sees the rows as they were before the
    /// first. Citus would collect and copy what they insert.
    pub(in crate::store) fn chain(
        all: Vec<Statement<'_>>,
        dialect: Dialect,
    ) -> Result<Vec<BoundStatement>, StoreError> {
        if dialect != Dialect::Postgres || all.len() < 2 {
            return all.into_iter().map(|statement| statement.bind(dialect)).collect();
        }
        let mut query = Query::new(dialect, "");
        let last = all.len() - 1;
        for (index, statement) in all.into_iter().enumerate() {
            if index == last {
                query.push(" ");
                statement.write(&mut query);
            } else {
                query.push(if index == 0 { "with part_" } else { ", part_" });
                query.push(&index.to_string()).push(" as (");
                statement.write(&mut query);
                query.push(")");
            }
        }
        Ok(vec![query.bind(dialect)?])
    }

    /// Appends the statement, its parameters numbered after those that are there.
    fn write(mut self, query: &mut Query) {
        let offset = query.params();
        for param in self.params.drain(..) {
            query.add_param(param);
        }
        self.expand(self.text, offset, query);
    }

    /// Whether it inserts given rows.
    fn inserts(&self) -> bool {
        self.text.contains("@tenant")
    }

    fn expand(&self, text: &str, offset: usize, query: &mut Query) {
        let mut rest = text;
        while let Some(at) = rest.find(['$', '@']) {
            query.push(&rest[..at]);
            let (marker, after) = (rest.as_bytes()[at], &rest[at + 1..]);
            let word = |accept: fn(&char) -> bool| {
                after.chars().take_while(accept).map(char::len_utf8).sum::<usize>()
            };
            if marker == b'$' {
                let (number, behind) = after.split_at(word(char::is_ascii_digit));
                query.placeholder(offset + number.parse::<usize>().expect("$ and a number"));
                rest = behind;
                continue;
            }
            let (name, behind) = after.split_at(word(|it| it.is_ascii_lowercase() || *it == '_'));
            rest = match name {
                "tenant" if query.dialect() == Dialect::Citus => {
                    query.push("tenants.tenant_id");
                    behind
                }
                "tenant" => {
                    query.placeholder(offset + 1);
                    behind
                }
                "likely" | "lock" => {
                    let (inner, behind) = parenthesised(behind);
                    if name == "likely" {
                        query.likely(|query| self.expand(inner, offset, query));
                    } else if query.dialect().is_postgres() {
                        query.push(inner);
                    }
                    behind
                }
                _ => {
                    let relation = self.relations.iter().find(|it| it.name == name);
                    let relation =
                        relation.unwrap_or_else(|| panic!("no rows are given for @{name}"));
                    let beside_tenant = query.dialect() == Dialect::Citus && self.inserts();
                    if beside_tenant {
                        query.push("tenants join ");
                    }
                    query.rows(relation.name, &relation.columns);
                    if beside_tenant {
                        query.push(" on tenants.tenant_id = ").placeholder(offset + 1);
                    }
                    behind
                }
            };
        }
        query.push(rest);
    }
}

/// What is inside a text's leading parentheses, and what follows them.
fn parenthesised(text: &str) -> (&str, &str) {
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' if depth == 1 => return (&text[1..at], &text[at + 1..]),
            b')' => depth -= 1,
            _ => {}
        }
    }
    panic!("a marker without closing parenthesis in {text:?}")
}

impl Bind for Statement<'_> {
    fn bind(self, dialect: Dialect) -> Result<BoundStatement, StoreError> {
        if !self.text.contains('@') {
            let mut arguments = Arguments::new(dialect);
            for param in self.params {
                arguments.add(param)?;
            }
            return Ok(BoundStatement { sql: self.text.into_sql_str(), arguments });
        }
        let mut query = Query::new(dialect, "");
        self.write(&mut query);
        query.bind(dialect)
    }
}

#[cfg(test)]
mod tests {
    use sqlx::SqlStr;

    use super::super::value::params;
    use super::{Array, Bind, Dialect, Statement};

    fn texts(all: Vec<Statement<'_>>, dialect: Dialect) -> Vec<String> {
        let bound = Statement::chain(all, dialect).expect("bound");
        bound.into_iter().map(|bound| SqlStr::as_str(&bound.sql).to_owned()).collect()
    }

    fn find() -> Statement<'static> {
        Statement::new(
            "select id from pools join @job on @likely(tenant_id = $1) and id = with_id \
             where (n > $2) @lock(for update of pools)",
            params![1, 2],
        )
        .with("job", [("with_id", Array::Ints(vec![7]))])
    }

    #[test]
    fn rows_locks_and_hints_are_written_for_each_engine() {
        assert_eq!(
            texts(vec![find()], Dialect::Postgres),
            [
                "select id from pools join unnest($3::integer[]) with ordinality as job (with_id, n) \
              on tenant_id = $1 and id = with_id where (n > $2) for update of pools"
            ]
        );
        assert_eq!(
            texts(vec![find()], Dialect::Sqlite),
            ["select id from pools join (select value ->> 0 as with_id, key + 1 as n from \
              json_each($3) limit -1) as job on likelihood(tenant_id = $1, 0.99) and id = with_id \
              where (n > $2) "]
        );
    }

    #[test]
    fn a_chain_is_one_statement_on_postgres_with_parameters_numbered_through() {
        let plain = || Statement::new("delete from pools where id = $1", params![5]);
        assert_eq!(
            texts(vec![plain(), plain(), plain()], Dialect::Postgres),
            ["with part_0 as (delete from pools where id = $1), part_1 as (delete from pools \
              where id = $2) delete from pools where id = $3"]
        );
        assert_eq!(texts(vec![plain(), plain()], Dialect::Sqlite).len(), 2);
    }

    #[test]
    fn an_insert_of_given_rows_joins_its_tenant_on_citus() {
        let insert = || {
            Statement::new("insert into pools select @tenant, with_id from @new", params![1])
                .with("new", [("with_id", Array::Ints(vec![7]))])
        };
        assert_eq!(
            texts(vec![insert(), find()], Dialect::Citus)[0],
            "insert into pools select tenants.tenant_id, with_id from tenants join \
             unnest($2::integer[]) with ordinality as new (with_id, n) on tenants.tenant_id = $1"
        );
        assert_eq!(
            texts(vec![insert()], Dialect::Postgres),
            ["insert into pools select $1, with_id from unnest($2::integer[]) with ordinality as \
              new (with_id, n)"]
        );
    }

    #[test]
    #[should_panic(expected = "no rows are given for @job")]
    fn rows_that_are_not_given_are_a_defect() {
        drop(Statement::new("select 1 from @job", []).bind(Dialect::Sqlite));
    }
}
