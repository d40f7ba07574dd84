//! The operands of a comparison: properties, perhaps inside a function, literals and conditions.

use super::bind::{bind, property};
use super::expression::{Expression, ExpressionKind};
use super::lexer::{Position, SyntaxError};
use crate::domain::{Field, Operand, Predicate, PrimitiveType, StringMatch, Table, Value, fold};
use crate::protocol::body::Model;

/// An operand before it is known what it is compared to.
pub(super) enum Term<F> {
    Property(PropertyTerm<F>),
    Literal(Literal),
    Condition(Predicate<F>),
}

/// A property, perhaps inside a function.
pub(super) struct PropertyTerm<F> {
    pub(super) operand: Operand<F>,
    pub(super) kind: PrimitiveType,
    /// Whether `toupper` was applied. Strings are stored case-folded, which is lower case, so the
    /// other operand is folded too.
    pub(super) upper: bool,
}

/// A literal. Its type is that of the property that it is compared to.
pub(super) enum Literal {
    String(String),
    /// A string inside `tolower`.
    Folded(String),
    /// A number, a date or a GUID.
    Unquoted(String),
    Bool(bool),
    Null,
    EnumMember(String),
}

/// The operand that an expression is.
pub(super) fn term<M: Model>(expression: &Expression) -> Result<Term<M::Field>, SyntaxError> {
    Ok(match &expression.kind {
        ExpressionKind::Path(path) => {
            let field = property::<M>(path, expression.position)?;
            plain(Operand::Field(field), field.kind())
        }
        ExpressionKind::String(text) => Term::Literal(Literal::String(text.clone())),
        ExpressionKind::Literal(text) => Term::Literal(Literal::Unquoted(text.clone())),
        ExpressionKind::True => Term::Literal(Literal::Bool(true)),
        ExpressionKind::False => Term::Literal(Literal::Bool(false)),
        ExpressionKind::Null => Term::Literal(Literal::Null),
        ExpressionKind::EnumMember(_, name) => Term::Literal(Literal::EnumMember(name.clone())),
        ExpressionKind::Call(name, arguments) => {
            return call::<M>(name, arguments, expression.position);
        }
        ExpressionKind::Or(_)
        | ExpressionKind::And(_)
        | ExpressionKind::Not(_)
        | ExpressionKind::Compare(..)
        | ExpressionKind::In(..) => Term::Condition(bind::<M>(expression)?),
    })
}

fn call<M: Model>(
    name: &str,
    arguments: &[Expression],
    position: Position,
) -> Result<Term<M::Field>, SyntaxError> {
    let name = name.to_ascii_lowercase();
    let function = match name.as_str() {
        "startswith" => Some(StringMatch::StartsWith),
        "endswith" => Some(StringMatch::EndsWith),
        "contains" => Some(StringMatch::Contains),
        _ => None,
    };
    match (name.as_str(), function, arguments) {
        (_, Some(function), [text, needle]) => string_match::<M>(function, text, needle, position),
        ("tolower" | "toupper", None, [argument]) => change_case::<M>(&name, argument),
        ("length", None, [argument]) => match term::<M>(argument)? {
            Term::Property(PropertyTerm {
                operand: Operand::Field(field),
                kind: PrimitiveType::String,
                ..
            }) => Ok(plain(Operand::Length(field), PrimitiveType::Int)),
            Term::Property(_) | Term::Literal(_) | Term::Condition(_) => {
                Err(SyntaxError::expected(argument.position, "a string property"))
            }
        },
        ("startswith" | "endswith" | "contains", ..) => {
            Err(SyntaxError::new(position, format!("{name} takes two arguments")))
        }
        ("tolower" | "toupper" | "length", ..) => {
            Err(SyntaxError::new(position, format!("{name} takes one argument")))
        }
        _ => Err(SyntaxError::new(
            position,
            "unsupported function; startswith, endswith, contains, tolower, toupper and length are \
             supported",
        )),
    }
}

