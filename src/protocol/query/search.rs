//! `$search="spring sale" AND (berlin OR NOT paris)`: words and phrases that some text property
//! contains, without regard to case. `"displayName:spring"` looks at that property only.

use super::lexer::{Fault, Position, quoted};
use crate::domain::{Operand, Predicate, StringMatch, Value, fold};
use crate::protocol::model::Model;

/// How deep parentheses may nest.
const DEPTH: usize = 32;

/// What a search means for entities of type `M`.
pub(super) fn parse<M: Model>(text: &str) -> Result<Predicate<M::Field>, Fault> {
    if M::TEXTS.is_empty() {
        return Err(Fault::new(Position(1), "there is no text here to search"));
    }
    let words = words(text)?;
    let mut search = Search::<M> { words, place: 0, depth: 0, model: std::marker::PhantomData };
    let predicate = search.or()?;
    match search.peek() {
        Word::End => Ok(predicate),
        _ => Err(search.fault("'AND', 'OR' or the end is expected")),
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Word {
    Term(String),
    And,
    Or,
    Not,
    Open,
    Close,
    End,
}

fn words(text: &str) -> Result<Vec<(Word, Position)>, Fault> {
    let signs: Vec<char> = text.chars().collect();
    let mut words = Vec::new();
    let mut place = 0;
    while place < signs.len() {
        let position = Position(place + 1);
        let word = match signs[place] {
            ' ' | '\t' => {
                place += 1;
                continue;
            }
            '(' | ')' => {
                place += 1;
                if signs[place - 1] == '(' { Word::Open } else { Word::Close }
            }
            '"' => Word::Term(quoted(&signs, &mut place, '"', position)?),
            _ => {
                let begin = place;
                while signs
                    .get(place)
                    .is_some_and(|sign| !matches!(sign, ' ' | '\t' | '(' | ')' | '"'))
                {
                    place += 1;
                }
                match signs[begin..place].iter().collect::<String>().as_str() {
                    "AND" => Word::And,
                    "OR" => Word::Or,
                    "NOT" => Word::Not,
                    term => Word::Term(term.to_owned()),
                }
            }
        };
        words.push((word, position));
    }
    words.push((Word::End, Position(signs.len() + 1)));
    Ok(words)
}

struct Search<M> {
    words: Vec<(Word, Position)>,
    place: usize,
    depth: usize,
    model: std::marker::PhantomData<M>,
}

impl<M: Model> Search<M> {
    fn peek(&self) -> &Word {
        &self.words[self.place].0
    }

    fn fault(&self, reason: &str) -> Fault {
        Fault::new(self.words[self.place].1, reason)
    }

    fn take(&mut self, word: &Word) -> bool {
        let found = self.peek() == word;
        if found {
            self.place = (self.place + 1).min(self.words.len() - 1);
        }
        found
    }

    fn or(&mut self) -> Result<Predicate<M::Field>, Fault> {
        let mut any = vec![self.and()?];
        while self.take(&Word::Or) {
            any.push(self.and()?);
        }
        Ok(Predicate::Any(any))
    }

    /// Words side by side are joined by AND.
    fn and(&mut self) -> Result<Predicate<M::Field>, Fault> {
        let mut all = vec![self.term()?];
        loop {
            let joined = self.take(&Word::And);
            let more = matches!(self.peek(), Word::Term(_) | Word::Not | Word::Open);
            if !joined && !more {
                return Ok(Predicate::All(all));
            }
            all.push(self.term()?);
        }
    }

    fn term(&mut self) -> Result<Predicate<M::Field>, Fault> {
        match self.peek().clone() {
            Word::Not => {
                self.take(&Word::Not);
                Ok(Predicate::Not(Box::new(self.deeper(Self::term)?)))
            }
            Word::Open => {
                self.take(&Word::Open);
                let inner = self.deeper(Self::or)?;
                if self.take(&Word::Close) { Ok(inner) } else { Err(self.fault("')' is expected")) }
            }
            Word::Term(term) => {
                if term.is_empty() || term.contains('\0') {
                    return Err(self.fault("a word or a phrase is expected"));
                }
                self.take(&Word::Term(term.clone()));
                Ok(contains::<M>(&term))
            }
            Word::And | Word::Or | Word::Close | Word::End => {
                Err(self.fault("a word or a phrase is expected"))
            }
        }
    }

    fn deeper<T>(&mut self, inner: fn(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(self.fault("it nests too deep"));
        }
        let done = inner(self);
        self.depth -= 1;
        done
    }
}

/// Whether any text property contains a term; of `name:term` only the one of that name.
fn contains<M: Model>(term: &str) -> Predicate<M::Field> {
    let scoped = term.split_once(':').and_then(|(name, term)| {
        let field = M::field(name).filter(|field| M::TEXTS.contains(field))?;
        Some((field, term))
    });
    let has = |field, term: &str| {
        Predicate::Match(
            Operand::Folded(field),
            StringMatch::Contains,
            Operand::Value(Value::String(fold(term))),
        )
    };
    match scoped {
        Some((field, term)) => has(field, term),
        None => Predicate::Any(M::TEXTS.iter().map(|field| has(*field, term)).collect()),
    }
}
