//! What was found, as text of at most 80 columns.

use std::fmt::Write as _;

use serde_json::Value;

use super::{EID, Found, ICCID, of};
use crate::cli::output::{shortened, table, time};

/// The characters of a name that are printed in a table of 80 columns.
const MAX_NAME_CHARS: usize = 24;

impl Found {
    /// The details of the code, or tables.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        match &self.codes[..] {
            [] => {}
            [code] => {
                text += &details(code);
                text += &history(&self.history);
            }
            several => text += &codes_table(several),
        }
        // Those that the details of a code show already are left out.
        let shown: Vec<_> = self.codes.iter().map(|code| of(code, "deviceStateId")).collect();
        let rest = self.device_states.iter().filter(|it| !shown.contains(&of(it, "id")));
        let rest: Vec<_> = rest.collect();
        if !rest.is_empty() {
            separate(&mut text);
            let heads = ["device", "|EID or user", "state", "pool"];
            let row = |it: &&Value| {
                let eid = of(it, EID);
                let by = if eid.is_empty() { short(of(it, "userName")) } else { eid.to_owned() };
                vec![
                    shortened(of(it, "deviceName"), 16),
                    by,
                    of(it, "state").to_owned(),
                    shortened(of(it, "poolDisplayName"), 10),
                ]
            };
            text += &table(&heads, rest.iter().map(row));
        }
        if !self.pools.is_empty() {
            separate(&mut text);
            let row = |it: &Value| {
                let count = it["activationCodeCount"].to_string();
                vec![short(of(it, "displayName")), of(it, "id").to_owned(), count]
            };
            text += &table(&["pool", "|id", ">codes"], self.pools.iter().map(row));
        }
        if self.more {
            text +=
                "\nThere is more. Filter esimpool.codes or esimpool.deviceStates for all of it.\n";
        }
        text
    }
}

fn separate(text: &mut String) {
    if !text.is_empty() {
        text.push('\n');
    }
}

fn short(name: &str) -> String {
    shortened(name, MAX_NAME_CHARS)
}

fn details(code: &Value) -> String {
    let mut text = format!("ICCID {}\n", of(code, ICCID));
    let since = time(of(code, "stateChangedDateTime"));
    let state = match of(code, "state") {
        "notEvaluated" => "free",
        other => other,
    };
    for (name, value) in [
        ("state", format!("{state} since {since}")),
        ("pool", of(code, "poolDisplayName").to_owned()),
        ("pool id", of(code, "poolId").to_owned()),
        ("server", of(code, "smdpPlusServerAddress").to_owned()),
        ("device", of(code, "deviceName").to_owned()),
        ("EID", of(code, EID).to_owned()),
        ("user", of(code, "userName").to_owned()),
        ("bound to", of(code, "boundToEid").to_owned()),
        ("label", of(code, "label").to_owned()),
        ("import", of(code, "importId").to_owned()),
    ] {
        if !value.is_empty() {
            let _ = writeln!(text, "  {name:9} {}", shortened(&value, 68));
        }
    }
    text
}

fn history(events: &[Value]) -> String {
    if events.is_empty() {
        return String::new();
    }
    let row = |it: &Value| {
        let actor = &it["actor"];
        let by = if actor["userId"].is_null() {
            of(actor, "applicationId")
        } else {
            of(actor, "userId")
        };
        vec![
            time(of(it, "activityDateTime")),
            shortened(of(it, "displayName"), 27),
            shortened(by, 24),
        ]
    };
    format!("\n{}", table(&["|time", "activity", "by"], events.iter().map(row)))
}

fn codes_table(codes: &[Value]) -> String {
    let row = |it: &Value| {
        vec![
            of(it, ICCID).to_owned(),
            of(it, "state").to_owned(),
            shortened(of(it, "poolDisplayName"), 14),
            shortened(of(it, "deviceName"), 18),
        ]
    };
    table(&["|ICCID", "state", "pool", "device"], codes.iter().map(row))
}
