//! Reads files of activation codes, as carriers and spreadsheets write them: line by line, while the
//! bytes arrive. A line that contains no valid code is rejected with a reason and a hint. Depends on
//! `domain`; knows nothing of HTTP or of what is already stored.
//!
//! Accepted are a host on the first line, followed by lines of `ICCID,MatchingID`; a header that
//! names columns in any order; and complete `LPA:1$…` strings. The header is a first guess: the values
//! decide between a host, a matching id and a whole code. Separators are commas, semicolons or tabs.
//! Quotes, line breaks inside of them, a byte-order mark, Excel's `sep=;`, any line ending, trailing
//! separators, empty lines, and lines before the header that say something else are understood.

mod columns;
mod facts;
mod fields;
mod header;
mod layout;
mod lines;
mod records;
mod rejection;
mod secret;
mod spreadsheet_damage;
mod values;

use std::borrow::Cow;

use crate::domain::{ImportedCode, MAX_REPORTED_REJECTIONS, Rejection, Rules};

pub use columns::{KNOWN_COLUMNS, KnownColumn};
use fields::FieldSplitter;
pub use header::{IgnoredColumns, UnderstoodColumn};
use layout::{Layout, LineResult};
use lines::{LineContent, Lines};
use records::Records;

/// A line that contains a code or should contain one.
#[derive(Debug)]
pub enum Line {
    /// Its number, from 1, and the code.
    Code(u32, ImportedCode),
    /// It was rejected.
    Rejected(Rejection),
    /// It was rejected after a thousand others, so that it is only to be counted: its number, the
    /// reason, and how to correct it.
    Unlisted(u32, Cow<'static, str>, &'static str),
}

/// Reads a file in chunks, and keeps none of them.
#[derive(Debug)]
pub struct Reader {
    lines: Lines,
    records: Records,
    parser: Parser,
}

/// What a line is parsed with.
#[derive(Debug)]
struct Parser {
    splitter: FieldSplitter,
    layout: Layout,
    /// The number of rejected lines that were reported.
    reported: usize,
}

impl Reader {
    /// A reader that validates codes by these rules. Columns that are neither understood nor to be
    /// ignored are a reason to reject the file.
    #[must_use]
    pub fn new(rules: Rules, ignored: IgnoredColumns) -> Self {
        let (splitter, layout) = (FieldSplitter::new(), Layout::new(rules, ignored));
        let parser = Parser { splitter, layout, reported: 0 };
        Self { lines: Lines::default(), records: Records::default(), parser }
    }

    /// Passes the lines that these bytes complete to `line`, except those that are not meant to
    /// contain a code.
    pub fn feed(&mut self, bytes: &[u8], mut line: impl FnMut(Line)) {
        let Self { lines, records, parser } = self;
        let mut record = |number, content: LineContent<'_>| {
            if let Some(parsed) = parser.line(number, content) {
                line(parsed);
            }
        };
        lines.feed(bytes, |number, content| records.add(number, content, &mut record));
    }

    /// Passes on the last line, if it has no line ending, and the rejection of the file, if it contains
    /// no code.
    pub fn end(&mut self, mut line: impl FnMut(Line)) {
        let Self { lines, records, parser } = self;
        let mut record = |number, content: LineContent<'_>| {
            if let Some(parsed) = parser.line(number, content) {
                line(parsed);
            }
        };
        lines.end(|number, content| records.add(number, content, &mut record));
        records.end(&mut record);
        if let Some((number, fault)) = parser.layout.end() {
            let number = number.unwrap_or_else(|| lines.count().max(1));
            line(Line::Rejected(fault.rejection(number)));
        }
    }

    /// The host on the first line, or else the host of the first code. The pool is named after it.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        self.parser.layout.host()
    }

    /// The columns that are understood, as far as the file was read.
    #[must_use]
    pub fn columns_understood(&self) -> &[UnderstoodColumn] {
        self.parser.layout.understood()
    }

    /// The columns that are not understood, by name, as far as the file was read.
    #[must_use]
    pub fn columns_not_understood(&self) -> &[String] {
        self.parser.layout.not_understood()
    }
}

impl Parser {
    fn line(&mut self, number: u32, content: LineContent<'_>) -> Option<Line> {
        let Self { splitter, layout, reported } = self;
        let fields;
        let result = match content {
            LineContent::Text(text) => {
                fields = splitter.split(text);
                layout.read(number, &fields)
            }
            LineContent::Invalid(reason, hint) => layout.reject_line(reason, hint),
        };
        match result {
            LineResult::Ignored => None,
            LineResult::Code(code) => Some(Line::Code(number, code)),
            LineResult::Rejected(fault) if *reported < MAX_REPORTED_REJECTIONS => {
                *reported += 1;
                Some(Line::Rejected(fault.rejection(number)))
            }
            LineResult::Rejected(fault) => {
                let (reason, hint) = fault.reason_and_hint();
                Some(Line::Unlisted(number, reason, hint))
            }
        }
    }
}
