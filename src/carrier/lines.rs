//! Assembles lines from chunks of bytes.

/// Longer lines are rejected. A code needs about a tenth.
pub(super) const MAX_LINE_BYTES: usize = 4096;

/// An unfinished line, and the count of the lines before it. A line ends with CR, LF or both.
#[derive(Debug, Default)]
pub(super) struct Lines {
    unfinished: Vec<u8>,
    count: u32,
    /// The last byte was a CR, so that an LF after it belongs to the same line ending.
    after_cr: bool,
    too_long: bool,
    /// The file is in UTF-16, so that no line can be read.
    utf16: bool,
}

/// The content of a line.
#[derive(Clone, Copy)]
pub(super) enum LineContent<'l> {
    Text(&'l str),
    /// The line cannot be read: the reason, and what to do.
    Invalid(&'static str, &'static str),
}

impl Lines {
    /// The number of lines so far.
    pub(super) fn count(&self) -> u32 {
        self.count
    }

    /// Passes each line that these bytes complete, and its number, to `line`.
    pub(super) fn feed(&mut self, bytes: &[u8], mut line: impl FnMut(u32, LineContent<'_>)) {
        let mut start = 0;
        for (index, byte) in bytes.iter().enumerate() {
            if !matches!(byte, b'\r' | b'\n') {
                self.after_cr = false;
                continue;
            }
            if *byte == b'\n' && self.after_cr {
                self.after_cr = false;
            } else {
                self.append(&bytes[start..index]);
                self.complete(&mut line);
                self.after_cr = *byte == b'\r';
            }
            start = index + 1;
        }
        self.append(&bytes[start..]);
    }

    /// Passes on the last line if it has no line ending.
    pub(super) fn end(&mut self, mut line: impl FnMut(u32, LineContent<'_>)) {
        if !self.unfinished.is_empty() || self.too_long {
            self.complete(&mut line);
        }
    }

    fn append(&mut self, part: &[u8]) {
        if self.unfinished.len() + part.len() > MAX_LINE_BYTES {
            self.too_long = true;
            self.unfinished.clear();
        } else if !self.too_long {
            self.unfinished.extend_from_slice(part);
        }
    }

    fn complete(&mut self, line: &mut impl FnMut(u32, LineContent<'_>)) {
        self.count = self.count.saturating_add(1);
        if self.utf16 {
            self.unfinished.clear();
            return;
        }
        let bytes = if self.count == 1 {
            without_byte_order_mark(&self.unfinished)
        } else {
            &self.unfinished
        };
        let content = if self.too_long {
            LineContent::Invalid(
                "is longer than any activation code",
                "a closing quote may be missing; each code has a line of its own",
            )
        } else if self.count == 1 && is_utf16(bytes) {
            self.utf16 = true;
            LineContent::Invalid(
                "is encoded in UTF-16",
                "save the file as 'CSV UTF-8', not as 'Unicode text'",
            )
        } else {
            match std::str::from_utf8(bytes) {
                Ok(text) => LineContent::Text(text),
                Err(_) => {
                    LineContent::Invalid("is not valid UTF-8", "save the file as 'CSV UTF-8'")
                }
            }
        };
        line(self.count, content);
        self.unfinished.clear();
        self.too_long = false;
    }
}

/// A line without the byte-order mark that Windows programs write.
fn without_byte_order_mark(line: &[u8]) -> &[u8] {
    line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line)
}

fn is_utf16(line: &[u8]) -> bool {
    line.starts_with(b"\xff\xfe") || line.starts_with(b"\xfe\xff")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{LineContent, Lines, MAX_LINE_BYTES};

    fn lines(parts: &[&[u8]]) -> Vec<(u32, String)> {
        let mut seen = Vec::new();
        let mut line = |number, content: LineContent<'_>| {
            seen.push((
                number,
                match content {
                    LineContent::Text(text) => text.to_owned(),
                    LineContent::Invalid(reason, _) => format!("! {reason}"),
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
    fn every_line_ending_ends_one_line() {
        let expected = [(1, "a".into()), (2, "b".into()), (3, String::new()), (4, "c".into())];
        for text in ["a\nb\n\nc", "a\r\nb\r\n\r\nc\r\n", "a\rb\r\rc\r", "\u{feff}a\nb\r\n\nc\n"] {
            assert_eq!(lines(&[text.as_bytes()]), expected, "{text:?}");
        }
    }

    #[test]
    fn an_unreadable_line_is_reported_and_the_next_one_is_read() {
        let long = "x".repeat(MAX_LINE_BYTES + 1);
        assert_eq!(
            lines(&[long.as_bytes(), b"\nb\n\xff\xff\nd"]),
            [
                (1, "! is longer than any activation code".into()),
                (2, "b".into()),
                (3, "! is not valid UTF-8".into()),
                (4, "d".into()),
            ]
        );
        assert_eq!(lines(&[b"\xff\xfea\0"]), [(1, "! is encoded in UTF-16".into())]);
    }

    proptest! {
        #[test]
        fn lines_do_not_depend_on_how_their_bytes_are_divided(
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