fn plain<F>(operand: Operand<F>, kind: PrimitiveType) -> Term<F> {
    Term::Property(PropertyTerm { operand, kind, upper: false })
}

/// `tolower` or `toupper`.
fn change_case<M: Model>(name: &str, argument: &Expression) -> Result<Term<M::Field>, SyntaxError> {
    let upper = name == "toupper";
    match term::<M>(argument)? {
        Term::Property(PropertyTerm { operand: Operand::Field(field), .. })
            if field.is_searchable() =>
        {
            let (operand, kind) = (Operand::Folded(field), PrimitiveType::String);
            Ok(Term::Property(PropertyTerm { operand, kind, upper }))
        }
        Term::Literal(Literal::String(text) | Literal::Folded(text)) if upper => {
            Ok(Term::Literal(Literal::String(text.to_uppercase())))
        }
        Term::Literal(Literal::String(text) | Literal::Folded(text)) => {
            Ok(Term::Literal(Literal::Folded(fold(&text))))
        }
        Term::Property(_) | Term::Literal(_) | Term::Condition(_) => {
            let searchable = M::Field::ROWS.iter().filter(|field| field.searchable);
            let paths: Vec<_> = searchable.map(|field| field.path).collect();
            let reason = format!("{name} takes one of these: {}", paths.join(", "));
            Err(SyntaxError::new(argument.position, reason))
        }
    }
}

/// `startswith`, `endswith` or `contains`.
fn string_match<M: Model>(
    function: StringMatch,
    text: &Expression,
    needle: &Expression,
    position: Position,
) -> Result<Term<M::Field>, SyntaxError> {
    let (text, needle) = (string_operand::<M>(text)?, string_operand::<M>(needle)?);
    let is_literal = |operand: &Operand<_>| matches!(operand, Operand::Value(_));
    let condition = match (text, needle) {
        ((one, _), (other, _)) if is_literal(&one) && is_literal(&other) => {
            return Err(SyntaxError::new(position, "one of two arguments must be a property"));
        }
        ((text, true), (Operand::Value(Value::String(needle)), _)) => {
            if is_never_upper(&needle) {
                Predicate::Any(Vec::new())
            } else {
                Predicate::Match(text, function, Operand::Value(Value::String(fold(&needle))))
            }
        }
        ((text, upper), (needle, other)) if upper == other || is_literal(&needle) => {
            Predicate::Match(text, function, needle)
        }
        _ => {
            let reason = "toupper must apply to both arguments or to none";
            return Err(SyntaxError::new(position, reason));
        }
    };
    Ok(Term::Condition(condition))
}

/// An argument of `startswith`, `endswith` or `contains`, and whether `toupper` was applied to it.
fn string_operand<M: Model>(
    expression: &Expression,
) -> Result<(Operand<M::Field>, bool), SyntaxError> {
    match term::<M>(expression)? {
        Term::Property(PropertyTerm { operand, kind: PrimitiveType::String, upper }) => {
            Ok((operand, upper))
        }
        Term::Literal(Literal::String(text) | Literal::Folded(text)) => {
            check_storable(&text, expression.position)?;
            Ok((Operand::Value(Value::String(text)), false))
        }
        Term::Literal(Literal::Null) => Ok((Operand::Value(Value::Null), false)),
        Term::Property(_) | Term::Literal(_) | Term::Condition(_) => {
            Err(SyntaxError::expected(expression.position, "a string or a string property"))
        }
    }
}

/// Rejects U+0000: no stored string has it, and Postgres accepts it in no argument.
pub(super) fn check_storable(text: &str, position: Position) -> Result<(), SyntaxError> {
    if text.contains('\0') {
        let reason = "a string must not contain the character U+0000";
        return Err(SyntaxError::new(position, reason));
    }
    Ok(())
}

/// Whether a string has a character that `toupper` would change: no result of `toupper` equals it.
pub(super) fn is_never_upper(text: &str) -> bool {
    text.chars().flat_map(char::to_uppercase).ne(text.chars())
}
