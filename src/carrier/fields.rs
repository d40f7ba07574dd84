//! The fields of a line: what stands between commas, semicolons or tabs.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

/// Takes lines apart. The first line with two fields decides what divides the fields of all.
#[derive(Debug)]
pub(super) struct Fields {
    readers: [(u8, Reader); 3],
    /// Which of them it is, once that is known.
    decided: Option<usize>,
    text: Vec<u8>,
    ends: Vec<usize>,
}

impl Fields {
    pub(super) fn new() -> Self {
        let reader = |separator| (separator, ReaderBuilder::new().delimiter(separator).build());
        let readers = [b',', b';', b'\t'].map(reader);
        Self { readers, decided: None, text: Vec::new(), ends: vec![0; 64] }
    }

    /// The fields of a line without the blanks around them; those that are empty at its end are
    /// none. A quote that does not end ends with the line.
    pub(super) fn split(&mut self, line: &str) -> Vec<String> {
        if self.decided.is_none()
            && let Some(separator) = declared(line)
        {
            self.decided = self.place(separator);
            return Vec::new();
        }
        let place = self.decided.or_else(|| self.place(separator(line)?));
        let mut fields = match place {
            Some(place) => record(&mut self.readers[place].1, line, &mut self.text, &mut self.ends),
            None => vec![unquoted(line.trim()).to_owned()],
        };
        while fields.last().is_some_and(String::is_empty) {
            fields.pop();
        }
        if fields.iter().filter(|field| !field.is_empty()).count() > 1 {
            self.decided = place;
        }
        fields
    }

    fn place(&self, separator: u8) -> Option<usize> {
        self.readers.iter().position(|(known, _)| *known == separator)
    }
}

/// The separator that a line names, as files for Excel do: it holds nothing else.
fn declared(line: &str) -> Option<u8> {
    let line = unquoted(line.trim_matches(|sign| matches!(sign, ' ' | '\r')));
    let (name, separator) = line.split_at_checked(4)?;
    match separator.as_bytes() {
        [separator] if name.eq_ignore_ascii_case("sep=") => Some(*separator),
        _ => None,
    }
}

/// The separator of a line: no field of a code holds any of them.
fn separator(line: &str) -> Option<u8> {
    let count = |sign: char| line.matches(sign).count();
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
    // Unquoting only ever shortens.
    text.resize(line.len() + 1, 0);
    let (mut input, mut written, mut count) = (line.as_bytes(), 0, 0);
    loop {
        let (result, read, wrote, ended) =
            reader.read_record(input, &mut text[written..], &mut ends[count..]);
        input = &input[read..];
        written += wrote;
        count += ended;
        match result {
            // At the end of the line, an empty input says that nothing follows.
            ReadRecordResult::InputEmpty if !line.is_empty() => {}
            ReadRecordResult::OutputEndsFull => ends.resize(ends.len() * 2, 0),
            ReadRecordResult::OutputFull => text.resize(text.len() * 2, 0),
            ReadRecordResult::InputEmpty | ReadRecordResult::Record | ReadRecordResult::End => {
                break;
            }
        }
    }
    let mut begin = 0;
    ends[..count]
        .iter()
        .map(|&end| {
            let field = String::from_utf8_lossy(&text[begin..end]).trim().to_owned();
            begin = end;
            field
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::Fields;

    #[test]
    fn fields_are_found_whatever_divides_them() {
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
            assert_eq!(Fields::new().split(line), expected, "{line:?}");
        }
    }

    #[test]
    fn the_first_line_with_two_fields_says_what_divides_them_in_the_whole_file() {
        let mut fields = Fields::new();
        assert_eq!(fields.split("smdp.example.com"), ["smdp.example.com"]);
        assert_eq!(fields.split("a;b"), ["a", "b"]);
        assert_eq!(fields.split("a,b;c"), ["a,b", "c"]);
        let mut fields = Fields::new();
        assert_eq!(fields.split("smdp.example.com,,"), ["smdp.example.com"]);
        assert_eq!(fields.split("a;b"), ["a", "b"]);
        let mut fields = Fields::new();
        for (line, expected) in
            [("sep=;", &[][..]), ("a,b;c", &["a,b", "c"]), ("sep=,", &["sep=,"])]
        {
            assert_eq!(fields.split(line), expected, "{line}");
        }
        for line in ["\"SEP=,\"", "sep=\t", " sep=, "] {
            let mut fields = Fields::new();
            assert_eq!(fields.split(line), [""; 0], "{line}");
            assert_eq!(fields.split("a").len(), 1);
        }
        assert_eq!(Fields::new().split("sep=").len(), 1);
        let mut fields = Fields::new();
        let wide = (0..200).map(|n| n.to_string()).collect::<Vec<_>>();
        assert_eq!(fields.split(&wide.join(";")), wide);
    }
}
