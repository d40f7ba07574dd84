//! SQL that is put together at run time.

use super::engine::Dialect;
use super::statement::{Arg, Statement};

/// SQL while it is put together. Nothing that comes from outside is ever a part of the text: it is
/// an argument.
#[derive(Debug)]
pub(super) struct Sql {
    pub(super) dialect: Dialect,
    text: String,
    args: Vec<Arg>,
}

impl Sql {
    /// A beginning, with the arguments `$1`, `$2`, … that it names.
    pub(super) fn new(dialect: Dialect, text: &str, args: impl Into<Vec<Arg>>) -> Self {
        Self { dialect, text: text.to_owned(), args: args.into() }
    }

    pub(super) fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// Puts a value in, as an argument.
    pub(super) fn arg(&mut self, arg: impl Into<Arg>) -> &mut Self {
        self.args.push(arg.into());
        let place = self.args.len().to_string();
        self.push("$").push(&place)
    }

    /// Puts values in, with commas between them.
    pub(super) fn list(&mut self, args: impl IntoIterator<Item = Arg>) -> &mut Self {
        for (place, arg) in args.into_iter().enumerate() {
            self.push(if place == 0 { "" } else { ", " }).arg(arg);
        }
        self
    }

    pub(super) fn finish(self) -> Statement {
        Statement::dynamic(self.text, self.args)
    }
}
