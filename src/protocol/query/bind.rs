//! Binds a `$filter` to an entity: resolves names to properties, and gives literals the type of the
//! property that they are compared to.

use uuid::Uuid;

use super::expression::{Expression, ExpressionKind, Operator};
use super::lexer::{Position, SyntaxError};
use super::operands::{Literal, PropertyTerm, Term, check_storable, is_never_upper, term};
use crate::domain::{
    Comparison, Field, Operand, Predicate, PrimitiveType, Table, Timestamp, Value, fold,
};
use crate::protocol::body::Model;

/// The condition that a filter expresses for entities of type `M`.
pub(super) fn bind<M: Model>(expression: &Expression) -> Result<Predicate<M::Field>, SyntaxError> {
    match &expression.kind {
        ExpressionKind::Or(operands) => {
            operands.iter().map(bind::<M>).collect::<Result<_, _>>().map(Predicate::Any)
        }
        ExpressionKind::And(operands) => {
            operands.iter().map(bind::<M>).collect::<Result<_, _>>().map(Predicate::All)
        }
        ExpressionKind::Not(inner) => Ok(Predicate::Not(Box::new(bind::<M>(inner)?))),
        ExpressionKind::Compare(left, operator, right) => {
            compare::<M>(left, *operator, right, expression.position)
        }
        ExpressionKind::In(left, values) => {
            let equal = |value| compare::<M>(left, Operator::Eq, value, expression.position);
            values.iter().map(equal).collect::<Result<_, _>>().map(Predicate::Any)
        }
        _ => match term::<M>(expression)? {
            Term::Condition(condition) => Ok(condition),
            Term::Property(..) | Term::Literal(_) => {
                Err(SyntaxError::expected(expression.position, "a condition, not a value"))
            }
        },
    }
}

fn compare<M: Model>(
    left: &Expression,
    operator: Operator,
    right: &Expression,
    position: Position,
) -> Result<Predicate<M::Field>, SyntaxError> {
    let comparison = match operator {
        Operator::Eq => Comparison::Eq,
        Operator::Ne => Comparison::Ne,
        Operator::Gt => Comparison::Gt,
        Operator::Ge => Comparison::Ge,
        Operator::Lt => Comparison::Lt,
        Operator::Le => Comparison::Le,
    };
    let error = |reason: &str| Err(SyntaxError::new(position, reason));
    match (term::<M>(left)?, term::<M>(right)?) {
        (Term::Property(one), Term::Property(other)) => {
            if one.kind != other.kind {
                return error("the operands have different types");
            }
            if one.upper != other.upper {
                return error("toupper must apply to both operands or to none");
            }
            Ok(Predicate::Compare(one.operand, comparison, other.operand))
        }
        (Term::Property(property), Term::Literal(literal)) => {
            compare_literal(property, comparison, literal, right.position)
        }
        (Term::Literal(literal), Term::Property(property)) => {
            compare_literal(property, mirrored(comparison), literal, left.position)
        }
        (Term::Condition(condition), Term::Literal(Literal::Bool(truth)))
        | (Term::Literal(Literal::Bool(truth)), Term::Condition(condition)) => {
            match (comparison, truth) {
                (Comparison::Eq, true) | (Comparison::Ne, false) => Ok(condition),
                (Comparison::Eq, false) | (Comparison::Ne, true) => {
                    Ok(Predicate::Not(Box::new(condition)))
                }
                _ => error("a condition supports only eq and ne"),
            }
        }
        (Term::Literal(_), Term::Literal(_)) => error("one of two operands must be a property"),
        (Term::Condition(_), _) | (_, Term::Condition(_)) => {
            error("a condition can be compared only to true or false")
        }
    }
}

/// Compares a property to a literal of its type.
fn compare_literal<F: Field>(
    property: PropertyTerm<F>,
    comparison: Comparison,
    literal: Literal,
    position: Position,
) -> Result<Predicate<F>, SyntaxError> {
    let PropertyTerm { operand, kind, upper } = property;
    let expected = |what: &str| SyntaxError::expected(position, what);
    // The answer where no entity's value can equal the literal.
    let never_equal = || match comparison {
        Comparison::Eq => Some(Predicate::Any(Vec::new())),
        Comparison::Ne => Some(Predicate::always()),
        _ => None,
    };
    let value = match (kind, literal) {
        (_, Literal::Null) => Value::Null,
        (PrimitiveType::String, Literal::String(text) | Literal::Folded(text)) => {
            check_storable(&text, position)?;
            if let Some(answer) = never_equal().filter(|_| upper && is_never_upper(&text)) {
                return Ok(answer);
            }
            Value::String(if upper { fold(&text) } else { text })
        }
        (PrimitiveType::Int, Literal::Unquoted(text)) => {
            Value::Int(text.parse().map_err(|_| expected(INTEGER))?)
        }
        (PrimitiveType::DateTimeOffset, Literal::Unquoted(text)) => {
            // As Graph does, a date alone is its midnight in UTC.
            let at = Timestamp::parse(&text).or_else(|| Timestamp::parse_date(&text));
            Value::DateTimeOffset(at.ok_or_else(|| expected(TIMESTAMP))?)
        }
        (PrimitiveType::Guid, Literal::String(text) | Literal::Unquoted(text)) => {
            match Uuid::try_parse(&text) {
                Ok(id) if text.len() == 36 => Value::Guid(id),
                // To clients an id is an opaque string: one that is not a GUID is the id of nothing.
                _ => return never_equal().ok_or_else(|| expected(GUID)),
            }
        }
        (PrimitiveType::Enum(of), Literal::String(name) | Literal::EnumMember(name)) => {
            let number = of.members.iter().position(|known| *known == name);
            let number = number.and_then(|number| i64::try_from(number).ok());
            Value::Int(number.ok_or_else(|| expected(&one_of(of.members)))?)
        }
        (PrimitiveType::String, _) => return Err(expected("a string in single quotes")),
        (PrimitiveType::Int, _) => return Err(expected(INTEGER)),
        (PrimitiveType::DateTimeOffset, _) => return Err(expected(TIMESTAMP)),
        (PrimitiveType::Guid, _) => return Err(expected(GUID)),
        (PrimitiveType::Enum(of), _) => return Err(expected(&one_of(of.members))),
    };
    Ok(Predicate::Compare(operand, comparison, Operand::Value(value)))
}

const INTEGER: &str = "an integer";
const GUID: &str = "a GUID";
const TIMESTAMP: &str = "a date and time without quotes, like 2025-01-31T08:00:00Z";

fn one_of(names: &[&str]) -> String {
    format!("one of '{}'", names.join("', '"))
}

/// The property with that path.
pub(super) fn property<M: Model>(path: &str, position: Position) -> Result<M::Field, SyntaxError> {
    M::Field::named(path).ok_or_else(|| {
        let known: Vec<_> = M::Field::ROWS.iter().map(|field| field.path).collect();
        let reason = format!(
            "'{path}' cannot be filtered or ordered by; the properties that can are {}",
            known.join(", ")
        );
        SyntaxError::new(position, reason)
    })
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
