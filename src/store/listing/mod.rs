//! Translates a [`Listing`] to SQL: the same conditions and orders on both engines.
//!
//! SQL has three truth values, OData two: a comparison with null is false, and its negation true.
//! Negations are therefore pushed down to the comparisons, which say what they mean for null; `and`
//! and `or` above them treat unknown as false.

mod order;

use super::db::{Dialect, Query};
use crate::domain::{Comparison, Field, Listing, Operand, Predicate, StringMatch, Value};

/// The column of a property.
pub(super) trait FilterColumn: Field {
    /// Its name, or an expression.
    fn column(self) -> &'static str;

    /// The column that holds its lower-case form, if there is one.
    fn folded(self) -> Option<&'static str>;

    /// A condition by which an index finds the rows whose property has this value, if the column is
    /// not enough for that.
    fn exact(self, _value: &Value) -> Option<Exact> {
        None
    }
}

/// A condition that holds for the rows whose property has a value.
#[derive(Clone, Debug)]
pub(super) struct Exact {
    /// SQL in which `@` stands for the value. The tenant is its query's first parameter, `$1`.
    pub(super) sql: &'static str,
    /// The value, as the condition needs it.
    pub(super) value: Value,
    /// Whether the column must have the value as well.
    pub(super) and_column: bool,
}

impl Query {
    /// The listing's conditions, each after an `and`.
    pub(super) fn filter<F: FilterColumn>(&mut self, listing: &Listing<F>) -> &mut Self {
        self.push(" and ").predicate(&listing.filter, true);
        if let Some(after) = &listing.after {
            self.push(" and ").after(&listing.order, after);
        }
        self
    }

    /// A condition, or its negation if `wanted` is false.
    pub(super) fn predicate<F: FilterColumn>(
        &mut self,
        predicate: &Predicate<F>,
        wanted: bool,
    ) -> &mut Self {
        match predicate {
            Predicate::All(parts) => self.join(parts, wanted, wanted),
            Predicate::Any(parts) => self.join(parts, !wanted, wanted),
            Predicate::Not(inner) => self.predicate(inner, !wanted),
            Predicate::Compare(left, comparison, right) => {
                let comparison = if wanted { *comparison } else { negated(*comparison) };
                self.compare(left, comparison, right, wanted)
            }
            Predicate::Match(text, part, needle) => self.part(text, *part, needle, wanted),
        }
    }

    /// Conditions joined by `and` or by `or`; without any, true or false. Joined by halves: SQLite
    /// limits the depth of an expression to 1000.
    fn join<F: FilterColumn>(
        &mut self,
        parts: &[Predicate<F>],
        and: bool,
        wanted: bool,
    ) -> &mut Self {
        match parts {
            [] => self.push(if and { "1 = 1" } else { "1 = 0" }),
            [one] => self.predicate(one, wanted),
            several => {
                let (left, right) = several.split_at(several.len() / 2);
                self.push("(").join(left, and, wanted);
                self.push(if and { " and " } else { " or " });
                self.join(right, and, wanted).push(")")
            }
        }
    }

    /// A comparison. If `plain`, null makes it false; else it is a negation, and null makes it true.
    fn compare<F: FilterColumn>(
        &mut self,
        left: &Operand<F>,
        comparison: Comparison,
        right: &Operand<F>,
        plain: bool,
    ) -> &mut Self {
        use Comparison::{Eq, Ge, Gt, Le, Lt, Ne};

        let (left_null, right_null) = (is_null(left), is_null(right));
        if left_null || right_null {
            let other = if left_null { right } else { left };
            return match comparison {
                Eq if is_null(other) => self.push("1 = 1"),
                Ne if is_null(other) => self.push("1 = 0"),
                Eq => self.operand(other).push(" is null"),
                Ne => self.operand(other).push(" is not null"),
                Gt | Ge | Lt | Le => self.push(if plain { "1 = 0" } else { "1 = 1" }),
            };
        }
        if let (Operand::Field(field) | Operand::Folded(field), Operand::Value(value)) =
            (left, right)
            && let Some(exact) = field.exact(value)
        {
            match comparison {
                Eq if exact.and_column => {
                    self.push("(").operand(left).push(" = ").operand(right).push(" and ");
                    return self.exact(&exact).push(")");
                }
                Eq => return self.push("(").exact(&exact).push(")"),
                Ne if !exact.and_column => return self.push("(not (").exact(&exact).push("))"),
                _ => {}
            }
        }
        let may_be_null = [left, right].map(nullable);
        let both = may_be_null == [true, true];
        match comparison {
            Eq if both => self.operand(left).push(" is not distinct from ").operand(right),
            Ne if both => self.operand(left).push(" is distinct from ").operand(right),
            _ => {
                let true_for_null = comparison == Ne || (!plain && comparison != Eq);
                let null_matters = true_for_null && may_be_null != [false, false];
                self.push(if null_matters { "(" } else { "" });
                self.operand(left).push(operator(comparison)).operand(right);
                for (operand, _) in [left, right]
                    .into_iter()
                    .zip(may_be_null)
                    .filter(|(_, may)| *may && null_matters)
                {
                    self.push(" or ").operand(operand).push(" is null");
                }
                self.push(if null_matters { ")" } else { "" })
            }
        }
    }

