//! A `$filter` as it is written: names, values, operators. What the names mean is decided later.

use std::fmt;

use super::lexer::Position;

/// An expression, and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Expression {
    pub(super) kind: Kind,
    pub(super) position: Position,
}

/// What an expression is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    /// At least two, joined.
    Or(Vec<Expression>),
    And(Vec<Expression>),
    Not(Box<Expression>),
    Compare(Box<Expression>, Operator, Box<Expression>),
    In(Box<Expression>, Vec<Expression>),
    Call(String, Vec<Expression>),
    Path(String),
    Text(String),
    /// A number, a date or a GUID, as it is written.
    Number(String),
    True,
    False,
    Null,
    /// `Type'name'`, the long way to write a member of an enumeration.
    Member(String, String),
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Eq,
    Ne,
    Gt,
    Ge,
    Lt,
    Le,
}

impl Operator {
    pub(super) const ALL: [Self; 6] = [Self::Eq, Self::Ne, Self::Gt, Self::Ge, Self::Lt, Self::Le];

    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::Ne => "ne",
            Self::Gt => "gt",
            Self::Ge => "ge",
            Self::Lt => "lt",
            Self::Le => "le",
        }
    }
}

impl Expression {
    pub(super) fn new(kind: Kind, position: Position) -> Self {
        Self { kind, position }
    }

    /// How tightly it binds: what binds less needs parentheses inside what binds more.
    fn strength(&self) -> u8 {
        match &self.kind {
            Kind::Or(_) => 0,
            Kind::And(_) => 1,
            Kind::Not(_) => 2,
            Kind::Compare(..) | Kind::In(..) => 3,
            Kind::Call(..)
            | Kind::Path(_)
            | Kind::Text(_)
            | Kind::Number(_)
            | Kind::True
            | Kind::False
            | Kind::Null
            | Kind::Member(..) => 4,
        }
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, least: u8) -> fmt::Result {
        let inside = self.strength() < least;
        f.write_str(if inside { "(" } else { "" })?;
        match &self.kind {
            Kind::Or(parts) => joined(f, parts, " or ", 1),
            Kind::And(parts) => joined(f, parts, " and ", 2),
            Kind::Not(inner) => {
                f.write_str("not ")?;
                inner.write(f, 2)
            }
            Kind::Compare(left, operator, right) => {
                left.write(f, 4)?;
                write!(f, " {} ", operator.word())?;
                right.write(f, 4)
            }
            Kind::In(left, values) => {
                left.write(f, 4)?;
                f.write_str(" in ")?;
                list(f, values)
            }
            Kind::Call(name, arguments) => {
                f.write_str(name)?;
                list(f, arguments)
            }
            Kind::Path(text) | Kind::Number(text) => f.write_str(text),
            Kind::Text(text) => write!(f, "'{}'", text.replace('\'', "''")),
            Kind::True => f.write_str("true"),
            Kind::False => f.write_str("false"),
            Kind::Null => f.write_str("null"),
            Kind::Member(name, member) => write!(f, "{name}'{}'", member.replace('\'', "''")),
        }?;
        f.write_str(if inside { ")" } else { "" })
    }
}

/// The parts of an `and` or an `or`, in parentheses where they bind as loosely.
fn joined(f: &mut fmt::Formatter<'_>, parts: &[Expression], word: &str, least: u8) -> fmt::Result {
    for (place, part) in parts.iter().enumerate() {
        f.write_str(if place == 0 { "" } else { word })?;
        part.write(f, least)?;
    }
    Ok(())
}

fn list(f: &mut fmt::Formatter<'_>, items: &[Expression]) -> fmt::Result {
    f.write_str("(")?;
    for (place, item) in items.iter().enumerate() {
        f.write_str(if place == 0 { "" } else { "," })?;
        item.write(f, 0)?;
    }
    f.write_str(")")
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, 0)
    }
}
