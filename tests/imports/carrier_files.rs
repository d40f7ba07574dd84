//! Files as carriers and spreadsheets make them: what is read, and what is said of the rest.

use serde_json::{Value, json};

use crate::support::import::{IMPORT, send_csv};
use crate::support::operator::Operator;
use crate::support::{Engine, POOLS, TestApp, cases, iccid};

cases! {
    once: [
        every_form_of_a_file_is_read,
        every_damage_is_named_with_its_line_and_column_and_what_to_do,
        each_mode_looks_as_closely_as_it_says,
    ],
}

/// Files that hold the same two codes, and how they are made.
const GOOD_FILES: [(&str, &str); 22] = [
    ("as carriers send it", "smdp.example.com\n@A,@M\n@B,@N\n"),
    ("without an ending", "smdp.example.com\n@A,@M\n@B,@N"),
    ("with a byte-order mark", "\u{feff}smdp.example.com\n@A,@M\n@B,@N\n"),
    ("from Windows", "smdp.example.com\r\n@A,@M\r\n@B,@N\r\n"),
    ("from an old Macintosh", "smdp.example.com\r@A,@M\r@B,@N\r"),
    ("with separators at the end", "smdp.example.com,\n@A,@M,\n@B,@N,\n"),
    ("with many of them", "smdp.example.com,,,\n@A,@M,,,\n@B,@N,,,\n,,,\n"),
    ("with blank lines", "\n \nsmdp.example.com\n\n@A,@M\n\t\n@B,@N\n\n\n"),
    ("with semicolons", "smdp.example.com\n@A;@M\n@B;@N\n"),
    ("with commas after the host, and semicolons", "smdp.example.com,\n@A;@M\n@B;@N\n"),
    ("that names its separator", "sep=;\nsmdp.example.com;\n@A;@M\n@B;@N\n"),
    (
        "that names it in quotes",
        "\"SEP=,\"\r\nICCID,LPA\r\n@A,1$smdp.example.com$@M\r\n@B,1$smdp.example.com$@N\r\n",
    ),
    ("with tabs", "smdp.example.com\n@A\t@M\n@B\t@N\n"),
    ("with blanks", " smdp.example.com \n @A , @M \n @B , @N \n"),
    ("with quotes", "\"smdp.example.com\"\n\"@A\",\"@M\"\n\"@B\",\"@N\"\n"),
    ("with a header after the host", "smdp.example.com\nMatching ID,ICCID\n@M,@A\n@N,@B\n"),
    (
        "with columns in any order, and others",
        "Plan;Matching-ID;SM-DP+ address;Price;ICCID\n\
         Data;@M;smdp.example.com;1,99;@A\nVoice;@N;smdp.example.com;;@B\n",
    ),
    (
        "with Graph's names",
        "integratedCircuitCardIdentifier,matchingIdentifier,smdpPlusServerAddress\n\
         @A,@M,smdp.example.com\n@B,@N,smdp.example.com\n",
    ),
    (
        "with whole activation codes under a header",
        "ICCID,Activation Code\n@A,LPA:1$smdp.example.com$@M\n@B,1$smdp.example.com$@N\n",
    ),
    (
        "with whole activation codes and no header",
        "LPA:1$smdp.example.com$@M,@A\nlpa:1$smdp.example.com$@N$$,@B\n",
    ),
    (
        "with the host on every line and no header",
        "@A,@M,smdp.example.com\n@B,@N,smdp.example.com\n",
    ),
    (
        "with quotes that hold separators",
        "ICCID,Note,LPA\n@A,\"a,b\",LPA:1$smdp.example.com$@M\n@B,\"c\"\"d\",LPA:1$smdp.example.com$@N\n",
    ),
];