    fn exact(&mut self, exact: &Exact) -> &mut Self {
        for (index, part) in exact.sql.split('@').enumerate() {
            if index > 0 {
                self.value(&exact.value);
            }
            self.push(part);
        }
        self
    }

    /// Whether a string has a part, or its negation if `wanted` is false.
    fn part<F: FilterColumn>(
        &mut self,
        text: &Operand<F>,
        part: StringMatch,
        needle: &Operand<F>,
        wanted: bool,
    ) -> &mut Self {
        if is_null(text) || is_null(needle) {
            return self.push(if wanted { "1 = 0" } else { "1 = 1" });
        }
        self.push(if wanted { "(" } else { "(not (" });
        match (part, self.dialect()) {
            (StringMatch::StartsWith, Dialect::Postgres | Dialect::Citus) => {
                self.push("starts_with(").operand(text).push(", ").operand(needle).push(")")
            }
            (StringMatch::Contains, Dialect::Postgres | Dialect::Citus) => {
                self.push("strpos(").operand(text).push(", ").operand(needle).push(") > 0")
            }
            (StringMatch::EndsWith, Dialect::Postgres | Dialect::Citus) => self
                .push("right(")
                .operand(text)
                .push(", char_length(")
                .operand(needle)
                .push(")) = ")
                .operand(needle),
            (StringMatch::StartsWith, Dialect::Sqlite) => self
                .push("substr(")
                .operand(text)
                .push(", 1, length(")
                .operand(needle)
                .push(")) = ")
                .operand(needle),
            (StringMatch::Contains, Dialect::Sqlite) => {
                self.push("instr(").operand(text).push(", ").operand(needle).push(") > 0")
            }
            // `substr(text, -0)` is the whole string on SQLite.
            (StringMatch::EndsWith, Dialect::Sqlite) => self
                .push("case length(")
                .operand(needle)
                .push(") when 0 then ")
                .operand(text)
                .push(" is not null else substr(")
                .operand(text)
                .push(", -length(")
                .operand(needle)
                .push(")) = ")
                .operand(needle)
                .push(" end"),
        };
        if wanted {
            return self.push(")");
        }
        self.push(")");
        for operand in [text, needle].into_iter().filter(|operand| nullable(operand)) {
            self.push(" or ").operand(operand).push(" is null");
        }
        self.push(")")
    }

    fn operand<F: FilterColumn>(&mut self, operand: &Operand<F>) -> &mut Self {
        match operand {
            Operand::Field(field) => self.push(field.column()),
            Operand::Folded(field) => self.push(field.folded().unwrap_or(field.column())),
            Operand::Length(field) => {
                let length = match self.dialect() {
                    Dialect::Postgres | Dialect::Citus => "char_length(",
                    Dialect::Sqlite => "length(",
                };
                self.push(length).push(field.column()).push(")")
            }
            Operand::Value(value) => self.value(value),
        }
    }

    fn value(&mut self, value: &Value) -> &mut Self {
        match value {
            Value::Null => self.push("null"),
            Value::String(text) => self.param(text.as_str()),
            Value::Int(number) => self.param(*number),
            Value::DateTimeOffset(moment) => self.param(*moment),
            Value::Guid(id) => self.param(*id),
        }
    }
}

fn is_null<F>(operand: &Operand<F>) -> bool {
    matches!(operand, Operand::Value(Value::Null))
}

fn nullable<F: Field>(operand: &Operand<F>) -> bool {
    match operand {
        Operand::Field(field) | Operand::Folded(field) | Operand::Length(field) => field.nullable(),
        Operand::Value(value) => *value == Value::Null,
    }
}

fn negated(comparison: Comparison) -> Comparison {
    match comparison {
        Comparison::Eq => Comparison::Ne,
        Comparison::Ne => Comparison::Eq,
        Comparison::Gt => Comparison::Le,
        Comparison::Ge => Comparison::Lt,
        Comparison::Lt => Comparison::Ge,
        Comparison::Le => Comparison::Gt,
    }
}

fn operator(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Eq => " = ",
        Comparison::Ne => " <> ",
        Comparison::Gt => " > ",
        Comparison::Ge => " >= ",
        Comparison::Lt => " < ",
        Comparison::Le => " <= ",
    }
}
