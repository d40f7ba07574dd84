//! Parses a `$filter`: the part of OData's ABNF that Graph's clients use.

use super::expression::{Expression, ExpressionKind, Operator};
use super::lexer::{Position, SyntaxError, Token, TokenKind, tokens};

/// How deep parentheses, calls and `not` may nest.
const MAX_DEPTH: usize = 32;

/// Parses a filter.
pub(super) fn parse(text: &str) -> Result<Expression, SyntaxError> {
    let mut parser = Parser { tokens: tokens(text)?, index: 0, depth: 0 };
    let expression = parser.or()?;
    match parser.peek() {
        TokenKind::End => Ok(expression),
        _ => Err(parser.expected("'and', 'or' or the end of the expression")),
    }
}

struct Parser {
    tokens: Vec<Token>,
    index: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> &TokenKind {
        &self.tokens[self.index].kind
    }

    fn position(&self) -> Position {
        self.tokens[self.index].position
    }

    /// Takes the next token, except the end.
    fn next(&mut self) -> TokenKind {
        let kind = self.tokens[self.index].kind.clone();
        self.index = (self.index + 1).min(self.tokens.len() - 1);
        kind
    }

    fn expected(&self, what: &str) -> SyntaxError {
        SyntaxError::expected(self.position(), what)
    }

    /// Takes the next token if it is this keyword, in any letter case.
    fn keyword(&mut self, keyword: &str) -> bool {
        let found =
            matches!(self.peek(), TokenKind::Name(name) if name.eq_ignore_ascii_case(keyword));
        if found {
            self.next();
        }
        found
    }

    fn take(&mut self, kind: &TokenKind, what: &str) -> Result<(), SyntaxError> {
        if self.peek() == kind {
            self.next();
            Ok(())
        } else {
            Err(self.expected(what))
        }
    }

    fn or(&mut self) -> Result<Expression, SyntaxError> {
        self.joined("or", Self::and, ExpressionKind::Or)
    }

    fn and(&mut self) -> Result<Expression, SyntaxError> {
        self.joined("and", Self::not, ExpressionKind::And)
    }

    /// Parses one operand, or several joined by `operator`.
    fn joined(
        &mut self,
        operator: &str,
        operand: fn(&mut Self) -> Result<Expression, SyntaxError>,
        kind: fn(Vec<Expression>) -> ExpressionKind,
    ) -> Result<Expression, SyntaxError> {
        let first = operand(self)?;
        let position = self.position();
        if !self.keyword(operator) {
            return Ok(first);
        }
        let mut operands = vec![first, operand(self)?];
        while self.keyword(operator) {
            operands.push(operand(self)?);
        }
        Ok(Expression::new(kind(operands), position))
    }

    fn not(&mut self) -> Result<Expression, SyntaxError> {
        let position = self.position();
        if !self.keyword("not") {
            return self.comparison();
        }
        let inner = self.deeper(Self::not)?;
        Ok(Expression::new(ExpressionKind::Not(Box::new(inner)), position))
    }

    fn comparison(&mut self) -> Result<Expression, SyntaxError> {
        let left = self.primary()?;
        let position = self.position();
        if let Some(operator) =
            Operator::ALL.into_iter().find(|operator| self.keyword(operator.keyword()))
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

    fn primary(&mut self) -> Result<Expression, SyntaxError> {
        let position = self.position();
        let kind = match self.peek().clone() {
            TokenKind::Open => {
                self.next();
                let inner = self.deeper(Self::or)?;
                self.take(&TokenKind::Close, "')'")?;
                return Ok(inner);
            }
            TokenKind::String(text) => {
                self.next();
                ExpressionKind::String(text)
            }
            TokenKind::Literal(text) => {
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

    /// Parses what starts with a name: a call, an enumeration member, a constant or a property.
    fn named(&mut self, name: String, position: Position) -> Result<ExpressionKind, SyntaxError> {
        match self.peek().clone() {
            TokenKind::Open if name.ends_with("/any") || name.ends_with("/all") => {
                Err(SyntaxError::new(position, "any and all are not supported"))
            }
            TokenKind::Open => {
                self.next();
                Ok(ExpressionKind::Call(name, self.deeper(Self::list)?))
            }
            TokenKind::String(member) if name.contains('.') => {
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

    /// Parses expressions up to the closing parenthesis.
    fn list(&mut self) -> Result<Vec<Expression>, SyntaxError> {
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

    /// Parses `inner` one level deeper, up to [`MAX_DEPTH`].
    fn deeper<T>(
        &mut self,
        inner: fn(&mut Self) -> Result<T, SyntaxError>,
    ) -> Result<T, SyntaxError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(SyntaxError::new(
                self.position(),
                format!("the expression nests deeper than {MAX_DEPTH} levels"),
            ));
        }
        let parsed = inner(self);
        self.depth -= 1;
        parsed
    }
}
