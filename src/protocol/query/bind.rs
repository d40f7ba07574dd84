//! From what a filter says to what it means: names become properties, values get the types of what
//! they are compared to.

use uuid::Uuid;

use super::expression::{Expression, ExpressionKind, Operator};
use super::lexer::{Fault, Position};
use super::operands::{Constant, Property, Side, expected, is_never_upper, side, storable};
use crate::domain::{Comparison, Field, Operand, Predicate, PrimitiveType, Timestamp, Value, fold};
use crate::protocol::model::Model;

/// What a filter means for entities of type `M`.
pub(super) fn bind<M: Model>(expression: &Expression) -> Result<Predicate<M::Field>, Fault> {
    match &expression.kind {
        ExpressionKind::Or(parts) => {
            parts.iter().map(bind::<M>).collect::<Result<_, _>>().map(Predicate::Any)
        }
        ExpressionKind::And(parts) => {
            parts.iter().map(bind::<M>).collect::<Result<_, _>>().map(Predicate::All)
        }
        ExpressionKind::Not(inner) => Ok(Predicate::Not(Box::new(bind::<M>(inner)?))),
        ExpressionKind::Compare(left, operator, right) => {
            compare::<M>(left, *operator, right, expression.position)
        }
        ExpressionKind::In(left, values) => {
            let equal = |value| compare::<M>(left, Operator::Eq, value, expression.position);
            values.iter().map(equal).collect::<Result<_, _>>().map(Predicate::Any)
        }
        _ => match side::<M>(expression)? {
            Side::Condition(condition) => Ok(condition),
            Side::Property(..) | Side::Constant(_) => {
                Err(Fault::new(expression.position, "a condition is expected, not a value"))
            }
        },
    }
}

fn compare<M: Model>(
    left: &Expression,
    operator: Operator,
    right: &Expression,
    position: Position,
) -> Result<Predicate<M::Field>, Fault> {
    let comparison = match operator {
        Operator::Eq => Comparison::Eq,
        Operator::Ne => Comparison::Ne,
        Operator::Gt => Comparison::Gt,
        Operator::Ge => Comparison::Ge,
        Operator::Lt => Comparison::Lt,
        Operator::Le => Comparison::Le,
    };
    match (side::<M>(left)?, side::<M>(right)?) {
        (Side::Property(one), Side::Property(other)) => {
            if one.kind != other.kind {
                return Err(Fault::new(position, "the two sides are of different types"));
            }
            if one.upper != other.upper {
                return Err(Fault::new(position, "toupper stands on one side only"));
            }
            Ok(Predicate::Compare(one.operand, comparison, other.operand))
        }
        (Side::Property(one), Side::Constant(constant)) => {
            constant_compare(one, comparison, constant, right.position)
        }
        (Side::Constant(constant), Side::Property(one)) => {
            constant_compare(one, mirrored(comparison), constant, left.position)
        }
        (Side::Condition(condition), Side::Constant(Constant::Bool(truth)))
        | (Side::Constant(Constant::Bool(truth)), Side::Condition(condition)) => {
            match (comparison, truth) {
                (Comparison::Eq, true) | (Comparison::Ne, false) => Ok(condition),
                (Comparison::Eq, false) | (Comparison::Ne, true) => {
                    Ok(Predicate::Not(Box::new(condition)))
                }
                _ => Err(Fault::new(
                    position,
                    "a condition is only equal or not equal to true or false",
                )),
            }
        }
        (Side::Constant(_), Side::Constant(_)) => {
            Err(Fault::new(position, "two constants are compared; one side must be a property"))
        }
        (Side::Condition(_), _) | (_, Side::Condition(_)) => {
            Err(Fault::new(position, "a condition cannot be compared to a value"))
        }
    }
}

/// A property against a constant of its type.
fn constant_compare<F: Field>(
    property: Property<F>,
    comparison: Comparison,
    constant: Constant,
    position: Position,
) -> Result<Predicate<F>, Fault> {
    let Property { operand, kind, upper } = property;
    let value = match (kind, constant) {
        (_, Constant::Null) => Value::Null,
        (PrimitiveType::String, Constant::Text(text) | Constant::Folded(text)) => {
            storable(&text, position)?;
            if upper && is_never_upper(&text) && comparison == Comparison::Eq {
                return Ok(Predicate::Any(Vec::new()));
            }
            if upper && is_never_upper(&text) && comparison == Comparison::Ne {
                return Ok(Predicate::always());
            }
            Value::String(if upper { fold(&text) } else { text })
        }
        (PrimitiveType::Int, Constant::Number(text)) => Value::Int(whole(&text, position)?),
        (PrimitiveType::DateTimeOffset, Constant::Number(text)) => match Timestamp::parse(&text) {
            Some(moment) => Value::DateTimeOffset(moment),
            None => return Err(expected(position, MOMENT)),
        },
        (PrimitiveType::Guid, Constant::Text(text) | Constant::Number(text)) => {
            match (Uuid::try_parse(&text), comparison) {
                (Ok(id), _) if text.len() == 36 => Value::Guid(id),
                // To clients an id is any text. What is no GUID is no entity's.
                (_, Comparison::Eq) => return Ok(Predicate::Any(Vec::new())),
                (_, Comparison::Ne) => return Ok(Predicate::always()),
                _ => return Err(expected(position, "a GUID")),
            }
        }
        (PrimitiveType::Enum(names), Constant::Text(name) | Constant::Member(name)) => {
            let place = names.iter().position(|known| *known == name);
            let place = place.and_then(|place| i64::try_from(place).ok());
            Value::Int(place.ok_or_else(|| expected(position, &one_of(names)))?)
        }
        (PrimitiveType::String, _) => return Err(expected(position, "a text in single quotes")),
        (PrimitiveType::Int, _) => return Err(expected(position, "a whole number")),
        (PrimitiveType::DateTimeOffset, _) => return Err(expected(position, MOMENT)),
        (PrimitiveType::Guid, _) => return Err(expected(position, "a GUID")),
        (PrimitiveType::Enum(names), _) => return Err(expected(position, &one_of(names))),
    };
    Ok(Predicate::Compare(operand, comparison, Operand::Value(value)))
}

const MOMENT: &str = "a date and time without quotes, like 2025-01-31T08:00:00Z,";

fn one_of(names: &[&str]) -> String {
    format!("one of '{}'", names.join("', '"))
}

/// The property of that name.
pub(super) fn property<M: Model>(path: &str, position: Position) -> Result<M::Field, Fault> {
    M::field(path).ok_or_else(|| {
        let known: Vec<_> = M::FIELDS.iter().map(|(name, _)| *name).collect();
        let reason = format!("no such property can be asked for; {} can", known.join(", "));
        Fault::new(position, reason)
    })
}

fn whole(text: &str, position: Position) -> Result<i64, Fault> {
    text.parse().map_err(|_| expected(position, "a whole number"))
}

fn mirrored(comparison: Comparison) -> Comparison {
    match comparison {
        Comparison::Eq => Comparison::Eq,
        Comparison::Ne => Comparison::Ne,
        Comparison::Gt => Comparison::Lt,
        Comparison::Ge => Comparison::Le,
        Comparison::Lt => Comparison::Gt,
        Comparison::Le => Comparison::Ge,
    }
}
