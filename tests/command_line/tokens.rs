//! `esimpool token` and `esimpool permissions`.

use std::process::Output;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::support::commands::text;
use crate::support::data_folder::{data_folder, path_text};
use crate::support::process::{run, shell};
use crate::support::{POOLS, cases};

cases! {
    once: [
        a_token_is_the_only_thing_printed,
        a_token_carries_what_was_requested,
        every_wrong_kind_is_listed_and_accepted,
        the_permission_report_is_a_table_or_json,
    ],
}

async fn a_token_is_the_only_thing_printed() {
    let folder = data_folder();
    let output = run(&["--data-dir", path_text(&folder), "token"], folder.path());
    assert!(output.status.success());
    let printed = text(&output.stdout);
    assert_eq!(printed.lines().count(), 1);
    assert_eq!(printed.split('.').count(), 3);
    assert_eq!(text(&output.stderr), "");
}

fn claims(output: &Output) -> Value {
    let token = text(&output.stdout);
    let part = token.split('.').nth(1).unwrap_or_else(|| panic!("{}", text(&output.stderr)));
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("JSON")
}

async fn a_token_carries_what_was_requested() {
    let folder = data_folder();
    let token = |arguments: &[&str]| {
        claims(&run(
            &[&["--data-dir", path_text(&folder), "token"], arguments].concat(),
            folder.path(),
        ))
    };
    let plain = token(&[]);
    assert_eq!(plain["roles"], serde_json::json!(["DeviceManagementConfiguration.ReadWrite.All"]));
    assert_eq!(
        plain["exp"].as_i64().zip(plain["iat"].as_i64()).map(|(exp, iat)| exp - iat),
        Some(3600)
    );
    assert_eq!(plain["tid"], token(&["--application"])["tid"], "a fixed development tenant");
    let asked = token(&[
        "--delegated",
        "--permission",
        "A.B",
        "--permission",
        "any text",
        "--tenant",
        "11111111-2222-3333-4444-555555555555",
        "--audience",
        "api://x",
        "--ttl",
        "90s",
    ]);
    assert_eq!(asked["scp"], "A.B any text");
    assert_eq!(asked["roles"], Value::Null);
    assert_eq!(asked["tid"], "11111111-2222-3333-4444-555555555555");
    assert_eq!(asked["aud"], "api://x");
    let tenant = plain["tid"].as_str().expect("a GUID");
    assert_eq!(plain["iss"], format!("http://127.0.0.1:8080/{tenant}/v2.0"), "the listener");
    let listening = token(&["--listen", "0.0.0.0:81"]);
    assert_eq!(listening["iss"], format!("http://127.0.0.1:81/{tenant}/v2.0"));
    let file = folder.path().join("public.toml");
    std::fs::write(&file, "server.public_base_url = 'https://localhost:8443'").expect("written");
    let public = token(&["--config", file.to_str().expect("a path")]);
    assert_eq!(public["iss"], format!("https://localhost:8443/{tenant}/v2.0"), "the public URL");
    assert_eq!(
        asked["exp"].as_i64().zip(asked["iat"].as_i64()).map(|(exp, iat)| exp - iat),
        Some(90)
    );
}

async fn every_wrong_kind_is_listed_and_accepted() {
    let folder = data_folder();
    let list = text(&run(&["token", "--wrong", "list"], folder.path()).stdout);
    let names: Vec<_> = list.lines().map(|line| line.split(' ').next().expect("a name")).collect();
    assert!(names.len() >= 20 && names.contains(&"expired"), "{list}");
    // The reader closes the pipe after the first lines.
    let beginning = r#""$0" token --wrong list | head -1; exit "${PIPESTATUS[0]}""#;
    let output = shell(beginning).output().expect("bash");
    assert!(output.status.success() && output.stderr.is_empty(), "{}", text(&output.stderr));
    assert!(list.starts_with(&text(&output.stdout)));
    let expired = claims(&run(
        &["--data-dir", path_text(&folder), "token", "--wrong", "expired"],
        folder.path(),
    ));
    assert!(expired["exp"].as_i64() < expired["iat"].as_i64());
    let unknown = run(&["token", "--wrong", "nonsense"], folder.path());
    assert_eq!(unknown.status.code(), Some(2));
    assert!(text(&unknown.stderr).contains("--wrong list"));
}

/// What is in it is held to the running service by `permission_matrix`.
async fn the_permission_report_is_a_table_or_json() {
    use esimpool::http::{TokenKind, operations};

    let folder = data_folder();
    let table = text(&run(&["permissions"], folder.path()).stdout);
    let create = table.lines().find(|line| line.starts_with(&format!("POST {POOLS} ")));
    let cells: Vec<_> = create.expect("a line").split_whitespace().skip(2).collect();
    assert_eq!(
        cells,
        [
            &["401", "401"][..],
            &["403", "403", "201", "403", "403", "403"],
            &["403", "403", "201", "403", "403", "403"],
        ]
        .concat(),
        "none, bad, then an application's and a user's with nothing, R, RW, AR, ARW and C: {table}"
    );
    let json = run(&["permissions", "--format", "json"], folder.path()).stdout;
    let report: Value = serde_json::from_slice(&json).expect("JSON");
    let report = report.as_array().expect("a list");
    assert_eq!(report.len(), operations().len());
    for (line, operation) in report.iter().zip(operations()) {
        assert_eq!(line["operation"], operation.name);
        assert!(table.contains(&format!("{} {}", operation.method, operation.path)));
        let answers = line["answers"].as_array().expect("a list");
        assert_eq!(answers.len(), TokenKind::all().len());
        for (answer, token) in answers.iter().zip(TokenKind::all()) {
            assert_eq!(answer["token"], token.name());
            assert_eq!(answer["status"], operation.status(token), "{line}");
        }
    }
    assert_eq!(run(&["permissions", "--format", "x"], folder.path()).status.code(), Some(2));
}
