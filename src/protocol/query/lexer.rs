//! The tokens of a `$filter` or an `$orderby`.

use std::fmt;

/// A token and its position.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) position: Position,
}

/// A position in an option's value, in characters from 1. All positions are equal, so that two
/// expressions are equal wherever they occur.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Position(pub(super) usize);

impl PartialEq for Position {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum TokenKind {
    /// An identifier, a keyword or a path: `displayName`, `and`, `target/groupId`.
    Name(String),
    /// `'it''s'`, without the quotes and with the doubled quote as one.
    String(String),
    /// A number, a date or a GUID, as it is written.
    Literal(String),
    Open,
    Close,
    Comma,
    End,
}

/// A syntax error or a type error in an option's value, with its position.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct SyntaxError {
    pub(super) position: Position,
    pub(super) reason: String,
}

impl SyntaxError {
    pub(super) fn new(position: Position, reason: impl Into<String>) -> Self {
        Self { position, reason: reason.into() }
    }

    pub(super) fn expected(position: Position, what: &str) -> Self {
        Self::new(position, format!("expected {what}"))
    }
}

/// Splits an option's value into tokens. The last one is [`TokenKind::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, SyntaxError> {
    let characters: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut index = 0;
    while index < characters.len() {
        let position = Position(index + 1);
        let kind = match characters[index] {
            ' ' | '\t' => {
                index += 1;
                continue;
            }
            '(' => single(&mut index, TokenKind::Open),
            ')' => single(&mut index, TokenKind::Close),
            ',' => single(&mut index, TokenKind::Comma),
            '\'' => TokenKind::String(quoted(&characters, &mut index, '\'', position)?),
            '-' | '0'..='9' => TokenKind::Literal(run(&characters, &mut index, continues_literal)),
            character if starts_name(character) => {
                let name = run(&characters, &mut index, continues_name);
                // A GUID may start with a letter.
                match uuid::Uuid::try_parse(&name) {
                    Ok(_) => TokenKind::Literal(name),
                    Err(_) => TokenKind::Name(name),
                }
            }
            character => {
                let reason = format!("unexpected '{}'", Escaped(character));
                return Err(SyntaxError::new(position, reason));
            }
        };
        tokens.push(Token { kind, position });
    }
    tokens.push(Token { kind: TokenKind::End, position: Position(characters.len() + 1) });
    Ok(tokens)
}

fn single(index: &mut usize, kind: TokenKind) -> TokenKind {
    *index += 1;
    kind
}

/// Reads a string between two quotes; a doubled quote inside is one. `position` is that of the first
/// quote.
pub(super) fn quoted(
    characters: &[char],
    index: &mut usize,
    quote: char,
    position: Position,
) -> Result<String, SyntaxError> {
    let mut text = String::new();
    *index += 1;
    loop {
        match (characters.get(*index), characters.get(*index + 1)) {
            (Some(character), Some(next)) if *character == quote && *next == quote => {
                text.push(quote);
                *index += 2;
            }
            (Some(character), _) if *character == quote => {
                *index += 1;
                return Ok(text);
            }
            (Some(character), _) => {
                text.push(*character);
                *index += 1;
            }
            (None, _) => return Err(SyntaxError::new(position, "unterminated string literal")),
        }
    }
}

fn run(characters: &[char], index: &mut usize, continues: fn(char) -> bool) -> String {
    let start = *index;
    *index += 1;
    while characters.get(*index).is_some_and(|character| continues(*character)) {
        *index += 1;
    }
    characters[start..*index].iter().collect()
}

fn starts_name(character: char) -> bool {
    character.is_ascii_alphabetic() || matches!(character, '_' | '@' | '$')
}

fn continues_name(character: char) -> bool {
    character.is_ascii_alphanumeric()
        || matches!(character, '_' | '@' | '$' | '.' | '/' | '-' | ':')
}

fn continues_literal(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '.' | '-' | '+' | ':')
}

/// A character in an error message.
struct Escaped(char);

impl fmt::Display for Escaped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_control() {
            write!(f, "{}", self.0.escape_default())
        } else {
            write!(f, "{}", self.0)
        }
    }
}
