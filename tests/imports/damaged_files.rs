//! Every defect of a carrier's file, and what is reported of it.

use serde_json::json;

use crate::support::damaged_codes::{Said, damaged_strings, other_files};
use crate::support::import::{IMPORT, send_csv};
use crate::support::{Engine, POOLS, TestApp, cases, iccid};

cases! {
    once: [
        every_defect_is_reported_with_its_line_its_column_and_a_remedy,
    ],
}

/// A file with one fault, and what is said of it.
#[expect(clippy::too_many_lines, reason = "a table")]
fn damaged_files() -> Vec<(String, Said)> {
    let good = iccid(1);
    let host = |lines: &str| format!("smdp.example.com\n{lines}\n");
    let mistyped = format!("{}{}", &good[..18], (good.as_bytes()[18] - b'0' + 1) % 10);
    let number =
        "compare it with the carrier's list; an ICCID begins with 89 and has 19 or 20 digits";
    let address = "must be a host name like 'smdp.example.com', without scheme, port or path";
    let rounded = "is a number that a spreadsheet has rounded: its digits are lost";
    let again = "ask the carrier for the file again and open it as text";
    let torn_quote = "has a quote that forces a spreadsheet to treat it as text, and does not end";
    let by_hand =
        "write it again by hand; text that is copied from a page may hold such characters";
    vec![
        // A spreadsheet's work.
        (host("8,94E+18,MATCH-1"), (2, Some(1), "8,94E+18", rounded, again)),
        (
            "Matching ID;SM-DP+;ICCID\nMATCH-1;smdp.example.com;8,94E+18\n".to_owned(),
            (2, Some(3), "8,94E+18", rounded, again),
        ),
        (
            host(&format!("=\"{good},MATCH-1")),
            (2, Some(1), "… (21 characters)", torn_quote, "remove the '=' and the quote"),
        ),
        (
            host(&format!("{good},MATCH\u{200b}-1")),
            (2, Some(2), "… (8 characters)", "holds the invisible character U+200B", by_hand),
        ),
        (
            host(&format!("{good},MATCH-1\n8.94E+18,MATCH-2")),
            (3, Some(1), "8.94E+18", rounded, again),
        ),
        (
            host("8944500100000000000,MATCH-1"),
            (
                2,
                Some(1),
                "894450… (19 characters)",
                "has a wrong check digit (Luhn): one of its digits is mistyped",
                "a spreadsheet has probably rounded it; open the file as text",
            ),
        ),
        // Numbers.
        (
            host(&format!("{mistyped},MATCH-1")),
            (
                2,
                Some(1),
                "894400… (19 characters)",
                "has a wrong check digit (Luhn): one of its digits is mistyped",
                number,
            ),
        ),
        (
            host(&format!("{},MATCH-1", &good[..18])),
            (
                2,
                Some(1),
                "894400… (18 characters)",
                "must be 19 or 20 digits",
                "the check digit at the end is missing; ask the carrier for the complete number",
            ),
        ),
        (
            format!(
                "\u{feff}\"smdp.example.com\"\r\n\r\n\"{good}\",\"MATCH-1\"\r\n\r\n\"1\",\"MATCH-2\"\r\n"
            ),
            (5, Some(1), "… (1 character)", "must be 19 or 20 digits", number),
        ),
        (
            host(",MATCH-1"),
            (2, Some(1), "", "must be 19 or 20 digits", "every code needs an ICCID"),
        ),
        (
            host(&format!("MATCH-1,{good}")),
            (2, Some(1), "… (7 characters)", "must be 19 or 20 digits", number),
        ),
        // Matching ids.
        (
            host(&good),
            (
                2,
                None,
                "",
                "has an ICCID but no matching id",
                "a line is ICCID, a separator, and the matching id",
            ),
        ),
        (
            host(&format!("{good},MATCH_1")),
            (
                2,
                Some(2),
                "… (7 characters)",
                "must hold letters, digits and hyphens only",
                "copy it from the carrier's list again, without spaces around it",
            ),
        ),
        // Hosts.
        (
            format!("https://smdp.example.com\n{good},MATCH-1\n"),
            (
                1,
                Some(1),
                "https://smdp.example.com",
                address,
                "write only the host, without 'https://'",
            ),
        ),
        (
            format!("smdp.example.com:443\n{good},MATCH-1\n"),
            (
                1,
                Some(1),
                "smdp.example.com:443",
                address,
                "write only the host, without a port or path",
            ),
        ),
        (
            format!("ICCID,MatchingID,SMDP\n{good},MATCH-1,http://smdp.example.com\n"),
            (
                2,
                Some(3),
                "http://smdp.example.com",
                address,
                "write only the host, without 'https://'",
            ),
        ),
    ]
}

async fn every_defect_is_reported_with_its_line_its_column_and_a_remedy() {
    let app = TestApp::start(Engine::Sqlite).await;
    let writer = app.writer();
    for (file, (line, column, value, reason, hint)) in
        damaged_files().into_iter().chain(damaged_strings()).chain(other_files())
    {
        let value = if value == "…" { iccid(1) } else { value.to_owned() };
        let refused = send_csv(&writer, IMPORT, file.clone()).await;
        let message = refused.is_refused(400, "ImportRejected");
        let report = refused.json();
        let expected = json!([{
            "line": line, "column": column, "value": value, "reason": reason, "hint": hint,
        }]);
        assert_eq!(report["rejected"], expected, "{file}");
        assert_eq!((&report["rejectedCount"], &report["inserted"]), (&json!(1), &json!(0)));
        let place = column.map_or_else(String::new, |column| format!(", column {column}"));
        assert!(
            message.starts_with(&format!(
                "1 line was rejected, and nothing was imported. Line {line}{place}: "
            )),
            "{message}"
        );
        let said = format!("{reason}; {hint}.");
        assert!(message.ends_with(&said), "{message}");
    }
    for (bytes, reason, hint) in [
        (
            &b"\xff\xfes\0m\0d\0p\0"[..],
            "is encoded in UTF-16",
            "save the file as 'CSV UTF-8', not as 'Unicode text'",
        ),
        (b"smdp.example.com\n\xe9\xe8,x\n", "is not valid UTF-8", "save the file as 'CSV UTF-8'"),
        (b"", "ends the file, which contains no code", "begin the file"),
    ] {
        let refused = send_csv(&writer, IMPORT, bytes.to_vec()).await;
        refused.is_refused(400, "ImportRejected");
        let first = refused.json()["rejected"][0].clone();
        assert_eq!(first["reason"], reason);
        assert!(first["hint"].as_str().expect("a hint").starts_with(hint), "{first}");
    }
    let pools = writer.get(POOLS).await.is(200).json();
    assert_eq!(pools["value"], json!([]), "nothing was stored");
}
