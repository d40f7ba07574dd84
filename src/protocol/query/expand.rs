//! Parses `$select=id,displayName` and
//! `$expand=assignments,deviceStates($select=id,state;$filter=state eq 'installed';$top=5)`.

use super::QueryOptions;
use super::lexer::{Position, SyntaxError};
use super::options::invalid;
use crate::domain::{Invalid, Table};
use crate::protocol::model::{Navigation, StructuredType};

/// Parses a `$select`: the names of the properties to show; `None` for all.
pub(super) fn select(
    text: &str,
    of: &StructuredType,
) -> Result<Option<Vec<&'static str>>, SyntaxError> {
    let mut names = Vec::new();
    for (position, item) in split(text, ',')? {
        match item.trim() {
            "*" => return Ok(None),
            name => match of.property_named(name) {
                Some(property) if names.contains(&property.name) => {}
                Some(property) => names.push(property.name),
                None => return Err(SyntaxError::new(position, unknown(name, of))),
            },
        }
    }
    Ok(Some(names))
}

fn unknown(name: &str, of: &StructuredType) -> String {
    if of.navigation.iter().any(|navigation| navigation.name.eq_ignore_ascii_case(name)) {
        return format!("{name} is shown with $expand, not with $select");
    }
    let known: Vec<_> = of.properties.iter().map(|property| property.name).collect();
    format!("unknown property; the properties are {}", known.join(", "))
}

/// Parses an `$expand`: the navigation properties, each with its own options.
pub(super) fn expand<N: Table<Row = Navigation>>(
    text: &str,
) -> Result<Vec<(N, QueryOptions)>, Invalid> {
    let at =
        |position, reason: &str| invalid("$expand", &SyntaxError::new(position, reason.to_owned()));
    let mut expanded: Vec<(N, QueryOptions)> = Vec::new();
    for (position, item) in split(text, ',').map_err(|error| invalid("$expand", &error))? {
        let item = item.trim();
        let (name, options) = match item.split_once('(') {
            Some((name, rest)) => {
                let inside = rest.strip_suffix(')').ok_or_else(|| at(position, "expected ')'"))?;
                (name.trim(), inside)
            }
            None => (item, ""),
        };
        let known = N::ALL.iter().find(|known| known.row().name.eq_ignore_ascii_case(name));
        let Some(navigation) = known.copied() else {
            let known: Vec<_> = N::ROWS.iter().map(|navigation| navigation.name).collect();
            let reason = format!("only {} can be expanded", known.join(" and "));
            return Err(at(position, &reason));
        };
        if expanded.iter().any(|(known, _)| *known == navigation) {
            return Err(at(position, "duplicate navigation property"));
        }
        let pairs = split(options, ';').map_err(|error| invalid("$expand", &error))?;
        let pairs = pairs.into_iter().map(|(_, pair)| pair.trim()).filter(|pair| !pair.is_empty());
        expanded.push((navigation, QueryOptions::decoded(pairs)?));
    }
    Ok(expanded)
}

/// Splits at a separator outside quotes and parentheses. Each part has the position of its start.
fn split(text: &str, separator: char) -> Result<Vec<(Position, &str)>, SyntaxError> {
    let mut parts = Vec::new();
    let (mut start, mut start_position) = (0, Position(1));
    let (mut depth, mut quoted) = (0_usize, false);
    for (count, (offset, character)) in text.char_indices().enumerate() {
        match character {
            '\'' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => {
                let position = Position(count + 1);
                depth = depth
                    .checked_sub(1)
                    .ok_or_else(|| SyntaxError::new(position, "unmatched ')'"))?;
            }
            character if character == separator && !quoted && depth == 0 => {
                parts.push((start_position, &text[start..offset]));
                start = offset + character.len_utf8();
                start_position = Position(count + 2);
            }
            _ => {}
        }
    }
    if quoted || depth > 0 {
        let end = Position(text.chars().count() + 1);
        let reason = if quoted { "unterminated string literal" } else { "expected ')'" };
        return Err(SyntaxError::new(end, reason));
    }
    parts.push((start_position, &text[start..]));
    Ok(parts)
}