async fn every_form_of_a_file_is_read() {
    let app = TestApp::start(Engine::Sqlite).await;
    let operator = Operator::of(&app);
    for (place, (form, file)) in GOOD_FILES.into_iter().enumerate() {
        let numbers = [2 * place, 2 * place + 1];
        let [a, b] = numbers.map(iccid);
        let [m, n] = numbers.map(|number| format!("MATCH-{number}"));
        let file = file.replace("@A", &a).replace("@B", &b).replace("@M", &m).replace("@N", &n);
        let answer = send_csv(&operator.writer, IMPORT, file).await;
        assert_eq!(answer.status, 201, "{form}: {}", answer.text());
        let report = answer.json();
        assert_eq!((&report["inserted"], &report["rejected"]), (&json!(2), &json!([])), "{form}");
        assert_eq!(report["pool"]["displayName"], "smdp", "{form}");
        // What came of it, as devices get it.
        let pool = format!("{POOLS}/{}", report["pool"]["id"].as_str().expect("an id"));
        for (device, iccid, matching_id) in [("phone", a, m), ("tablet", b, n)] {
            let claimed = operator.claim(&pool, device).await.is(201).json();
            let lpa = format!("LPA:1$smdp.example.com${matching_id}");
            assert_eq!(claimed["lpaString"], lpa, "{form}: {claimed}");
            let code = &claimed["activationCode"]["integratedCircuitCardIdentifier"];
            assert_eq!(*code, iccid, "{form}");
        }
    }
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
    let name_it = "add a header that names this column LPA";
    let columns = "name the columns ICCID, MatchingID and SM-DP+, or ICCID and LPA";
    let quote = "a closing quote may be missing; each code has a line of its own";
    let rounded = "is a number that a spreadsheet has rounded: its digits are lost";
    let again = "ask the carrier for the file again and open it as text";
    let signs = "has quotes that force a spreadsheet to treat it as text";
    let leave_out = "remove the '=' and the quotes";
    vec![
        // A spreadsheet's work.
        (host("8,94E+18,MATCH-1"), (2, Some(1), "8,94E+18", rounded, again)),
        (
            "Matching ID;SM-DP+;ICCID\nMATCH-1;smdp.example.com;8,94E+18\n".to_owned(),
            (2, Some(3), "8,94E+18", rounded, again),
        ),
        (
            host(&format!("=\"{good}\",MATCH-1")),
            (2, Some(1), "… (22 characters)", signs, leave_out),
        ),
        (host(&format!("'{good},MATCH-1")), (2, Some(1), "… (20 characters)", signs, leave_out)),
        (
            host(&format!("{good},=\"MATCH-1\"")),
            (2, Some(2), "… (10 characters)", signs, leave_out),
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
            (2, Some(3), "… (32 characters)", whole, name_it),
        ),
        (
            host(&format!("{},MATCH-2\n{good},LPA:1$smdp.example.com$M", iccid(2))),
            (3, Some(2), "… (24 characters)", whole, name_it),
        ),
        (
            format!("ICCID,MatchingID,SMDP\n{good},1$smdp.example.com,smdp.example.com\n"),
            (2, Some(2), "… (18 characters)", whole, name_it),
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
            (2, Some(2), "… (30 characters)", "does not begin with '1$' or 'LPA:1$'", lpa),
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
            (1, None, "", "is a header without a column for the SM-DP+ host", columns),
        ),
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
        // A code that stands twice with two secrets.
        (
            host(&format!("{good},MATCH-1\n{good},MATCH-2")),
            (
                3,
                None,
                "…",
                "stands in the file before, with another secret",
                "ask the carrier which of the two is right, or import with mode=graph",
            ),
        ),
    ]
}

async fn every_damage_is_named_with_its_line_and_column_and_what_to_do() {
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

async fn each_mode_looks_as_closely_as_it_says() {
    let app = TestApp::start(Engine::Sqlite).await;
    let writer = app.writer();
    // An ICCID with a wrong check digit; one that is none; a host without a label behind it.
    let file = "ICCID,MatchingID,SMDP\n8944500102198304827,MATCH-1,smdp.example.com\n\
                12,MATCH-2,smdp.example.com\n8.94E+18,MATCH-3,smdp.example.com\n";
    let rejected = async |mode: &str| -> Vec<Value> {
        let path = format!("{IMPORT}?dryRun=true&mode={mode}");
        let report = send_csv(&writer, &path, file).await.is(200).json();
        let lines = report["rejected"].as_array().expect("a list");
        lines.iter().map(|it| it["line"].clone()).collect()
    };
    assert_eq!(rejected("strict").await, [2, 3, 4]);
    assert_eq!(rejected("graph").await, [3, 4]);
    assert_eq!(rejected("lenient").await, [4], "what was rounded is lost in every mode");
    let wrong = send_csv(&writer, &format!("{IMPORT}?mode=loose"), file).await;
    assert_eq!(wrong.is_refused(400, "BadRequest"), "'mode' must be strict, graph or lenient");
    let wrong = send_csv(&writer, &format!("{IMPORT}?partial=perhaps"), file).await;
    wrong.is_refused(400, "BadRequest");
}
