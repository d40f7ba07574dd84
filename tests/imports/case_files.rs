//! Files that people have reported of other systems, each with its verdict.

use serde_json::{Value, json};

use crate::support::import::{IMPORT, import_counts, pool_path, send_csv};
use crate::support::operator::Operator;
use crate::support::{Engine, TestApp, cases};

cases! {
    both: [
        every_reported_file_has_its_verdict,
    ],
}

/// A file, the columns to be ignored, and the codes in it.
const FILES: [(&str, &str, &[&str]); 9] = [
    (
        include_str!("cases/activation-code-means-matching-id.csv"),
        "",
        &["LPA:1$smdp.io$K2-1V5B9M-DD9VC9"],
    ),
    (include_str!("cases/apple-link.csv"), "", &["LPA:1$smdp.example.com$MID-20"]),
    (include_str!("cases/excel-text-guard.csv"), "", &["LPA:1$smdp.example.com$MID-11"]),
    (include_str!("cases/format-first-line.csv"), "SIM Type", &["LPA:1$smdp.example.com$MID-8"]),
    (include_str!("cases/header-linebreak.csv"), "", &["LPA:1$smdp.example.com$MID-101"]),
    (include_str!("cases/powershell51-type-line.csv"), "", &["LPA:1$smdp.example.com$MID-9"]),
    (
        include_str!("cases/quoted-newline.csv"),
        "",
        &["LPA:1$smdp.example.com$MID-23", "LPA:1$smdp.example.com$MID-24"],
    ),
    (
        include_str!("cases/rsp-url-column.csv"),
        "Bundle,Reference",
        &["LPA:1$rsp.example.com$7LZDF-W5J0B"],
    ),
    (include_str!("cases/zero-width.csv"), "", &["LPA:1$smdp.example.com$MID-16"]),
];

async fn every_reported_file_has_its_verdict(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    for (file, ignored, codes) in FILES {
        if !ignored.is_empty() {
            let refused = send_csv(&operator.writer, IMPORT, file).await;
            refused.is_refused(400, "ImportRejected");
            let columns = &refused.json()["columnsNotUnderstood"];
            let names: Vec<Value> =
                ignored.split(',').map(|name| json!({ "name": name, "content": null })).collect();
            assert_eq!(*columns, json!(names));
        }
        let path = format!("{IMPORT}?ignoreColumns={}", ignored.replace(' ', "%20"));
        let report = send_csv(&operator.writer, &path, file).await.is(201).json();
        let count = i64::try_from(codes.len()).expect("few");
        assert_eq!(import_counts(&report), [count, 0, 0], "{file}");
        let pool = pool_path(&report["pool"]);
        for (device, code) in codes.iter().enumerate() {
            let claimed = operator.claim(&pool, &format!("device {device}")).await.is(201).json();
            assert_eq!(claimed["lpaString"], *code, "{file}");
        }
    }
}
