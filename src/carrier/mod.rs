//! Reads files of activation codes, as carriers and spreadsheets write them: line by line, while the
//! bytes arrive. A line that contains no valid code is rejected with a reason and a hint. Depends on
//! `domain`; knows nothing of HTTP or of what is already stored.
//!
//! Accepted are a host on the first line, followed by lines of `ICCID,MatchingID`; a header that
//! names columns in any order; and complete `LPA:1$…` strings. Separators are commas, semicolons or
//! tabs. Quotes, a byte-order mark, Excel's `sep=;`, any line ending, trailing separators and empty
//! lines are understood.

mod columns;
mod fields;
mod layout;
mod lines;
mod rejection;
mod spreadsheet_damage;

use crate::domain::{ActivationCode, Rejection, Rules};

use fields::FieldSplitter;
use layout::{Layout, LineResult};
use lines::{LineContent, Lines};

/// A line that contains a code or should contain one.
#[derive(Debug)]
pub struct Line {
    /// The line number, from 1.
    pub number: u32,
    /// The code, or why it was rejected.
    pub code: Result<ActivationCode, Rejection>,
}

/// Reads a file in chunks.
#[derive(Debug)]
pub struct Reader {
    lines: Lines,
    splitter: FieldSplitter,
    layout: Layout,
    rules: Rules,
}

impl Reader {
    /// A reader that validates codes by these rules.
    #[must_use]
    pub fn new(rules: Rules) -> Self {
        Self {
            lines: Lines::default(),
            splitter: FieldSplitter::new(),
            layout: Layout::default(),
            rules,
        }
    }

    /// The lines that these bytes complete, except those that are not meant to contain a code.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<Line> {
        let mut read = Vec::new();
        let Self { lines, splitter, layout, rules } = self;
        lines.feed(bytes, |number, line| {
            read.extend(Self::line(splitter, layout, rules, number, line));
        });
        read
    }

    /// The last line, if it has no line ending, and the rejection of the file, if it contains no code.
    pub fn end(&mut self) -> Vec<Line> {
        let mut read = Vec::new();
        let Self { lines, splitter, layout, rules } = self;
        lines.end(|number, line| read.extend(Self::line(splitter, layout, rules, number, line)));
        if let Some(rejection) = layout.end(self.lines.count()) {
            read.push(Line { number: rejection.line, code: Err(rejection) });
        }
        read
    }

    /// The host on the first line, or else the host of the first code. The pool is named after it.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        self.layout.host()
    }

    fn line(
        splitter: &mut FieldSplitter,
        layout: &mut Layout,
        rules: &Rules,
        number: u32,
        line: LineContent<'_>,
    ) -> Option<Line> {
        let result = match line {
            LineContent::Text(text) => layout.read(number, &splitter.split(text), rules),
            LineContent::Invalid(reason, hint) => layout.reject_line(number, reason, hint),
        };
        match result {
            LineResult::Ignored => None,
            LineResult::Code(code) => Some(Line { number, code: Ok(code) }),
            LineResult::Rejected(rejection) => Some(Line { number, code: Err(rejection) }),
        }
    }
}
