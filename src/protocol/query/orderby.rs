//! Parses an `$orderby`: `displayName desc,tolower(userName),id`.

use super::bind::property;
use super::lexer::{Position, SyntaxError, Token, TokenKind, tokens};
use crate::domain::{Direction, Field, OrderKey};
use crate::protocol::body::Model;

/// Parses the keys of an order, the most significant first.
pub(super) fn parse<M: Model>(text: &str) -> Result<Vec<OrderKey<M::Field>>, SyntaxError> {
    let tokens = tokens(text)?;
    let mut keys: Vec<OrderKey<M::Field>> = Vec::new();
    for item in tokens.split(|token| token.kind == TokenKind::Comma) {
        let key = key::<M>(item)?;
        if keys.iter().any(|known| known.field == key.field) {
            return Err(SyntaxError::new(item[0].position, "duplicate property"));
        }
        keys.push(key);
    }
    Ok(keys)
}

fn key<M: Model>(item: &[Token]) -> Result<OrderKey<M::Field>, SyntaxError> {
    let end = item.last().map_or(Position(1), |token| token.position);
    let tokens: Vec<_> = item.iter().filter(|token| token.kind != TokenKind::End).collect();
    let name = |token: &Token| match &token.kind {
        TokenKind::Name(name) => Some((name.clone(), token.position)),
        _ => None,
    };
    let kinds: Vec<_> = tokens.iter().map(|token| &token.kind).collect();
    let (path, folded, rest) = match kinds.as_slice() {
        [TokenKind::Name(_), TokenKind::Open, TokenKind::Name(_), TokenKind::Close, ..] => {
            check_folds(tokens[0])?;
            (name(tokens[2]), true, &tokens[4..])
        }
        [TokenKind::Name(_), ..] => (name(tokens[0]), false, &tokens[1..]),
        _ => (None, false, &tokens[..]),
    };
    let Some((path, position)) = path else {
        let position = tokens.first().map_or(end, |token| token.position);
        return Err(SyntaxError::expected(position, "a property"));
    };
    let direction = match rest {
        [] => Direction::Ascending,
        [token] => direction(token)?,
        [_, more, ..] => {
            return Err(SyntaxError::expected(more.position, "',' or the end of the list"));
        }
    };
    let field = property::<M>(&path, position)?;
    if folded && !field.is_searchable() {
        return Err(SyntaxError::new(position, "this property does not support tolower"));
    }
    Ok(OrderKey { field, folded, direction })
}

/// `tolower(…)` and `toupper(…)` give the same order: that of the case-folded property.
fn check_folds(function: &Token) -> Result<(), SyntaxError> {
    match &function.kind {
        TokenKind::Name(name)
            if ["tolower", "toupper"].iter().any(|it| it.eq_ignore_ascii_case(name)) =>
        {
            Ok(())
        }
        _ => Err(SyntaxError::expected(function.position, "tolower, toupper or a property")),
    }
}

fn direction(token: &Token) -> Result<Direction, SyntaxError> {
    match &token.kind {
        TokenKind::Name(name) if name.eq_ignore_ascii_case("asc") => Ok(Direction::Ascending),
        TokenKind::Name(name) if name.eq_ignore_ascii_case("desc") => Ok(Direction::Descending),
        _ => Err(SyntaxError::expected(token.position, "'asc' or 'desc'")),
    }
}
