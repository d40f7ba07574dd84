//! A matching id is seen by whoever may have it, and by nobody else: not in logs, not in metrics,
//! not in refusals, not in the database.

use serde_json::json;

use crate::support::process::{Server, run};
use crate::support::{Actor, Engine, POOLS, cases, code};

cases! {
    both: [a_matching_id_is_nowhere_to_be_found],
    once: [settings_and_faults_tell_no_secret],
}

async fn a_matching_id_is_nowhere_to_be_found(engine: Engine) {
    let folder = crate::support::app::new_folder();
    let database = crate::support::Database::create(engine, folder.path()).await;
    let verbose = [("ESIMPOOL__LOG__FILTER", "trace")];
    let server = Server::try_start(folder.path(), &database.url, &verbose).expect("it starts");
    let token =
        run(&["--data-dir", folder.path().to_str().expect("a path"), "token"], folder.path());
    let token = String::from_utf8(token.stdout).expect("text").trim().to_owned();
    let writer = Actor::new(server.addr, Some(&token));

    let canary = |number: usize| format!("CANARY-{number:05}-MATCHING-ID");
    let with = |number: usize| {
        let mut code = code(number);
        code["matchingIdentifier"] = canary(number).into();
        code
    };
    let list: Vec<_> = (0..500).map(with).collect();
    let created =
        writer.post(POOLS, json!({ "displayName": "x", "activationCodes": list })).await.is(201);
    assert!(created.text().contains(&canary(499)), "the echo is for who sent it");
    let path = created.header("location");
    writer.patch(path, json!({ "activationCodes": [with(600)] })).await.is(200);
    // Refused in as many ways as there are to be careless.
    writer.post(POOLS, json!({ "displayName": "x", "activationCodes": [canary(1)] })).await.is(400);
    writer.post(POOLS, json!({ "displayName": "x", canary(1): 1 })).await;
    writer
        .post(POOLS, json!({ "displayName": "x\u{0}", "activationCodes": [with(1)] }))
        .await
        .is(400);
    writer
        .patch(path, json!({ "activationCodes": [{ "matchingIdentifier": canary(1).repeat(50) }] }))
        .await
        .is(400);
    for answer in [writer.get(path).await, writer.get(POOLS).await, writer.delete(path).await] {
        assert!(!answer.text().contains("CANARY"));
    }
    writer
        .post(POOLS, json!({ "displayName": "stays", "activationCodes": [with(2)] }))
        .await
        .is(201);

    let log = server.end_and_read_log();
    assert!(log.contains("answered") && !log.contains("CANARY"), "the log");
    assert!(
        !log.contains(&token) && !log.contains(token.rsplit('.').next().expect("a signature")),
        "the log"
    );
    let key = std::fs::read_to_string(folder.path().join("encryption.key")).expect("a key");
    assert!(!log.contains(key.trim()), "the log");
    let bytes = database.bytes().await;
    let find = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
    assert!(find(b"smdp.example.com"), "this is the database");
    assert!(!find(b"CANARY") && !find(key.trim().as_bytes()), "the database");
}

async fn settings_and_faults_tell_no_secret() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let shown = |variables: &[(&str, &str)]| {
        let output = crate::support::process::program()
            .arg("config")
            .current_dir(folder.path())
            .envs(variables.iter().copied())
            .output()
            .expect("it runs");
        let text =
            String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        (output.status.code(), text.into_owned())
    };
    let key = "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2U=";
    let (code, text) =
        shown(&[("ESIMPOOL__ENCRYPTION__KEY", key), ("DATABASE_URL", "postgres://me:HUSH@db/x")]);
    assert_eq!(code, Some(0), "{text}");
    assert!(!text.contains(key) && !text.contains("HUSH"), "{text}");
    assert!(text.contains("environment DATABASE_URL") && text.contains("(secret)"), "{text}");
    let file = folder.path().join("key");
    std::fs::write(&file, key).expect("written");
    let (_, text) = shown(&[("ESIMPOOL__ENCRYPTION__KEY_FILE", file.to_str().expect("a path"))]);
    let row = text.lines().find(|line| line.starts_with("encryption.key ")).expect("a row");
    assert!(
        row.contains("(secret)") && row.ends_with(&format!("file {}", file.display())),
        "{row}"
    );
    let (code, text) = shown(&[("ESIMPOOL__ENCRYPTION__KEY", "HUSH")]);
    assert_eq!(code, Some(1));
    assert!(!text.contains("HUSH") && text.contains("encryption.key"), "{text}");
}
