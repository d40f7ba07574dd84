//! Files as carriers and spreadsheets make them.

use serde_json::{Value, json};

use crate::support::import::{IMPORT, send_csv};
use crate::support::operator::Operator;
use crate::support::{Engine, POOLS, TestApp, cases, iccid};

cases! {
    once: [
        every_file_format_is_read,
        each_mode_validates_as_documented,
    ],
}

/// Files that hold the same two codes, and how they are made.
const GOOD_FILES: [(&str, &str); 32] = [
    ("as carriers send it", "smdp.example.com\n@A,@M\n@B,@N\n"),
    ("without an ending", "smdp.example.com\n@A,@M\n@B,@N"),
    ("with a byte-order mark", "\u{feff}smdp.example.com\n@A,@M\n@B,@N\n"),
    ("from Windows", "smdp.example.com\r\n@A,@M\r\n@B,@N\r\n"),
    ("from an old Macintosh", "smdp.example.com\r@A,@M\r@B,@N\r"),
    ("with separators at the end", "smdp.example.com,\n@A,@M,\n@B,@N,\n"),
    ("with many of them", "smdp.example.com,,,\n@A,@M,,,\n@B,@N,,,\n,,,\n"),
    ("with empty lines", "\n \nsmdp.example.com\n\n@A,@M\n\t\n@B,@N\n\n\n"),
    ("with semicolons", "smdp.example.com\n@A;@M\n@B;@N\n"),
    ("with commas after the host, and semicolons", "smdp.example.com,\n@A;@M\n@B;@N\n"),
    ("that names its separator", "sep=;\nsmdp.example.com;\n@A;@M\n@B;@N\n"),
    (
        "that names it in quotes",
        "\"SEP=,\"\r\nICCID,LPA\r\n@A,1$smdp.example.com$@M\r\n@B,1$smdp.example.com$@N\r\n",
    ),
    ("with tabs", "smdp.example.com\n@A\t@M\n@B\t@N\n"),
    ("with spaces", " smdp.example.com \n @A , @M \n @B , @N \n"),
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
        "LPA:1$smdp.example.com$@M,@A\nlpa:1$smdp.example.com$@N,@B\n",
    ),
    (
        "with the host on every line and no header",
        "@A,@M,smdp.example.com\n@B,@N,smdp.example.com\n",
    ),
    (
        "with quotes that hold separators",
        "ICCID,Note,LPA\n@A,\"a,b\",LPA:1$smdp.example.com$@M\n@B,\"c\"\"d\",LPA:1$smdp.example.com$@N\n",
    ),
    (
        "with quotes that hold line breaks",
        "\"ICCID\",\"Matching\r\nID\",\"SM-DP+\",Plan\r\n@A,@M,smdp.example.com,\"a\r\nb, c\"\r\n@B,@N,smdp.example.com,d\r\n",
    ),
    (
        "with a title, a date and a remark before the header",
        "eSIM report;;\n\nCreated: 2026-01-02;by Ann\n#TYPE A.B\nICCID;LPA\n\
         @A;LPA:1$smdp.example.com$@M\n@B;LPA:1$smdp.example.com$@N\n",
    ),
    (
        "with matching ids under 'LPA', and the host in a column",
        "ICCID,LPA,RSP URL\n@A,@M,smdp.example.com\n@B,@N,smdp.example.com\n",
    ),
    (
        "with matching ids under 'Activation Code', and the host first",
        "smdp.example.com\nICCID,Activation Code\n@A,@M\n@B,@N\n",
    ),
    (
        "with whole codes under 'Matching ID', some of them twice",
        "ICCID,Matching ID,LPA\n@A,LPA:1$smdp.example.com$@M,LPA:1$smdp.example.com$@M\n@B,1$smdp.example.com$@N,\n",
    ),
    (
        "with host and matching id exchanged",
        "ICCID,SM-DP+,Matching ID\n@A,@M,smdp.example.com\n@B,@N,smdp.example.com\n",
    ),
    (
        "with each part and the whole",
        "ICCID,SM-DP+,Matching ID,QR\n@A,SMDP.example.com,@M,LPA:1$smdp.example.com$@M\n\
         @B,,,LPA:1$smdp.example.com$@N\n",
    ),
    (
        "with links that hold the codes",
        "ICCID,Link\n@A,https://esimsetup.apple.com/esim_qrcode_provisioning?carddata=LPA:1$smdp.example.com$@M\n\
         @B,https://esimsetup.android.com/esim_qrcode_provisioning?carddata=LPA%3A1%24smdp.example.com%24@N\n",
    ),
    (
        "with marks that keep numbers as text",
        "ICCID;LPA\n=\"@A\";=\"LPA:1$smdp.example.com$@M\"\n'@B;\"=\"\"1$smdp.example.com$@N\"\"\"\n",
    ),
    (
        "with characters around that no one sees",
        "\u{200b}ICCID,L\u{ad}PA\n@A\u{200b},\u{feff}LPA:1$smdp.example.com$@M\n\u{a0}@B,1$smdp.example.com$@N\u{200e}\n",
    ),
];

async fn every_file_format_is_read() {
    let app = TestApp::start(Engine::Sqlite).await;
    let operator = Operator::of(&app);
    for (place, (form, file)) in GOOD_FILES.into_iter().enumerate() {
        let numbers = [2 * place, 2 * place + 1];
        let [a, b] = numbers.map(iccid);
        let [m, n] = numbers.map(|number| format!("MATCH-{number}"));
        let file = file.replace("@A", &a).replace("@B", &b).replace("@M", &m).replace("@N", &n);
        let path = format!("{IMPORT}?ignoreColumns=*");
        let answer = send_csv(&operator.writer, &path, file).await;
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

async fn each_mode_validates_as_documented() {
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
