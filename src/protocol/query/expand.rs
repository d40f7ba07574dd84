//! `$expand=assignments,deviceStates($select=id,state;$filter=state eq 'installed';$top=5)` and
//! `$select=id,displayName`.

use super::QueryOptions;
use super::lexer::{Fault, Position};
use crate::domain::Invalid;
use crate::protocol::model::StructuredType;

/// Reads a `$select`: the properties to show, or none for all of them.
pub(super) fn select(text: &str, of: &StructuredType) -> Result<Option<Vec<&'static str>>, Fault> {
    let mut names = Vec::new();
    for (position, item) in split(text, ',')? {
        match item.trim() {
            "*" => return Ok(None),
            name => match of.property_named(name) {
                Some(name) if names.contains(&name) => {}
                Some(name) => names.push(name),
                None => return Err(Fault::new(position, unknown(name, of))),
            },
        }
    }
    Ok(Some(names))
}

fn unknown(name: &str, of: &StructuredType) -> String {
    if of.navigation.iter().any(|navigation| navigation.name.eq_ignore_ascii_case(name)) {
        return format!("{name} is shown with $expand, not with $select");
    }
    let known: Vec<_> = of.all_properties().map(|property| property.name).collect();
    format!("there is no such property; there are {}", known.join(", "))
}

/// Reads an `$expand`: the navigation properties, each with its own options.
pub(super) fn expand(
    text: &str,
    of: &StructuredType,
) -> Result<Vec<(&'static str, QueryOptions)>, Invalid> {
    let wrong = |fault: Fault| super::options::invalid("$expand", &fault);
    let mut expanded: Vec<(&'static str, QueryOptions)> = Vec::new();
    for (position, item) in split(text, ',').map_err(wrong)? {
        let item = item.trim();
        let (name, options) = match item.split_once('(') {
            Some((name, rest)) => {
                let inside = rest.strip_suffix(')');
                let inside =
                    inside.ok_or_else(|| wrong(Fault::new(position, "')' is expected")))?;
                (name.trim(), inside)
            }
            None => (item, ""),
        };
        let navigation = of.navigation.iter().find(|known| known.name.eq_ignore_ascii_case(name));
        let Some(navigation) = navigation else {
            let known: Vec<_> = of.navigation.iter().map(|navigation| navigation.name).collect();
            let reason = if known.is_empty() {
                "nothing can be expanded here".to_owned()
            } else {
                format!("only {} can be expanded", known.join(" and "))
            };
            return Err(wrong(Fault::new(position, reason)));
        };
        if expanded.iter().any(|(known, _)| *known == navigation.name) {
            return Err(wrong(Fault::new(position, "this is expanded twice")));
        }
        let pairs = split(options, ';').map_err(wrong)?;
        let pairs = pairs.into_iter().map(|(_, pair)| pair.trim()).filter(|pair| !pair.is_empty());
        expanded.push((navigation.name, QueryOptions::decoded(pairs)?));
    }
    Ok(expanded)
}

/// The parts between separators, and where each begins; quotes and parentheses hold together.
fn split(text: &str, separator: char) -> Result<Vec<(Position, &str)>, Fault> {
    let mut parts = Vec::new();
    let (mut begin, mut begin_position) = (0, Position(1));
    let (mut level, mut quoted) = (0_usize, false);
    for (count, (place, sign)) in text.char_indices().enumerate() {
        match sign {
            '\'' => quoted = !quoted,
            '(' if !quoted => level += 1,
            ')' if !quoted => {
                let position = Position(count + 1);
                level = level
                    .checked_sub(1)
                    .ok_or_else(|| Fault::new(position, "')' closes nothing"))?;
            }
            sign if sign == separator && !quoted && level == 0 => {
                parts.push((begin_position, &text[begin..place]));
                begin = place + sign.len_utf8();
                begin_position = Position(count + 2);
            }
            _ => {}
        }
    }
    if quoted || level > 0 {
        return Err(Fault::new(Position(text.chars().count() + 1), "the text ends too early"));
    }
    parts.push((begin_position, &text[begin..]));
    Ok(parts)
}
