//! The export of a pool as CSV (RFC 4180), for spreadsheets and scripts. It holds no secrets.

use crate::csv_lines::CsvLines;
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
    let mut lines = CsvLines::with_capacity(256);
    lines.add(COLUMNS);
    lines.finish()
}

/// A line for each code. Timestamps are as in JSON; an absent value is empty.
#[must_use]
pub fn export_lines(codes: &[ExportLine]) -> Vec<u8> {
    /// The usual length of a line: an export grows its buffer once or twice at the most.
    const BYTES_PER_LINE: usize = 256;

    let mut lines = CsvLines::with_capacity(codes.len() * BYTES_PER_LINE);
    for ExportLine { code, claimed_at, device_name, user_name, eid } in codes {
        let PooledCode { iccid, smdp_address, state, state_changed_at, device_state, .. } = code;
        let [changed, claimed] = [Some(state_changed_at), claimed_at.as_ref()]
            .map(|at| at.map_or_else(String::new, Timestamp::to_string));
        let device_state = device_state.map_or_else(String::new, |id| id.to_string());
        let [name, user, eid] =
            [device_name, user_name, eid].map(|it| it.as_deref().unwrap_or_default());
        let (iccid, address) = (iccid.as_str(), smdp_address.as_str());
        lines.add([
            iccid,
            address,
            state.name(),
            &changed,
            name,
            user,
            eid,
            &claimed,
            &device_state,
        ]);
    }
    lines.finish()
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
