//! Joins lines to records: a field in quotes may hold line breaks (RFC 4180).

use super::lines::{LineContent, MAX_LINE_BYTES};

/// More lines than a field of such a file has.
const MAX_LINES: usize = 32;

/// Lines that began a quote which is still open.
#[derive(Debug, Default)]
pub(super) struct Records {
    pending: Vec<(u32, String)>,
    bytes: usize,
}

impl Records {
    /// Passes the record that this line completes, and the number of its first line, to `record`.
    pub(super) fn add(
        &mut self,
        number: u32,
        content: LineContent<'_>,
        record: &mut impl FnMut(u32, LineContent<'_>),
    ) {
        let open = !self.pending.is_empty();
        let LineContent::Text(text) = content else {
            self.end(record);
            return record(number, content);
        };
        if !open && !text.as_bytes().contains(&b'"') {
            return record(number, content);
        }
        let remains_open = is_open_after(text, open);
        if !open && !remains_open {
            return record(number, content);
        }
        self.bytes += text.len() + 1;
        self.pending.push((number, text.to_owned()));
        if !remains_open {
            let lines = std::mem::take(&mut self.pending);
            self.bytes = 0;
            let text: Vec<_> = lines.iter().map(|(_, text)| text.as_str()).collect();
            record(lines[0].0, LineContent::Text(&text.join("\n")));
        } else if self.pending.len() > MAX_LINES || self.bytes > MAX_LINE_BYTES {
            self.give_up(record);
        }
    }

    /// Passes on what is left: no line has closed the quote.
    pub(super) fn end(&mut self, record: &mut impl FnMut(u32, LineContent<'_>)) {
        while !self.pending.is_empty() {
            self.give_up(record);
        }
    }

    /// The line that began the quote cannot be read. Those after it may well be.
    fn give_up(&mut self, record: &mut impl FnMut(u32, LineContent<'_>)) {
        self.bytes = 0;
        let mut lines = std::mem::take(&mut self.pending).into_iter();
        if let Some((number, _)) = lines.next() {
            let (reason, hint) = (
                "begins a quote that no line ends",
                "add the closing quote, or remove the first one",
            );
            record(number, LineContent::Invalid(reason, hint));
        }
        for (number, text) in lines {
            self.add(number, LineContent::Text(&text), record);
        }
    }
}

/// Whether a quote is open after a line, if one was or was not before it. A quote opens only where a
/// field begins.
fn is_open_after(text: &str, mut open: bool) -> bool {
    let mut begins = !open;
    let mut bytes = text.bytes().peekable();
    while let Some(byte) = bytes.next() {
        match (open, byte) {
            (true, b'"') if bytes.peek() == Some(&b'"') => drop(bytes.next()),
            (true, b'"') => open = false,
            (true, _) | (false, b' ') => {}
            (false, b'"') if begins => (open, begins) = (true, false),
            (false, b',' | b';' | b'\t') => begins = true,
            (false, _) => begins = false,
        }
    }
    open
}

#[cfg(test)]
mod tests {
    use super::{LineContent, MAX_LINES, Records};

    fn records(lines: &[&str]) -> Vec<(u32, String)> {
        let mut seen = Vec::new();
        let mut record = |number, content: LineContent<'_>| {
            seen.push((
                number,
                match content {
                    LineContent::Text(text) => text.to_owned(),
                    LineContent::Invalid(reason, _) => format!("! {reason}"),
                },
            ));
        };
        let mut records = Records::default();
        for (number, line) in (1..).zip(lines) {
            records.add(number, LineContent::Text(line), &mut record);
        }
        records.end(&mut record);
        seen
    }

    #[test]
    fn a_quoted_field_may_hold_line_breaks() {
        assert_eq!(
            records(&["a,b", "\"c", "", "d\",e", "f;\"g\"\"", "h\";\"i\"", "j"]),
            [
                (1, "a,b".into()),
                (2, "\"c\n\nd\",e".into()),
                (5, "f;\"g\"\"\nh\";\"i\"".into()),
                (7, "j".into()),
            ]
        );
        for whole in ["=\"8944\",b", "5\" screen,b", "\"a\"\"\",b", "'\"'"] {
            assert_eq!(records(&[whole, "next"]).len(), 2, "{whole}");
        }
    }

    #[test]
    fn a_quote_that_nothing_closes_costs_one_line() {
        let unclosed = "! begins a quote that no line ends".to_owned();
        assert_eq!(
            records(&["\"a,b", "c,d", "e"]),
            [(1, unclosed.clone()), (2, "c,d".into()), (3, "e".into())]
        );
        let mut lines = vec!["\"a,b"];
        lines.resize(3 * MAX_LINES, "c,d");
        let seen = records(&lines);
        assert_eq!((seen.len(), &seen[0]), (lines.len(), &(1, unclosed)));
    }
}
