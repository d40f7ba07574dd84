//! Files of guesses: an import does not tell its sender which of them is a secret.

use serde_json::{Value, json};

use crate::support::audit::audit_entries;
use crate::support::import::{IMPORT, import_counts, pool_path, send_csv};
use crate::support::operator::Operator;
use crate::support::{Actor, Engine, TestApp, cases, codes, iccid};

cases! {
    both: [
        who_may_not_claim_learns_only_how_many_guesses_are_right,
        every_check_of_guesses_is_audited,
    ],
}

/// Guesses of the matching ID of a code, one of which is right, and a line that is wrong by itself.
fn guesses() -> String {
    let mut file = "smdp.example.com\n12,MATCH\n".to_owned();
    for number in (0..300).rev() {
        file.extend([&iccid(0), ",", &format!("MATCH-{:06}", number * 3), "\n"]);
    }
    file
}

/// Whether a report tells the line of the right guess: by listing it, or by leaving out only it.
fn tells(report: &Value) -> bool {
    let listed = report["rejected"].as_array().expect("a list").iter();
    let lines: Vec<_> = listed.filter_map(|it| it["line"].as_i64()).collect();
    let groups = report["groups"].as_array().expect("a list").iter();
    let known = groups.filter_map(|it| it["firstLine"].as_i64()).any(|line| line == 302);
    known || lines.contains(&302) || lines.len() > 1
}

/// A service with a pool of three codes, the first of which a device has.
async fn with_a_code_handed_out(engine: Engine) -> (TestApp, Operator, String) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let pool = operator.pool(codes(3)).await;
    operator.claim(&pool, "phone").await.is(201);
    (app, operator, pool)
}

async fn who_may_not_claim_learns_only_how_many_guesses_are_right(engine: Engine) {
    let (app, operator, pool) = with_a_code_handed_out(engine).await;
    let append = format!("{pool}/esimpool.import");
    let ask = async |actor: &Actor, path: &str| send_csv(actor, path, guesses()).await.json();
    for path in [IMPORT, &append] {
        for mode in ["strict", "graph", "lenient"] {
            // Dry, and refused for the line that is wrong by itself where it is.
            let ways = if mode == "lenient" { &[true][..] } else { &[true, false] };
            for dry in ways {
                let bad = usize::from(mode != "lenient");
                let path = format!("{path}?mode={mode}&dryRun={dry}");
                let report = ask(&operator.writer, &path).await;
                assert_eq!(report["handedOutCount"], 1, "{path}: {report}");
                assert!(!tells(&report), "{path}: {report}");
                assert_eq!(report["rejected"].as_array().map(Vec::len), Some(bad), "{report}");
                let report = ask(&app.importer(), &path).await;
                assert_eq!(report["handedOutCount"], 1, "{path}: {report}");
                assert!(tells(&report), "{path}: {report}");
            }
        }
    }
    // What is stored tells no more: a decoy among the guesses changes nothing.
    let file = format!("{}{},DECOY\n", guesses(), iccid(9));
    let report = send_csv(&operator.writer, &format!("{append}?partial=true"), file).await;
    let report = report.is(200).json();
    assert_eq!((import_counts(&report)[0] > 0, tells(&report)), (true, false), "{report}");
}

async fn every_check_of_guesses_is_audited(engine: Engine) {
    let (app, operator, pool) = with_a_code_handed_out(engine).await;
    let append = format!("{pool}/esimpool.import");
    let file = || format!("smdp.example.com\n{0},MATCH-000000\n{0},MATCH-000001\n", iccid(0));
    let writer = &operator.writer;
    for path in [IMPORT, &append] {
        send_csv(writer, &format!("{path}?mode=graph&dryRun=true"), file()).await.is(200);
        send_csv(writer, &format!("{path}?mode=graph"), file() + "12,MATCH\n")
            .await
            .is_refused(400, "ImportRejected");
    }
    // One that adds nothing, and one that adds something.
    let known = format!("smdp.example.com\n{},MATCH-000001\n{},MATCH-000000\n", iccid(1), iccid(0));
    let partial = format!("{append}?partial=true");
    let report = send_csv(writer, &partial, known).await.is(200).json();
    assert_eq!(import_counts(&report), [0, 2, 0]);
    let new = format!("smdp.example.com\n{},NEW\n{},MATCH-000000\n", iccid(8), iccid(0));
    let stored = send_csv(writer, &partial, new).await.is(200).json();
    assert_eq!((import_counts(&stored), pool_path(&stored["pool"])), ([1, 1, 0], pool));

    let checks = audit_entries(&app, "$filter=activityType eq 'checkImport'").await;
    assert_eq!(checks.len(), 5, "{checks:#?}");
    let handed_out = json!({ "displayName": "handedOutCount", "oldValue": null, "newValue": "1" });
    let imports = audit_entries(&app, "$filter=activityType eq 'importCodes'").await;
    for entry in checks.iter().chain(&imports) {
        let properties = &entry["resources"][0]["modifiedProperties"];
        let properties = properties.as_array().expect("a list");
        assert!(properties.contains(&handed_out), "{entry}");
    }
}
