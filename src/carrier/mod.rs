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

use crate::domain::{ActivationCode, MAX_REPORTED_REJECTIONS, Rejection, Rules};

use fields::FieldSplitter;
use layout::{Layout, LineResult};
use lines::{LineContent, Lines};
use rejection::Fault;

/// A line that contains a code or should contain one.
#[derive(Debug)]
pub enum Line {
    /// Its number, from 1, and the code.
    Code(u32, ActivationCode),
    /// It was rejected. The first thousand are reported, the others are only to be counted.
    Rejected(Option<Rejection>),
}

/// Reads a file in chunks, and keeps none of them.
#[derive(Debug)]
pub struct Reader {
    lines: Lines,
    parser: Parser,
}

/// What a line is parsed with.
#[derive(Debug)]
struct Parser {
    splitter: FieldSplitter,
    layout: Layout,
    rules: Rules,
    /// The number of rejected lines that were reported.
    reported: usize,
}

impl Reader {
    /// A reader that validates codes by these rules.
    #[must_use]
    pub fn new(rules: Rules) -> Self {
        let (splitter, layout) = (FieldSplitter::new(), Layout::default());
        Self { lines: Lines::default(), parser: Parser { splitter, layout, rules, reported: 0 } }
    }

    /// Passes the lines that these bytes complete to `line`, except those that are not meant to
    /// contain a code.
    pub fn feed(&mut self, bytes: &[u8], mut line: impl FnMut(Line)) {
        let Self { lines, parser } = self;
        lines.feed(bytes, |number, content| {
            if let Some(parsed) = parser.line(number, content) {
                line(parsed);
            }
        });
    }

    /// Passes on the last line, if it has no line ending, and the rejection of the file, if it contains
    /// no code.
    pub fn end(&mut self, mut line: impl FnMut(Line)) {
        let Self { lines, parser } = self;
        lines.end(|number, content| {
            if let Some(parsed) = parser.line(number, content) {
                line(parsed);
            }
        });
        if let Some(fault) = parser.layout.end() {
            line(Line::Rejected(Some(fault.rejection(lines.count().max(1)))));
        }
    }

    /// The host on the first line, or else the host of the first code. The pool is named after it.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        self.parser.layout.host()
    }
}

impl Parser {
    fn line(&mut self, number: u32, content: LineContent<'_>) -> Option<Line> {
        let Self { splitter, layout, rules, reported } = self;
        let fields;
        let result = match content {
            LineContent::Text(text) => {
                fields = splitter.split(text);
                layout.read(&fields, rules)
            }
            LineContent::Invalid(reason, hint) => layout.reject_line(reason, hint),
        };
        match result {
            LineResult::Ignored => None,
            LineResult::Code(code) => Some(Line::Code(number, code)),
            LineResult::Rejected(fault) => Some(Line::Rejected(report(number, fault, reported))),
        }
    }
}

/// The report of a line, if it is among the first.
fn report(line: u32, fault: Fault<'_>, reported: &mut usize) -> Option<Rejection> {
    (*reported < MAX_REPORTED_REJECTIONS).then(|| {
        *reported += 1;
        fault.rejection(line)
    })
}
