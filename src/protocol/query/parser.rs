//! Reads a `$filter`, after OData's ABNF as far as Graph's clients use it.

use super::expression::{Expression, ExpressionKind, Operator};
use super::lexer::{Fault, Position, Token, TokenKind, tokens};

/// How deep parentheses, calls and `not` may nest.
const DEPTH: usize = 32;

/// Reads a whole filter.
pub(super) fn parse(text: &str) -> Result<Expression, Fault> {
    let mut parser = Parser { tokens: tokens(text)?, place: 0, depth: 0 };
    let expression = parser.or()?;
    match parser.peek() {
        TokenKind::End => Ok(expression),
        _ => Err(parser.expected("'and', 'or' or the end")),
    }
}

struct Parser {
    tokens: Vec<Token>,
    place: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> &TokenKind {
        &self.tokens[self.place].kind
    }

    fn position(&self) -> Position {
        self.tokens[self.place].position
    }

    /// The next token; the end is never passed.
    fn next(&mut self) -> TokenKind {
        let kind = self.tokens[self.place].kind.clone();
        self.place = (self.place + 1).min(self.tokens.len() - 1);
        kind
    }

    fn expected(&self, what: &str) -> Fault {
        Fault::new(self.position(), format!("{what} is expected"))
    }

    /// Takes a keyword, in any case, if it comes next.
    fn keyword(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), TokenKind::Name(name) if name.eq_ignore_ascii_case(word));
        if found {
            self.next();
        }
        found
    }

    fn take(&mut self, kind: &TokenKind, what: &str) -> Result<(), Fault> {
        if self.peek() == kind {
            self.next();
            Ok(())
        } else {
            Err(self.expected(what))
        }
    }

    fn or(&mut self) -> Result<Expression, Fault> {
        self.joined("or", Self::and, ExpressionKind::Or)
    }

    fn and(&mut self) -> Result<Expression, Fault> {
        self.joined("and", Self::not, ExpressionKind::And)
    }

    /// One part, or several with `word` between them.
    fn joined(
        &mut self,
        word: &str,
        part: fn(&mut Self) -> Result<Expression, Fault>,
        kind: fn(Vec<Expression>) -> ExpressionKind,
    ) -> Result<Expression, Fault> {
        let first = part(self)?;
        let position = self.position();
        if !self.keyword(word) {
            return Ok(first);
        }
        let mut parts = vec![first, part(self)?];
        while self.keyword(word) {
            parts.push(part(self)?);
        }
        Ok(Expression::new(kind(parts), position))
    }

    fn not(&mut self) -> Result<Expression, Fault> {
        let position = self.position();
        // A property may be called not; an operator is not followed by another.
        if !self.keyword("not") {
            return self.comparison();
        }
        let inner = self.deeper(Self::not)?;
        Ok(Expression::new(ExpressionKind::Not(Box::new(inner)), position))
    }

    fn comparison(&mut self) -> Result<Expression, Fault> {
        let left = self.primary()?;
        let position = self.position();
        if let Some(operator) =
            Operator::ALL.into_iter().find(|operator| self.keyword(operator.word()))
        {
            let right = self.primary()?;
            let kind = ExpressionKind::Compare(Box::new(left), operator, Box::new(right));
            return Ok(Expression::new(kind, position));
        }
        if self.keyword("in") {
            self.take(&TokenKind::Open, "a list in parentheses")?;
            let values = self.list()?;
            return Ok(Expression::new(ExpressionKind::In(Box::new(left), values), position));
        }
        Ok(left)
    }

    fn primary(&mut self) -> Result<Expression, Fault> {
        let position = self.position();
        let kind = match self.peek().clone() {
            TokenKind::Open => {
                self.next();
                let inner = self.deeper(Self::or)?;
                self.take(&TokenKind::Close, "')'")?;
                return Ok(inner);
            }
            TokenKind::Text(text) => {
                self.next();
                ExpressionKind::String(text)
            }
            TokenKind::Number(text) => {
                self.next();
                ExpressionKind::Literal(text)
            }
            TokenKind::Name(name) => {
                self.next();
                self.named(name, position)?
            }
            TokenKind::Close | TokenKind::Comma | TokenKind::End => {
                return Err(self.expected("a property or a value"));
            }
        };
        Ok(Expression::new(kind, position))
    }

    /// What a name begins: a call, a member of an enumeration, a constant, or a property.
    fn named(&mut self, name: String, position: Position) -> Result<ExpressionKind, Fault> {
        match self.peek().clone() {
            TokenKind::Open if name.ends_with("/any") || name.ends_with("/all") => {
                Err(Fault::new(position, "any and all are not supported"))
            }
            TokenKind::Open => {
                self.next();
                Ok(ExpressionKind::Call(name, self.deeper(Self::list)?))
            }
            TokenKind::Text(member) if name.contains('.') => {
                self.next();
                Ok(ExpressionKind::EnumMember(name, member))
            }
            _ => Ok(match name.to_ascii_lowercase().as_str() {
                "true" => ExpressionKind::True,
                "false" => ExpressionKind::False,
                "null" => ExpressionKind::Null,
                _ => ExpressionKind::Path(name),
            }),
        }
    }

    /// Expressions up to the closing parenthesis.
    fn list(&mut self) -> Result<Vec<Expression>, Fault> {
        let mut items = Vec::new();
        if *self.peek() == TokenKind::Close {
            self.next();
            return Ok(items);
        }
        loop {
            items.push(self.or()?);
            match self.peek() {
                TokenKind::Comma => drop(self.next()),
                TokenKind::Close => {
                    self.next();
                    return Ok(items);
                }
                _ => return Err(self.expected("',' or ')'")),
            }
        }
    }

    /// Goes one level down, as long as there are any.
    fn deeper<T>(&mut self, inner: fn(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(Fault::new(
                self.position(),
                format!("it nests deeper than {DEPTH} levels"),
            ));
        }
        let done = inner(self);
        self.depth -= 1;
        done
    }
}
