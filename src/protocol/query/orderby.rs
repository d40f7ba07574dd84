//! `$orderby=displayName desc,tolower(userName),id`

use super::bind::property;
use super::lexer::{Fault, Position, Token, TokenKind, tokens};
use crate::domain::{Direction, OrderKey};
use crate::protocol::model::Model;

/// Reads the keys of an order, the first the most important.
pub(super) fn parse<M: Model>(text: &str) -> Result<Vec<OrderKey<M::Field>>, Fault> {
    let tokens = tokens(text)?;
    let mut keys: Vec<OrderKey<M::Field>> = Vec::new();
    for item in tokens.split(|token| token.kind == TokenKind::Comma) {
        let key = key::<M>(item)?;
        if keys.iter().any(|known| known.field == key.field) {
            return Err(Fault::new(item[0].position, "this property stands twice"));
        }
        keys.push(key);
    }
    Ok(keys)
}

fn key<M: Model>(item: &[Token]) -> Result<OrderKey<M::Field>, Fault> {
    let end = item.last().map_or(Position(1), |token| token.position);
    let words: Vec<_> = item.iter().filter(|token| token.kind != TokenKind::End).collect();
    let name = |token: &Token| match &token.kind {
        TokenKind::Name(name) => Some((name.clone(), token.position)),
        _ => None,
    };
    let kinds: Vec<_> = words.iter().map(|token| &token.kind).collect();
    let (property_at, folded, rest) = match kinds.as_slice() {
        [TokenKind::Name(_), TokenKind::Open, TokenKind::Name(_), TokenKind::Close, ..] => {
            (name(words[2]), folds(words[0])?, &words[4..])
        }
        [TokenKind::Name(_), ..] => (name(words[0]), false, &words[1..]),
        _ => (None, false, &words[..]),
    };
    let Some((path, position)) = property_at else {
        return Err(Fault::new(
            words.first().map_or(end, |token| token.position),
            "a property is expected",
        ));
    };
    let direction = match rest {
        [] => Direction::Ascending,
        [word] => direction(word)?,
        [_, more, ..] => return Err(Fault::new(more.position, "',' or the end is expected")),
    };
    let field = property::<M>(&path, position)?;
    if folded && !M::TEXTS.contains(&field) {
        return Err(Fault::new(position, "tolower takes a text property"));
    }
    Ok(OrderKey { field, folded, direction })
}

/// `tolower(…)` and `toupper(…)` order alike: without regard to case.
fn folds(function: &Token) -> Result<bool, Fault> {
    match &function.kind {
        TokenKind::Name(name)
            if ["tolower", "toupper"].iter().any(|it| it.eq_ignore_ascii_case(name)) =>
        {
            Ok(true)
        }
        _ => Err(Fault::new(function.position, "only tolower and toupper can be ordered by")),
    }
}

fn direction(word: &Token) -> Result<Direction, Fault> {
    match &word.kind {
        TokenKind::Name(name) if name.eq_ignore_ascii_case("asc") => Ok(Direction::Ascending),
        TokenKind::Name(name) if name.eq_ignore_ascii_case("desc") => Ok(Direction::Descending),
        _ => Err(Fault::new(word.position, "'asc' or 'desc' is expected")),
    }
}
