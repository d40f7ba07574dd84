//! Parses a `$search`: `"spring sale" AND (berlin OR NOT paris)`. Each word or phrase matches if a
//! searchable property contains it, case-folded; `"displayName:spring"` looks at one property only.

use std::marker::PhantomData;

use super::lexer::{Position, SyntaxError, quoted};
use crate::domain::{Field, Operand, Predicate, StringMatch, Table, Value, fold};
use crate::protocol::body::Model;

/// How deep parentheses may nest.
const MAX_DEPTH: usize = 32;

/// Parses a search for entities of type `M`.
pub(super) fn parse<M: Model>(text: &str) -> Result<Predicate<M::Field>, SyntaxError> {
    if !M::Field::ALL.iter().any(|field| field.is_searchable()) {
        return Err(SyntaxError::new(Position(1), "no property can be searched"));
    }
    let mut parser = Parser::<M> { tokens: tokens(text)?, index: 0, depth: 0, model: PhantomData };
    let predicate = parser.or()?;
    match parser.peek() {
        Token::End => Ok(predicate),
        _ => Err(parser.expected("'AND', 'OR' or the end of the expression")),
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    /// A word or a phrase.
    Term(String),
    And,
    Or,
    Not,
    Open,
    Close,
    End,
}

fn tokens(text: &str) -> Result<Vec<(Token, Position)>, SyntaxError> {
    let characters: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut index = 0;
    while index < characters.len() {
        let position = Position(index + 1);
        let token = match characters[index] {
            ' ' | '\t' => {
                index += 1;
                continue;
            }
            parenthesis @ ('(' | ')') => {
                index += 1;
                if parenthesis == '(' { Token::Open } else { Token::Close }
            }
            '"' => Token::Term(quoted(&characters, &mut index, '"', position)?),
            _ => {
                let rest = characters[index..].iter();
                let word: String = rest
                    .take_while(|character| !matches!(character, ' ' | '\t' | '(' | ')' | '"'))
                    .collect();
                index += word.chars().count();
                match word.as_str() {
                    "AND" => Token::And,
                    "OR" => Token::Or,
                    "NOT" => Token::Not,
                    _ => Token::Term(word),
                }
            }
        };
        tokens.push((token, position));
    }
    tokens.push((Token::End, Position(characters.len() + 1)));
    Ok(tokens)
}

struct Parser<M> {
    tokens: Vec<(Token, Position)>,
    index: usize,
    depth: usize,
    model: PhantomData<M>,
}

impl<M: Model> Parser<M> {
    fn peek(&self) -> &Token {
        &self.tokens[self.index].0
    }

    fn position(&self) -> Position {
        self.tokens[self.index].1
    }

    fn expected(&self, what: &str) -> SyntaxError {
        SyntaxError::expected(self.position(), what)
    }

    fn take(&mut self, token: &Token) -> bool {
        let found = self.peek() == token;
        if found {
            self.index = (self.index + 1).min(self.tokens.len() - 1);
        }
        found
    }

    fn or(&mut self) -> Result<Predicate<M::Field>, SyntaxError> {
        let mut any = vec![self.and()?];
        while self.take(&Token::Or) {
            any.push(self.and()?);
        }
        Ok(Predicate::Any(any))
    }

    /// Adjacent terms are joined by AND.
    fn and(&mut self) -> Result<Predicate<M::Field>, SyntaxError> {
        let mut all = vec![self.term()?];
        loop {
            let joined = self.take(&Token::And);
            let adjacent = matches!(self.peek(), Token::Term(_) | Token::Not | Token::Open);
            if !joined && !adjacent {
                return Ok(Predicate::All(all));
            }
            all.push(self.term()?);
        }
    }

    fn term(&mut self) -> Result<Predicate<M::Field>, SyntaxError> {
        match self.peek().clone() {
            Token::Not => {
                self.take(&Token::Not);
                Ok(Predicate::Not(Box::new(self.deeper(Self::term)?)))
            }
            Token::Open => {
                self.take(&Token::Open);
                let inner = self.deeper(Self::or)?;
                if self.take(&Token::Close) { Ok(inner) } else { Err(self.expected("')'")) }
            }
            Token::Term(term) if !term.is_empty() && !term.contains('\0') => {
                self.take(&Token::Term(term.clone()));
                Ok(contains::<M>(&term))
            }
            Token::Term(_) | Token::And | Token::Or | Token::Close | Token::End => {
                Err(self.expected("a word or a phrase"))
            }
        }
    }

    fn deeper<T>(
        &mut self,
        inner: fn(&mut Self) -> Result<T, SyntaxError>,
    ) -> Result<T, SyntaxError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let reason = format!("the expression nests deeper than {MAX_DEPTH} levels");
            return Err(SyntaxError::new(self.position(), reason));
        }
        let parsed = inner(self);
        self.depth -= 1;
        parsed
    }
}

/// Whether a searchable property contains the term; for `name:term`, the property of that name.
fn contains<M: Model>(term: &str) -> Predicate<M::Field> {
    let has = |field, term: &str| {
        let term = Operand::Value(Value::String(fold(term)));
        Predicate::Match(Operand::Folded(field), StringMatch::Contains, term)
    };
    let scoped = term.split_once(':').and_then(|(name, term)| {
        let field = M::Field::named(name).filter(|field| field.is_searchable())?;
        Some(has(field, term))
    });
    scoped.unwrap_or_else(|| {
        let searchable = M::Field::ALL.iter().filter(|field| field.is_searchable());
        Predicate::Any(searchable.map(|field| has(*field, term)).collect())
    })
}
