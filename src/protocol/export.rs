//! A pool's inventory as CSV (RFC 4180), for spreadsheets and for scripts. No secrets.

use csv_core::{Terminator, Writer, WriterBuilder};

use crate::domain::{ExportLine, Pool, Timestamp};

/// What stands in the columns.
const COLUMNS: [&str; 9] = [
    "integratedCircuitCardIdentifier",
    "smdpPlusServerAddress",
    "state",
    "stateChangedDateTime",
    "deviceName",
    "userName",
    "universalIntegratedCircuitCardIdentifier",
    "claimedDateTime",
    "deviceStateId",
];

/// The first line, which names the columns.
#[must_use]
pub fn export_head() -> Vec<u8> {
    let mut text = Vec::new();
    write(&mut writer(), COLUMNS, &mut text);
    text
}

/// A line for each code. Times are as in JSON, what is not known is empty.
#[must_use]
pub fn export_lines(lines: &[ExportLine]) -> Vec<u8> {
    let (mut writer, mut text) = (writer(), Vec::new());
    for line in lines {
        let code = &line.code;
        let [changed, claimed] = [Some(code.state_changed_at), line.claimed_at]
            .map(|at| at.as_ref().map_or_else(String::new, Timestamp::to_string));
        let device_state = code.device_state.map_or_else(String::new, |id| id.to_string());
        let [iccid, address, name, user, eid] = [
            code.iccid.as_str(),
            code.smdp_address.as_str(),
            line.device_name.as_deref().unwrap_or_default(),
            line.user_name.as_deref().unwrap_or_default(),
            line.eid.as_deref().unwrap_or_default(),
        ]
        .map(harmless);
        let state = code.state.name();
        let cells =
            [&iccid, &address, state, &changed, &name, &user, &eid, &claimed, &device_state];
        write(&mut writer, cells, &mut text);
    }
    text
}

/// What to call the file of a pool: as the pool, as far as every system takes that.
#[must_use]
pub fn export_file_name(pool: &Pool) -> String {
    let mut name = String::new();
    for sign in pool.display_name.as_str().chars().take(100) {
        if sign.is_ascii_alphanumeric() || sign == '_' {
            name.push(sign);
        } else if !name.ends_with('-') {
            name.push('-');
        }
    }
    match name.trim_matches('-') {
        "" => format!("{}.csv", pool.id),
        name => format!("{name}.csv"),
    }
}

/// A text that somebody wrote, so that no spreadsheet runs it as a formula: not where it begins, and
/// not where one that takes other separators has a cell begin.
fn harmless(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 1);
    let mut begins = true;
    for sign in text.chars() {
        let divides = matches!(sign, ';' | '\t' | '\r' | '\n');
        let runs = matches!(sign, '=' | '+' | '-' | '@');
        if begins && (runs || (safe.is_empty() && sign.is_control())) {
            safe.push('\'');
        }
        begins = divides || (begins && sign == '"');
        safe.push(sign);
    }
    safe
}

fn writer() -> Writer {
    WriterBuilder::new().terminator(Terminator::CRLF).build()
}

/// Writes a line, quoted where it must be.
fn write(writer: &mut Writer, cells: [&str; 9], text: &mut Vec<u8>) {
    for (place, cell) in cells.into_iter().enumerate() {
        if place > 0 {
            // Perhaps after a quote.
            put(text, 2, |room| writer.delimiter(room).1);
        }
        // Of nothing but quotes each is doubled, and there is one before them.
        put(text, 1 + 2 * cell.len(), |room| writer.field(cell.as_bytes(), room).2);
    }
    put(text, 3, |room| writer.terminator(room).1);
}

/// Lets something write into room enough behind the text.
fn put(text: &mut Vec<u8>, room: usize, write: impl FnOnce(&mut [u8]) -> usize) {
    let length = text.len();
    text.resize(length + room, 0);
    let written = write(&mut text[length..]);
    text.truncate(length + written);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{harmless, write, writer};

    /// What a reader that nobody here wrote takes a line for.
    fn read(line: &[u8]) -> Vec<String> {
        let mut reader = csv_core::Reader::new();
        let (mut text, mut ends) = (vec![0; line.len() + 1], vec![0; 10]);
        let (_, _, _, count) = reader.read_record(line, &mut text, &mut ends);
        let mut from = 0;
        let mut cell = |end: &usize| {
            let cell = String::from_utf8(text[from..*end].to_vec()).expect("text");
            from = *end;
            cell
        };
        ends[..count].iter().map(&mut cell).collect()
    }

    #[test]
    fn what_a_spreadsheet_would_run_is_text() {
        for (text, harmless_text) in [
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
            assert_eq!(harmless(text), harmless_text);
        }
    }

    proptest! {
        #[test]
        fn every_text_is_read_as_it_was_written(texts in prop::array::uniform9("[\",\r\n a-cä]{0,6}")) {
            let mut line = Vec::new();
            write(&mut writer(), texts.each_ref().map(String::as_str), &mut line);
            prop_assert!(line.ends_with(b"\r\n"));
            prop_assert_eq!(read(&line), texts);
        }
    }
}
