//! The syntax tree of a `$filter`. Names are resolved and values typed later, by `bind`.

use std::fmt;

use super::lexer::Position;

/// An expression and its position.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Expression {
    pub(super) kind: ExpressionKind,
    pub(super) position: Position,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum ExpressionKind {
    /// At least two operands.
    Or(Vec<Expression>),
    And(Vec<Expression>),
    Not(Box<Expression>),
    Compare(Box<Expression>, Operator, Box<Expression>),
    In(Box<Expression>, Vec<Expression>),
    Call(String, Vec<Expression>),
    Path(String),
    String(String),
    /// A number, a date or a GUID, as it is written.
    Literal(String),
    True,
    False,
    Null,
    /// `Type'name'`, the qualified form of a member of an enumeration.
    EnumMember(String, String),
}

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

    pub(super) const fn keyword(self) -> &'static str {
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
    pub(super) fn new(kind: ExpressionKind, position: Position) -> Self {
        Self { kind, position }
    }

    /// Its precedence: an operand of lower precedence needs parentheses.
    fn precedence(&self) -> u8 {
        match &self.kind {
            ExpressionKind::Or(_) => 0,
            ExpressionKind::And(_) => 1,
            ExpressionKind::Not(_) => 2,
            ExpressionKind::Compare(..) | ExpressionKind::In(..) => 3,
            ExpressionKind::Call(..)
            | ExpressionKind::Path(_)
            | ExpressionKind::String(_)
            | ExpressionKind::Literal(_)
            | ExpressionKind::True
            | ExpressionKind::False
            | ExpressionKind::Null
            | ExpressionKind::EnumMember(..) => 4,
        }
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, min_precedence: u8) -> fmt::Result {
        let parentheses = self.precedence() < min_precedence;
        f.write_str(if parentheses { "(" } else { "" })?;
        match &self.kind {
            ExpressionKind::Or(operands) => joined(f, operands, " or ", 1),
            ExpressionKind::And(operands) => joined(f, operands, " and ", 2),
            ExpressionKind::Not(inner) => {
                f.write_str("not ")?;
                inner.write(f, 2)
            }
            ExpressionKind::Compare(left, operator, right) => {
                left.write(f, 4)?;
                write!(f, " {} ", operator.keyword())?;
                right.write(f, 4)
            }
            ExpressionKind::In(left, values) => {
                left.write(f, 4)?;
                f.write_str(" in ")?;
                list(f, values)
            }
            ExpressionKind::Call(name, arguments) => {
                f.write_str(name)?;
                list(f, arguments)
            }
            ExpressionKind::Path(text) | ExpressionKind::Literal(text) => f.write_str(text),
            ExpressionKind::String(text) => write!(f, "'{}'", text.replace('\'', "''")),
            ExpressionKind::True => f.write_str("true"),
            ExpressionKind::False => f.write_str("false"),
            ExpressionKind::Null => f.write_str("null"),
            ExpressionKind::EnumMember(name, member) => {
                write!(f, "{name}'{}'", member.replace('\'', "''"))
            }
        }?;
        f.write_str(if parentheses { ")" } else { "" })
    }
}

/// Writes the operands of an `and` or an `or`.
fn joined(
    f: &mut fmt::Formatter<'_>,
    operands: &[Expression],
    operator: &str,
    min_precedence: u8,
) -> fmt::Result {
    for (index, operand) in operands.iter().enumerate() {
        f.write_str(if index == 0 { "" } else { operator })?;
        operand.write(f, min_precedence)?;
    }
    Ok(())
}

fn list(f: &mut fmt::Formatter<'_>, items: &[Expression]) -> fmt::Result {
    f.write_str("(")?;
    for (index, item) in items.iter().enumerate() {
        f.write_str(if index == 0 { "" } else { "," })?;
        item.write(f, 0)?;
    }
    f.write_str(")")
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, 0)
    }
}
