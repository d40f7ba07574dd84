//! Columns that an import does not understand.

use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};

use crate::support::import::{IMPORT, import_counts, send_csv};
use crate::support::{Answer, Engine, TestApp, cases, iccid};

cases! {
    both: [
        a_column_that_is_not_understood_is_named_and_refused_unless_it_is_to_be_ignored,
        what_is_understood_of_each_column_is_reported_in_their_order,
    ],
}

fn names(report: &Value) -> Vec<&str> {
    let columns = report["columnsNotUnderstood"].as_array().expect("a list");
    assert!(columns.iter().all(|column| column["content"].is_null()));
    columns.iter().filter_map(|column| column["name"].as_str()).collect()
}

/// The columns that were understood, each with its content.
fn understood(report: &Value) -> Vec<[&str; 2]> {
    let columns = report["columnsUnderstood"].as_array().expect("a list");
    columns
        .iter()
        .filter_map(|column| Some([column["name"].as_str()?, column["content"].as_str()?]))
        .collect()
}

async fn a_column_that_is_not_understood_is_named_and_refused_unless_it_is_to_be_ignored(
    engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let writer = app.writer();
    let file = || {
        format!(
            "ICCID,Matching ID,RSP URL,Bundle,\"My, Reference\",\n{},M-1,smdp.example.com,1 GB,1c73\n",
            iccid(1)
        )
    };
    let unknown = ["Bundle", "My, Reference"];
    for options in ["", "ignoreColumns=", "ignoreColumns=Bundle", "ignoreColumns=Plan&partial=true"]
    {
        for dry in [true, false] {
            let path = format!("{IMPORT}?{options}&dryRun={dry}");
            let answer = send_csv(&writer, &path, file()).await;
            if !dry {
                answer.is_refused(400, "ImportRejected");
            }
            let report = answer.json();
            assert_eq!((names(&report), import_counts(&report)), (unknown.to_vec(), [0, 0, 1]));
            let reason = &report["rejected"][0]["reason"];
            assert_eq!(*reason, "has columns that are not understood: 'Bundle', 'My, Reference'");
            assert_eq!(report["rejected"][0]["line"], 1);
        }
    }
    let plain = |text: String| text.replace("\"My, Reference\"", "Reference");
    let dry = send_csv(&writer, &format!("{IMPORT}?dryRun=true&ignoreColumns=*"), file()).await;
    assert_eq!((names(&dry.json()), import_counts(&dry.json())), (unknown.to_vec(), [1, 0, 0]));
    let path = format!("{IMPORT}?ignoreColumns=bundle,%20REFERENCE");
    let report = send_csv(&writer, &path, plain(file())).await.is(201).json();
    assert_eq!((names(&report), import_counts(&report)), (vec!["Bundle", "Reference"], [1, 0, 0]));
    // One that is understood can be ignored as well: what is left must be enough.
    let file = format!("ICCID,LPA,Matching ID\n{},LPA:1$smdp.example.com$M-2,wrong\n", iccid(2));
    let refused = send_csv(&writer, IMPORT, file.clone()).await;
    refused.is_refused(400, "ImportRejected");
    let path = format!("{IMPORT}?ignoreColumns=Matching-ID");
    let report = send_csv(&writer, &path, file).await.is(201).json();
    assert_eq!(names(&report), ["Matching ID"]);
    assert_eq!(report["rejected"], json!([]));
}

async fn what_is_understood_of_each_column_is_reported_in_their_order(engine: Engine) {
    let app = TestApp::start(engine).await;
    let writer = app.writer();
    let file =
        format!("Status;ICC ID;Bundle;LPA\nfree;{};1 GB;LPA:1$smdp.example.com$M-1\n", iccid(1));
    let expected = [
        ["Status", "the state of the code"],
        ["ICC ID", "the ICCID"],
        ["LPA", "the whole activation code (LPA:1$…), or a link that holds it"],
    ];
    // Also if the file is refused.
    let refused = send_csv(&writer, IMPORT, file.clone()).await;
    refused.is_refused(400, "ImportRejected");
    assert_eq!(understood(&refused.json()), expected);
    let path = format!("{IMPORT}?ignoreColumns=Bundle");
    let attempt = || {
        let request = writer.request(Method::POST, &path).header("idempotency-key", "one");
        Answer::of(request.header(CONTENT_TYPE, "text/csv").body(file.clone()))
    };
    let first = attempt().await.is(201).json();
    assert_eq!((understood(&first), names(&first)), (expected.to_vec(), vec!["Bundle"]));
    assert_eq!(attempt().await.is(201).json(), first);
    // A file without a header has columns by number, and headings that hold a secret are not repeated.
    let plain = format!("smdp.example.com\n{},M-2\n", iccid(2));
    let report = send_csv(&writer, &format!("{IMPORT}?dryRun=true"), plain).await.json();
    assert_eq!(understood(&report), [["column 1", "the ICCID"], ["column 2", "the matching ID"]]);
}
