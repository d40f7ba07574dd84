//! The sides of a comparison: properties, perhaps with a function around them, and constants.

use super::bind::{bind, property};
use super::expression::{Expression, ExpressionKind};
use super::lexer::{Fault, Position};
use crate::domain::{Field, Operand, Predicate, PrimitiveType, StringMatch, Value, fold};
use crate::protocol::model::Model;

/// A side of a comparison before it is known what it is compared to.
pub(super) enum Side<F> {
    Property(Property<F>),
    Constant(Constant),
    Condition(Predicate<F>),
}

/// A property, perhaps with a function around it.
pub(super) struct Property<F> {
    pub(super) operand: Operand<F>,
    pub(super) kind: PrimitiveType,
    /// `toupper` was applied. Texts are stored as they are and in lower case, so that what it is
    /// compared to is brought to lower case too.
    pub(super) upper: bool,
}

/// A value as it is written; its type is that of what it is compared to.
pub(super) enum Constant {
    Text(String),
    /// A text that `tolower` or `toupper` was applied to.
    Folded(String),
    Number(String),
    Bool(bool),
    Null,
    Member(String),
}

/// What one side of a comparison is.
pub(super) fn side<M: Model>(expression: &Expression) -> Result<Side<M::Field>, Fault> {
    Ok(match &expression.kind {
        ExpressionKind::Path(path) => {
            let field = property::<M>(path, expression.position)?;
            plain(Operand::Field(field), field.kind())
        }
        ExpressionKind::String(text) => Side::Constant(Constant::Text(text.clone())),
        ExpressionKind::Literal(text) => Side::Constant(Constant::Number(text.clone())),
        ExpressionKind::True => Side::Constant(Constant::Bool(true)),
        ExpressionKind::False => Side::Constant(Constant::Bool(false)),
        ExpressionKind::Null => Side::Constant(Constant::Null),
        ExpressionKind::EnumMember(_, name) => Side::Constant(Constant::Member(name.clone())),
        ExpressionKind::Call(name, arguments) => {
            return call::<M>(name, arguments, expression.position);
        }
        ExpressionKind::Or(_)
        | ExpressionKind::And(_)
        | ExpressionKind::Not(_)
        | ExpressionKind::Compare(..)
        | ExpressionKind::In(..) => Side::Condition(bind::<M>(expression)?),
    })
}

fn call<M: Model>(
    name: &str,
    arguments: &[Expression],
    position: Position,
) -> Result<Side<M::Field>, Fault> {
    let name = name.to_ascii_lowercase();
    let part = match name.as_str() {
        "startswith" => Some(StringMatch::StartsWith),
        "endswith" => Some(StringMatch::EndsWith),
        "contains" => Some(StringMatch::Contains),
        _ => None,
    };
    match (name.as_str(), part, arguments) {
        (_, Some(part), [text, needle]) => match_part::<M>(part, text, needle, position),
        ("tolower" | "toupper", None, [argument]) => {
            let upper = name == "toupper";
            match side::<M>(argument)? {
                Side::Property(Property {
                    operand: Operand::Field(field),
                    kind: PrimitiveType::String,
                    ..
                }) if M::TEXTS.contains(&field) => {
                    let operand = Operand::Folded(field);
                    Ok(Side::Property(Property { operand, kind: PrimitiveType::String, upper }))
                }
                Side::Constant(Constant::Text(text) | Constant::Folded(text)) if upper => {
                    Ok(Side::Constant(Constant::Text(text.to_uppercase())))
                }
                Side::Constant(Constant::Text(text) | Constant::Folded(text)) => {
                    Ok(Side::Constant(Constant::Folded(fold(&text))))
                }
                Side::Property(_) | Side::Constant(_) | Side::Condition(_) => {
                    let texts: Vec<_> = names_of::<M>(M::TEXTS);
                    let reason = format!("{name} takes one of these: {}", texts.join(", "));
                    Err(Fault::new(argument.position, reason))
                }
            }
        }
        ("length", None, [argument]) => match side::<M>(argument)? {
            Side::Property(Property {
                operand: Operand::Field(field),
                kind: PrimitiveType::String,
                ..
            }) => Ok(plain(Operand::Length(field), PrimitiveType::Int)),
            Side::Property(_) | Side::Constant(_) | Side::Condition(_) => {
                Err(Fault::new(argument.position, "length takes a text property"))
            }
        },
        ("startswith" | "endswith" | "contains", ..) => {
            Err(Fault::new(position, format!("{name} takes two arguments")))
        }
        ("tolower" | "toupper" | "length", ..) => {
            Err(Fault::new(position, format!("{name} takes one argument")))
        }
        _ => Err(Fault::new(
            position,
            "this function is not supported; startswith, endswith, contains, tolower, toupper and length are",
        )),
    }
}

fn plain<F>(operand: Operand<F>, kind: PrimitiveType) -> Side<F> {
    Side::Property(Property { operand, kind, upper: false })
}

/// `startswith`, `endswith` or `contains`.
fn match_part<M: Model>(
    part: StringMatch,
    text: &Expression,
    needle: &Expression,
    position: Position,
) -> Result<Side<M::Field>, Fault> {
    let (text, needle) = (text_operand::<M>(text)?, text_operand::<M>(needle)?);
    let constant = |operand: &Operand<_>| matches!(operand, Operand::Value(_));
    let condition = match (text, needle) {
        ((one, _), (other, _)) if constant(&one) && constant(&other) => {
            return Err(Fault::new(position, "two constants are compared; one must be a property"));
        }
        ((text, true), (Operand::Value(Value::String(needle)), _)) => {
            if is_never_upper(&needle) {
                Predicate::Any(Vec::new())
            } else {
                Predicate::Match(text, part, Operand::Value(Value::String(fold(&needle))))
            }
        }
        ((text, upper), (needle, other)) if upper == other || constant(&needle) => {
            Predicate::Match(text, part, needle)
        }
        _ => return Err(Fault::new(position, "toupper stands on one side only")),
    };
    Ok(Side::Condition(condition))
}

/// An argument of `contains` and its kin, and whether `toupper` was applied to it.
fn text_operand<M: Model>(expression: &Expression) -> Result<(Operand<M::Field>, bool), Fault> {
    match side::<M>(expression)? {
        Side::Property(Property { operand, kind: PrimitiveType::String, upper }) => {
            Ok((operand, upper))
        }
        Side::Constant(Constant::Text(text) | Constant::Folded(text)) => {
            storable(&text, expression.position)?;
            Ok((Operand::Value(Value::String(text)), false))
        }
        Side::Constant(Constant::Null) => Ok((Operand::Value(Value::Null), false)),
        Side::Property(_) | Side::Constant(_) | Side::Condition(_) => {
            Err(expected(expression.position, "a text or a text property"))
        }
    }
}

/// The names of properties.
fn names_of<M: Model>(fields: &[M::Field]) -> Vec<&'static str> {
    let named = M::FIELDS.iter().filter(|(_, field)| fields.contains(field));
    named.map(|(name, _)| *name).collect()
}

/// No stored text holds U+0000, and Postgres takes none as an argument.
pub(super) fn storable(text: &str, position: Position) -> Result<(), Fault> {
    if text.contains('\0') {
        return Err(Fault::new(position, "a text must not contain the character U+0000"));
    }
    Ok(())
}

/// Whether a text has a small letter: what `toupper` gives never has.
pub(super) fn is_never_upper(text: &str) -> bool {
    text.chars().flat_map(char::to_uppercase).ne(text.chars())
}

pub(super) fn expected(position: Position, what: &str) -> Fault {
    Fault::new(position, format!("{what} is expected"))
}
