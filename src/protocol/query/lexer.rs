//! The words of a `$filter`, a `$search` or an `$orderby`.

use std::fmt;

/// A word, and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) position: Position,
}

/// A place in an option's value, counted in characters from 1. It is no part of what stands there:
/// two expressions are equal wherever they stand.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Position(pub(super) usize);

impl PartialEq for Position {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// What a word is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum TokenKind {
    /// A name, a keyword, or a path: `displayName`, `and`, `target/groupId`.
    Name(String),
    /// `'it''s'`, without quotes and doubling.
    Text(String),
    /// Digits with what belongs to them: `7`, `-7`, `1.5`, a date, a GUID.
    Number(String),
    Open,
    Close,
    Comma,
    End,
}

/// What is wrong, and where.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Fault {
    pub(super) position: Position,
    pub(super) reason: String,
}

impl Fault {
    pub(super) fn new(position: Position, reason: impl Into<String>) -> Self {
        Self { position, reason: reason.into() }
    }
}

/// Takes a text apart. The last token is the end.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, Fault> {
    let signs: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut place = 0;
    while place < signs.len() {
        let position = Position(place + 1);
        let kind = match signs[place] {
            ' ' | '\t' => {
                place += 1;
                continue;
            }
            '(' => one(&mut place, TokenKind::Open),
            ')' => one(&mut place, TokenKind::Close),
            ',' => one(&mut place, TokenKind::Comma),
            '\'' => TokenKind::Text(quoted(&signs, &mut place, '\'', position)?),
            '-' | '0'..='9' => TokenKind::Number(run(&signs, &mut place, is_part_of_number)),
            sign if is_start_of_name(sign) => {
                TokenKind::Name(run(&signs, &mut place, is_part_of_name))
            }
            sign => {
                return Err(Fault::new(position, format!("'{}' means nothing here", Shown(sign))));
            }
        };
        tokens.push(Token { kind, position });
    }
    tokens.push(Token { kind: TokenKind::End, position: Position(signs.len() + 1) });
    // A GUID that begins with a letter looks like a name.
    for token in &mut tokens {
        if let TokenKind::Name(name) = &token.kind
            && uuid::Uuid::try_parse(name).is_ok()
        {
            token.kind = TokenKind::Number(name.clone());
        }
    }
    Ok(tokens)
}

fn one(place: &mut usize, kind: TokenKind) -> TokenKind {
    *place += 1;
    kind
}

/// The text between two quotes; a doubled quote inside is one.
pub(super) fn quoted(
    signs: &[char],
    place: &mut usize,
    quote: char,
    position: Position,
) -> Result<String, Fault> {
    let mut text = String::new();
    *place += 1;
    loop {
        match (signs.get(*place), signs.get(*place + 1)) {
            (Some(sign), Some(next)) if *sign == quote && *next == quote => {
                text.push(quote);
                *place += 2;
            }
            (Some(sign), _) if *sign == quote => {
                *place += 1;
                return Ok(text);
            }
            (Some(sign), _) => {
                text.push(*sign);
                *place += 1;
            }
            (None, _) => return Err(Fault::new(position, "a text begins and does not end")),
        }
    }
}

fn run(signs: &[char], place: &mut usize, belongs: fn(char) -> bool) -> String {
    let begin = *place;
    *place += 1;
    while signs.get(*place).is_some_and(|sign| belongs(*sign)) {
        *place += 1;
    }
    signs[begin..*place].iter().collect()
}

fn is_start_of_name(sign: char) -> bool {
    sign.is_ascii_alphabetic() || matches!(sign, '_' | '@' | '$')
}

fn is_part_of_name(sign: char) -> bool {
    sign.is_ascii_alphanumeric() || matches!(sign, '_' | '@' | '$' | '.' | '/' | '-' | ':')
}

/// Dates and GUIDs are runs of these as well.
fn is_part_of_number(sign: char) -> bool {
    sign.is_ascii_alphanumeric() || matches!(sign, '.' | '-' | '+' | ':')
}

/// A sign as it can be shown in a message.
pub(super) struct Shown(pub(super) char);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_control() {
            write!(f, "{}", self.0.escape_default())
        } else {
            write!(f, "{}", self.0)
        }
    }
}
