//! The export of a pool as CSV (RFC 4180), for spreadsheets and scripts. It holds no secrets.

use csv::{Terminator, Writer, WriterBuilder};

use crate::domain::{ExportLine, Pool, PooledCode, Timestamp};

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

/// The header line, which names the columns.
#[must_use]
pub fn export_head() -> Vec<u8> {
    let mut writer = writer(256);
    write(&mut writer, COLUMNS);
    finish(writer)
}

/// A line for each code. Timestamps are as in JSON; an absent value is empty.
#[must_use]
pub fn export_lines(lines: &[ExportLine]) -> Vec<u8> {
    /// The usual length of a line: an export grows its buffer once or twice at the most.
    const BYTES_PER_LINE: usize = 256;

    let mut writer = writer(lines.len() * BYTES_PER_LINE);
    for ExportLine { code, claimed_at, device_name, user_name, eid } in lines {
        let PooledCode { iccid, smdp_address, state, state_changed_at, device_state, .. } = code;
        let [changed, claimed] = [Some(state_changed_at), claimed_at.as_ref()]
            .map(|at| at.map_or_else(String::new, Timestamp::to_string));
        let device_state = device_state.map_or_else(String::new, |id| id.to_string());
        let [iccid, address, name, user, eid] = [
            iccid.as_str(),
            smdp_address.as_str(),
            device_name.as_deref().unwrap_or_default(),
            user_name.as_deref().unwrap_or_default(),
            eid.as_deref().unwrap_or_default(),
        ]
        .map(without_formulas);
        let state = state.name();
        let cells =
            [&iccid, &address, state, &changed, &name, &user, &eid, &claimed, &device_state];
        write(&mut writer, cells);
    }
    finish(writer)
}

/// The name of the file: the pool's name, reduced to characters that every system allows.
#[must_use]
pub fn export_file_name(pool: &Pool) -> String {
    let mut name = String::new();
    for character in pool.display_name.as_str().chars().take(100) {
        if character.is_ascii_alphanumeric() || character == '_' {
            name.push(character);
        } else if !name.ends_with('-') {
            name.push('-');
        }
    }
    match name.trim_matches('-') {
        "" => format!("{}.csv", pool.id),
        name => format!("{name}.csv"),
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

fn writer(capacity: usize) -> Writer<Vec<u8>> {
    WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::with_capacity(capacity))
}

fn write(writer: &mut Writer<Vec<u8>>, cells: [&str; 9]) {
    writer.write_record(cells).expect("memory can be written to, and all lines are as long");
}

fn finish(writer: Writer<Vec<u8>>) -> Vec<u8> {
    writer.into_inner().expect("memory can be written to")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{finish, without_formulas, write, writer};

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
            let mut writer = writer(0);
            write(&mut writer, texts.each_ref().map(String::as_str));
            let line = finish(writer);
            prop_assert!(line.ends_with(b"\r\n"));
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(&line[..]);
            let records: Vec<_> = reader.records().collect::<Result<_, _>>().expect("CSV");
            prop_assert_eq!(records, [csv::StringRecord::from(texts.to_vec())]);
        }
    }
}
