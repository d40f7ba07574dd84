//! Lines, while their bytes come.

/// The longest line that is looked at, in bytes: some ten times what a code needs.
const LONGEST: usize = 4096;

/// Bytes on their way to becoming lines, ended by CR, LF or both.
#[derive(Debug, Default)]
pub(super) struct Lines {
    rest: Vec<u8>,
    count: u32,
    /// The last byte was a CR: an LF after it belongs to the same ending.
    after_cr: bool,
    too_long: bool,
    /// It is text of another kind: no line of it can be read.
    foreign: bool,
}

/// What a line is.
#[derive(Clone, Copy)]
pub(super) enum Content<'l> {
    Text(&'l str),
    /// It cannot be read: why, and what to do.
    Faulty(&'static str, &'static str),
}

impl Lines {
    /// How many lines there were.
    pub(super) fn count(&self) -> u32 {
        self.count
    }

    /// Gives every line that is whole with these bytes.
    pub(super) fn feed(&mut self, bytes: &[u8], mut line: impl FnMut(u32, Content<'_>)) {
        let mut begin = 0;
        for (place, byte) in bytes.iter().enumerate() {
            if !matches!(byte, b'\r' | b'\n') {
                self.after_cr = false;
                continue;
            }
            if *byte == b'\n' && self.after_cr {
                self.after_cr = false;
            } else {
                self.take(&bytes[begin..place]);
                self.give(&mut line);
                self.after_cr = *byte == b'\r';
            }
            begin = place + 1;
        }
        self.take(&bytes[begin..]);
    }

    /// Gives the last line, if it has no ending.
    pub(super) fn end(&mut self, mut line: impl FnMut(u32, Content<'_>)) {
        if !self.rest.is_empty() || self.too_long {
            self.give(&mut line);
        }
    }

    fn take(&mut self, part: &[u8]) {
        if self.rest.len() + part.len() > LONGEST {
            self.too_long = true;
            self.rest.clear();
        } else if !self.too_long {
            self.rest.extend_from_slice(part);
        }
    }

    fn give(&mut self, line: &mut impl FnMut(u32, Content<'_>)) {
        self.count = self.count.saturating_add(1);
        if self.foreign {
            self.rest.clear();
            return;
        }
        let bytes = if self.count == 1 { without_mark(&self.rest) } else { &self.rest };
        let content = if self.too_long {
            Content::Faulty(
                "is longer than any activation code",
                "a quote may be missing; one code stands on one line",
            )
        } else if self.count == 1 && is_utf16(bytes) {
            self.foreign = true;
            Content::Faulty(
                "is text in UTF-16",
                "save the file as 'CSV UTF-8', not as 'Unicode text'",
            )
        } else {
            match std::str::from_utf8(bytes) {
                Ok(text) => Content::Text(text),
                Err(_) => Content::Faulty("is not text in UTF-8", "save the file as 'CSV UTF-8'"),
            }
        };
        line(self.count, content);
        self.rest.clear();
        self.too_long = false;
    }
}

/// A line without the byte-order mark that Windows' programs write.
fn without_mark(line: &[u8]) -> &[u8] {
    line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line)
}

fn is_utf16(line: &[u8]) -> bool {
    line.starts_with(b"\xff\xfe") || line.starts_with(b"\xfe\xff")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Content, LONGEST, Lines};

    fn lines(parts: &[&[u8]]) -> Vec<(u32, String)> {
        let mut seen = Vec::new();
        let mut line = |number, content: Content<'_>| {
            seen.push((
                number,
                match content {
                    Content::Text(text) => text.to_owned(),
                    Content::Faulty(reason, _) => format!("! {reason}"),
                },
            ));
        };
        let mut lines = Lines::default();
        for part in parts {
            lines.feed(part, &mut line);
        }
        lines.end(&mut line);
        seen
    }

    #[test]
    fn every_ending_ends_a_line_once() {
        let expected = [(1, "a".into()), (2, "b".into()), (3, String::new()), (4, "c".into())];
        for text in ["a\nb\n\nc", "a\r\nb\r\n\r\nc\r\n", "a\rb\r\rc\r", "\u{feff}a\nb\r\n\nc\n"] {
            assert_eq!(lines(&[text.as_bytes()]), expected, "{text:?}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_told_and_the_next_line_is_read() {
        let long = "x".repeat(LONGEST + 1);
        assert_eq!(
            lines(&[long.as_bytes(), b"\nb\n\xff\xff\nd"]),
            [
                (1, "! is longer than any activation code".into()),
                (2, "b".into()),
                (3, "! is not text in UTF-8".into()),
                (4, "d".into()),
            ]
        );
        assert_eq!(lines(&[b"\xff\xfea\0"]), [(1, "! is text in UTF-16".into())]);
    }

    proptest! {
        #[test]
        fn lines_are_the_same_however_their_bytes_come(
            text in "[ab,\r\n]{0,60}",
            cuts in prop::collection::vec(0_usize..60, 0..6),
        ) {
            let bytes = text.as_bytes();
            let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            cuts.sort_unstable();
            let mut parts = Vec::new();
            let mut begin = 0;
            for cut in cuts {
                parts.push(&bytes[begin..cut]);
                begin = cut;
            }
            parts.push(&bytes[begin..]);
            prop_assert_eq!(lines(&parts), lines(&[bytes]));
        }
    }
}
