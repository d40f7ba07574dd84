//! Files of activation codes, as carriers and spreadsheets make them: from bytes to codes, line by
//! line, and of every line that is none what is wrong with it and what to do. Leans on `domain`.
//!
//! What is read: the carrier's form (a host on the first line, then `ICCID,MatchingID`), a header
//! row with named columns in any order, whole `LPA:1$…` strings; commas, semicolons or tabs; quotes,
//! a byte-order mark, Excel's `sep=;`, any line ending, separators at the end, blank lines.

mod columns;
mod damage;
mod fields;
mod layout;
mod lines;
mod rejection;

use crate::domain::{ActivationCode, Rejection, Rules};

use fields::Fields;
use layout::{Layout, Read};
use lines::Lines;

/// What became of one line.
#[derive(Debug)]
pub struct Line {
    /// Its number, from 1.
    pub number: u32,
    /// The code that it holds, or why it holds none.
    pub code: Result<ActivationCode, Rejection>,
}

/// Reads a file while it comes.
#[derive(Debug)]
pub struct Reader {
    lines: Lines,
    fields: Fields,
    layout: Layout,
    rules: Rules,
}

impl Reader {
    /// A reader of codes that keep these rules.
    #[must_use]
    pub fn new(rules: Rules) -> Self {
        Self { lines: Lines::default(), fields: Fields::new(), layout: Layout::default(), rules }
    }

    /// The lines that are whole with these bytes, as far as they should hold a code.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<Line> {
        let mut read = Vec::new();
        let Self { lines, fields, layout, rules } = self;
        lines.feed(bytes, |number, line| {
            read.extend(Self::line(fields, layout, rules, number, line));
        });
        read
    }

    /// The last line, if no line ending follows it, and what is wrong with the file as a whole.
    pub fn end(&mut self) -> Vec<Line> {
        let mut read = Vec::new();
        let Self { lines, fields, layout, rules } = self;
        lines.end(|number, line| read.extend(Self::line(fields, layout, rules, number, line)));
        if let Some(rejection) = layout.end(self.lines.count()) {
            read.push(Line { number: rejection.line, code: Err(rejection) });
        }
        read
    }

    /// The host that the file begins with, or that of its first code: it names the pool.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        self.layout.host()
    }

    fn line(
        fields: &mut Fields,
        layout: &mut Layout,
        rules: &Rules,
        number: u32,
        line: lines::Content<'_>,
    ) -> Option<Line> {
        let read = match line {
            lines::Content::Text(text) => {
                let fields = fields.split(text);
                layout.read(number, &fields, rules)
            }
            lines::Content::Faulty(reason, hint) => layout.fault(number, reason, hint),
        };
        match read {
            Read::Nothing => None,
            Read::Code(code) => Some(Line { number, code: Ok(code) }),
            Read::Rejected(rejection) => Some(Line { number, code: Err(rejection) }),
        }
    }
}
