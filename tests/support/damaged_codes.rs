//! Activation code strings with a defect, files that are something else, and what is said of them.

use super::iccid;

/// What is said of a line: its number, the column, the value, the reason and the hint.
pub type Said = (u32, Option<u32>, &'static str, &'static str, &'static str);

/// The same of activation code strings.
pub fn damaged_strings() -> Vec<(String, Said)> {
    let good = iccid(1);
    let host = |lines: &str| format!("smdp.example.com\n{lines}\n");
    let address = "must be a host name like 'smdp.example.com', without scheme, port or path";
    let lpa = "copy it again; its form is LPA:1$host$matching-id";
    let whole = "is a complete activation code";
    let name_it = "add a header that names the columns, such as ICCID,LPA";
    let torn = "has no '$' after the address: the matching id is missing";
    let contradiction = "says something else than another field of the line";
    let which = "ask the carrier which of the two is right";
    vec![
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
            "ICCID,LPA\nLPA:1$smdp.example.com$M,LPA:1$smdp.example.com$M\n".to_owned(),
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
    ]
}

/// The same of files that are something else.
pub fn other_files() -> Vec<(String, Said)> {
    let good = iccid(1);
    let host = |lines: &str| format!("smdp.example.com\n{lines}\n");
    let begin = "begin the file with the SM-DP+ host on a line of its own, followed by lines of ICCID,MatchingID";
    let neither = "is neither an SM-DP+ host nor a header nor a code with its host";
    let unclosed =
        ("begins a quote that no line ends", "add the closing quote, or remove the first one");
    let columns = "name the columns ICCID, MatchingID and SM-DP+, or ICCID and LPA";
    let some = "name those that may be lost in ignoreColumns, or all of them as *";
    let quote = "a closing quote may be missing; each code has a line of its own";
    vec![
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
                "occurs earlier in the file with another secret, state or device",
                "ask the carrier which of the two is right, or import with mode=graph",
            ),
        ),
    ]
}
