//! Splits lines into fields at commas, semicolons or tabs.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use super::values::cleaned;

/// Splits lines into fields. The first line with two fields determines the separator of the file.
#[derive(Debug)]
pub(super) struct FieldSplitter {
    readers: [(u8, Reader); 3],
    /// The index of the reader to use, once the separator is known.
    separator: Option<usize>,
    text: Vec<u8>,
    ends: Vec<usize>,
}

impl FieldSplitter {
    pub(super) fn new() -> Self {
        let reader = |separator| (separator, ReaderBuilder::new().delimiter(separator).build());
        let readers = [b',', b';', b'\t'].map(reader);
        Self { readers, separator: None, text: Vec::new(), ends: vec![0; 64] }
    }

    /// The trimmed fields of a line, without empty ones at its end. An unterminated quote ends with
    /// the line.
    pub(super) fn split(&mut self, line: &str) -> Vec<String> {
        if self.separator.is_none()
            && let Some(separator) = declared_separator(line)
        {
            self.separator = self.reader(separator);
            return Vec::new();
        }
        let reader = self.separator.or_else(|| self.reader(likely_separator(line)?));
        let mut fields = match reader {
            Some(reader) => {
                record(&mut self.readers[reader].1, line, &mut self.text, &mut self.ends)
            }
            None => vec![cleaned(unquoted(cleaned(line))).to_owned()],
        };
        while fields.last().is_some_and(String::is_empty) {
            fields.pop();
        }
        if fields.iter().filter(|field| !field.is_empty()).count() > 1 {
            self.separator = reader;
        }
        fields
    }

    fn reader(&self, separator: u8) -> Option<usize> {
        self.readers.iter().position(|(known, _)| *known == separator)
    }
}

/// The separator that a line declares for Excel (`sep=;`).
fn declared_separator(line: &str) -> Option<u8> {
    let line = unquoted(line.trim_matches(|character| matches!(character, ' ' | '\r')));
    let (name, separator) = line.split_at_checked(4)?;
    match separator.as_bytes() {
        [separator] if name.eq_ignore_ascii_case("sep=") => Some(*separator),
        _ => None,
    }
}

/// The most likely separator of a line. No field of a code contains any of them.
fn likely_separator(line: &str) -> Option<u8> {
    let count = |separator: char| line.matches(separator).count();
    let (commas, semicolons, tabs) = (count(','), count(';'), count('\t'));
    match (commas, semicolons, tabs) {
        (0, 0, 0) => None,
        (_, _, tabs) if tabs > 0 => Some(b'\t'),
        (commas, semicolons, _) if semicolons >= commas => Some(b';'),
        _ => Some(b','),
    }
}

fn unquoted(text: &str) -> &str {
    text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text)
}

fn record(
    reader: &mut Reader,
    line: &str,
    text: &mut Vec<u8>,
    ends: &mut Vec<usize>,
) -> Vec<String> {
    reader.reset();
    // Removing quotes never makes a line longer.
    text.resize(line.len() + 1, 0);
    let (mut input, mut written, mut count) = (line.as_bytes(), 0, 0);
    loop {
        let (result, read, wrote, ended) =
            reader.read_record(input, &mut text[written..], &mut ends[count..]);
        input = &input[read..];
        written += wrote;
        count += ended;
        match result {
            // An empty input tells the reader that the line has ended.
            ReadRecordResult::InputEmpty if !line.is_empty() => {}
            ReadRecordResult::OutputEndsFull => ends.resize(ends.len() * 2, 0),
            ReadRecordResult::OutputFull => text.resize(text.len() * 2, 0),
            ReadRecordResult::InputEmpty | ReadRecordResult::Record | ReadRecordResult::End => {
                break;
            }
        }
    }
    let mut start = 0;
    ends[..count]
        .iter()
        .map(|&end| {
            let field = cleaned(&String::from_utf8_lossy(&text[start..end])).to_owned();
            start = end;
            field
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::FieldSplitter;

    #[test]
    fn fields_are_split_at_any_separator() {
        for (line, expected) in [
            ("a,b,c", &["a", "b", "c"][..]),
            ("a;b;c", &["a", "b", "c"]),
            ("a\tb\tc", &["a", "b", "c"]),
            ("a;b,c", &["a", "b,c"]),
            (" a , b ,, ,", &["a", "b"]),
            ("\"a\",\"b,c\",\"d\"\"e\"", &["a", "b,c", "d\"e"]),
            ("\"a,b", &["a,b"]),
            (",,", &[]),
            ("", &[]),
            ("   ", &[]),
            ("alone", &["alone"]),
            ("\"alone\"", &["alone"]),
            (",b", &["", "b"]),
            ("smdp.example.com,", &["smdp.example.com"]),
        ] {
            assert_eq!(FieldSplitter::new().split(line), expected, "{line:?}");
        }
    }

    #[test]
    fn the_first_line_with_two_fields_determines_the_separator() {
        let mut fields = FieldSplitter::new();
        assert_eq!(fields.split("smdp.example.com"), ["smdp.example.com"]);
        assert_eq!(fields.split("a;b"), ["a", "b"]);
        assert_eq!(fields.split("a,b;c"), ["a,b", "c"]);
        let mut fields = FieldSplitter::new();
        assert_eq!(fields.split("smdp.example.com,,"), ["smdp.example.com"]);
        assert_eq!(fields.split("a;b"), ["a", "b"]);
        let mut fields = FieldSplitter::new();
        for (line, expected) in
            [("sep=;", &[][..]), ("a,b;c", &["a,b", "c"]), ("sep=,", &["sep=,"])]
        {
            assert_eq!(fields.split(line), expected, "{line}");
        }
        for line in ["\"SEP=,\"", "sep=\t", " sep=, "] {
            let mut fields = FieldSplitter::new();
            assert_eq!(fields.split(line), [""; 0], "{line}");
            assert_eq!(fields.split("a").len(), 1);
        }
        assert_eq!(FieldSplitter::new().split("sep=").len(), 1);
        let mut fields = FieldSplitter::new();
        let wide = (0..200).map(|n| n.to_string()).collect::<Vec<_>>();
        assert_eq!(fields.split(&wide.join(";")), wide);
    }
}
