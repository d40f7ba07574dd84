//! Lines of CSV (RFC 4180) in which no cell is a formula to a spreadsheet.

use csv::{Terminator, Writer, WriterBuilder};

/// Lines that are being written. All have as many cells as the first.
pub(crate) struct CsvLines(Writer<Vec<u8>>);

impl CsvLines {
    /// No lines yet, and room for so many bytes.
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        let buffer = Vec::with_capacity(capacity);
        Self(WriterBuilder::new().terminator(Terminator::CRLF).from_writer(buffer))
    }

    pub(crate) fn add<'a>(&mut self, cells: impl IntoIterator<Item = &'a str>) {
        let cells = cells.into_iter().map(without_formulas);
        let written = self.0.write_record(cells.map(String::into_bytes));
        written.expect("memory can be written to, and all lines are as long");
    }

    /// The text of all lines.
    pub(crate) fn finish(self) -> Vec<u8> {
        self.0.into_inner().expect("memory can be written to")
    }
}

/// Prevents CSV injection: a quote before every character that would start a formula, at the start
/// of the cell and where a spreadsheet with another separator would start one.
fn without_formulas(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 1);
    let mut starts_cell = true;
    for character in text.chars() {
        let separates = matches!(character, ';' | '\t' | '\r' | '\n');
        let starts_formula = matches!(character, '=' | '+' | '-' | '@');
        if starts_cell && (starts_formula || (safe.is_empty() && character.is_control())) {
            safe.push('\'');
        }
        starts_cell = separates || (starts_cell && character == '"');
        safe.push(character);
    }
    safe
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{CsvLines, without_formulas};

    #[test]
    fn a_formula_becomes_text() {
        for (text, safe) in [
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t'=1"),
            ("\r=1", "'\r'=1"),
            ("x;=1", "x;'=1"),
            ("x\t@SUM(A1)", "x\t'@SUM(A1)"),
            ("x\n+1;;-1", "x\n'+1;;'-1"),
            ("x;\"=1\"", "x;\"'=1\""),
            ("a; b - c", "a; b - c"),
            ("8944500102198304826", "8944500102198304826"),
            ("a=1", "a=1"),
            ("", ""),
        ] {
            assert_eq!(without_formulas(text), safe);
        }
    }

    proptest! {
        #[test]
        fn every_string_is_read_as_it_was_written(
            texts in prop::array::uniform9("[\",\r\n a-cä]{0,6}"),
        ) {
            let mut lines = CsvLines::with_capacity(0);
            lines.add(texts.iter().map(String::as_str));
            let line = lines.finish();
            prop_assert!(line.ends_with(b"\r\n"));
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(&line[..]);
            let records: Vec<_> = reader.records().collect::<Result<_, _>>().expect("CSV");
            let written: Vec<_> = texts.iter().map(|text| without_formulas(text)).collect();
            prop_assert_eq!(records, [csv::StringRecord::from(written)]);
        }
    }
}
