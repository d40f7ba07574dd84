//! Every defect of a carrier's file, and what is reported of it.

use serde_json::json;

use crate::support::import::{IMPORT, send_csv};
use crate::support::{Engine, POOLS, TestApp, cases, iccid};

cases! {
    once: [
        every_defect_is_reported_with_its_line_its_column_and_a_remedy,
    ],
}

/// What is said of a line: its number, the column, the value, the reason and the hint.
type Said = (u32, Option<u32>, &'static str, &'static str, &'static str);

/// A file with one fault, and what is said of it.
#[expect(clippy::too_many_lines, reason = "a table")]
fn damaged_files() -> Vec<(String, Said)> {
    let good = iccid(1);
    let host = |lines: &str| format!("smdp.example.com\n{lines}\n");
    let mistyped = format!("{}{}", &good[..18], (good.as_bytes()[18] - b'0' + 1) % 10);
    let number =
        "compare it with the carrier's list; an ICCID begins with 89 and has 19 or 20 digits";
    let begin = "begin the file with the SM-DP+ host on a line of its own, followed by lines of ICCID,MatchingID";
    let neither = "is neither an SM-DP+ host nor a header nor a code with its host";
    let address = "must be a host name like 'smdp.example.com', without scheme, port or path";
    let lpa = "copy it again; its form is LPA:1$host$matching-id";
    let whole = "is a complete activation code";
    let name_it = "add a header that names the columns, such as ICCID,LPA";
    let torn = "has no '$' after the address: the matching id is missing";
    let unclosed =
        ("begins a quote that no line ends", "add the closing quote, or remove the first one");
    let contradiction = "says something else than another field of the line";
    let which = "ask the carrier which of the two is right";
    let columns = "name the columns ICCID, MatchingID and SM-DP+, or ICCID and LPA";
    let some = "name those that may be lost in ignoreColumns, or all of them as *";
    let quote = "a closing quote may be missing; each code has a line of its own";
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
        // Activation code strings.
        (
            format!("ICCID,MatchingID,SMDP\n{good},X,LPA:1$smdp.example.com$TOPSECRET\n"),
            (2, Some(2), "… (1 character)", contradiction, which),
        ),
        (
            format!("ICCID,LPA,SMDP\n{good},LPA:1$smdp.example.com$M,other.example.com\n"),
            (2, Some(3), "other.example.com", contradiction, which),
        ),
        (
            format!("ICCID,MatchingID,SMDP\n{good},X,smdp.example.com$TOPSECRET\n"),
            (2, Some(3), "… (26 characters)", whole, name_it),
        ),
        (
            format!("ICCID,LPA\nLPA:1$smdp.example.com$M,LPA:1$smdp.example.com$M\n"),
            (2, Some(1), "… (24 characters)", whole, name_it),
        ),
        (
            host(&format!("{},MATCH-2\n{good},LPA:1$smdp.example.com", iccid(2))),
            (3, Some(2), "… (22 characters)", torn, lpa),
        ),
        (
            format!("ICCID,MatchingID,SMDP\n{good},1$smdp.example.com,smdp.example.com\n"),
            (2, Some(2), "… (18 characters)", torn, lpa),
        ),
        (
            format!("ICCID,LPA\n{good},LPA:1$https://smdp.example.com$MATCH-1\n"),
            (
                2,
                Some(2),
                "https://smdp.example.com",
                address,
                "write only the host, without 'https://'",
            ),
        ),
        (
            format!("ICCID,LPA\n{good},LPA:1$smdp.example.com\n"),
            (
                2,
                Some(2),
                "… (22 characters)",
                "has no '$' after the address: the matching id is missing",
                lpa,
            ),
        ),
        (
            format!("ICCID,LPA\n{good},LPA:2$smdp.example.com$MATCH-1\n"),
            (2, Some(2), "… (30 characters)", "does not start with '1$' or 'LPA:1$'", lpa),
        ),
        (
            format!("{good},LPA:1$$MATCH-1\n"),
            (1, Some(2), "… (14 characters)", "has no SM-DP+ address after '1$'", lpa),
        ),
        (
            "LPA:1$smdp.example.com$MATCH-1\n".to_owned(),
            (1, Some(2), "", "must be 19 or 20 digits", "every code needs an ICCID"),
        ),
        // Files that are something else.
        (format!("{good},MATCH-1\n"), (1, None, "", neither, begin)),
        ("A list of eSIMs\nfor you\n".to_owned(), (1, None, "", neither, begin)),
        (
            format!("Number,MatchingID,SMDP\n{good},MATCH-1,smdp.example.com\n"),
            (1, None, "", "is a header without a column for the ICCID", columns),
        ),
        (
            format!("ICCID,Plan\n{good},Data\n"),
            (1, None, "", "is a header without a column for the matching id", columns),
        ),
        (
            format!("ICCID,MatchingID\n{good},MATCH-1\n"),
            (
                2,
                None,
                "",
                "has a matching id but no SM-DP+ host",
                "add a column SM-DP+, or begin the file with the host on a line of its own",
            ),
        ),
        (
            format!("ICCID,MatchingID,SMDP,\"Data\nplan\",Price\n{good},M,smdp.example.com,5,1\n"),
            (1, None, "", "has columns that are not understood: 'Data plan', 'Price'", some),
        ),
        (
            format!("ICCID,LPA,\n{good},LPA:1$smdp.example.com$M,5\n"),
            (
                2,
                None,
                "",
                "has more fields than there are columns",
                "name every column in the header, or ignore what has no name: ignoreColumns=*",
            ),
        ),
        (
            host(&format!("{good},MATCH-1,5")),
            (2, None, "", "has columns that are not understood: 'column 3'", some),
        ),
        (host(&format!("{good},MATCH-1\n{},\"M", iccid(2))), (3, None, "", unclosed.0, unclosed.1)),
        ("Report\nof 2026,by\n".to_owned() + "x;y\n", (1, None, "", neither, begin)),
        (
            "smdp.example.com\n".to_owned(),
            (
                1,
                None,
                "",
                "ends the file, which contains no code",
                "begin the file with the SM-DP+ host, or with a header that names the columns",
            ),
        ),
        (
            host(&format!("{good},\"MATCH-1{}", "x".repeat(5000))),
            (2, None, "", "is longer than any activation code", quote),
        ),
        // One ICCID with two secrets.
        (
            host(&format!("{good},MATCH-1\n{good},MATCH-2")),
            (
                3,
                None,
                "…",
                "occurs earlier in the file with another secret",
                "ask the carrier which of the two is right, or import with mode=graph",
            ),
        ),
    ]
}

async fn every_defect_is_reported_with_its_line_its_column_and_a_remedy() {
    let app = TestApp::start(Engine::Sqlite).await;
    let writer = app.writer();
    for (file, (line, column, value, reason, hint)) in damaged_files() {
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
