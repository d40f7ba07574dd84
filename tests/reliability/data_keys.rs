//! A rotation replaces data keys, tells other servers, and can be interrupted anywhere.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Stdio;

use crate::support::commands::{rotate, rotation, said};
use crate::support::data_keys::{Fault, all_codes_are_under_new_data_keys, codes_under_older_keys};
use crate::support::database::execute;
use crate::support::operator::Operator;
use crate::support::process::Server;
use crate::support::{Engine, TestApp, cases, codes};

cases! {
    both: [
        codes_are_sealed_again_under_a_new_data_key,
        sealing_again_continues_where_it_was_interrupted,
        a_server_completes_what_a_rotation_has_left,
        a_server_without_the_new_key_stops_the_rotation,
        a_rotation_that_is_killed_leaves_no_draft_of_a_key,
    ],
    once: [a_server_that_does_not_answer_is_reported],
}

async fn codes_are_sealed_again_under_a_new_data_key(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    // More than are sealed again at a time.
    let pools = [operator.pool(codes(2_500)).await, operator.pool(vec![]).await];
    operator.claim(&pools[0], "phone").await.is(201);
    let keys = || app.database.bytes_of("select data_key from tenant_keys order by key_id");
    let old = keys().await;
    let secrets = || app.database.bytes_of("select matching_id from activation_codes");
    let before = secrets().await;
    let output = rotate(&app, &[]);
    assert!(output.status.success(), "{}", said(&output));
    assert!(said(&output).contains("codes encrypted again: 2,500\n"), "{}", said(&output));
    assert!(said(&output).contains("1 running server has the new key\n"), "{}", said(&output));
    assert_eq!(keys().await.len(), 2 * old.len());
    assert_eq!(codes_under_older_keys(&app.database).await, 0);
    let after: BTreeSet<_> = secrets().await.into_iter().collect();
    assert!(!before.iter().any(|secret| after.contains(secret)));
    // New codes are sealed under the new key at once, and all of them can be claimed.
    let new = operator.pool(codes(2)).await;
    assert_eq!(codes_under_older_keys(&app.database).await, 0);
    let again = operator.claim(&pools[0], "phone").await.is(200).json();
    assert_eq!(again["activationCode"]["matchingIdentifier"], "MATCH-000000");
    let next = operator.claim(&pools[0], "tablet").await.is(201).json();
    assert_eq!(next["activationCode"]["matchingIdentifier"], "MATCH-000001");
    // The same secret is still the same code.
    let codes = operator.writer.get(&format!("{new}/esimpool.codes")).await.is(200).json();
    assert_eq!(codes["value"][0]["state"], "handedOutElsewhere", "{codes}");
}

async fn sealing_again_continues_where_it_was_interrupted(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let pool = operator.pool(codes(1_500)).await;
    let fault = Fault::at(&app.database, "activation_codes").await;
    let output = rotate(&app, &[]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("; tenants rewrapped: 1\n"), "{}", said(&output));
    fault.repair(&app.database).await;
    assert_eq!(codes_under_older_keys(&app.database).await, 1_500);
    let key = fs::read_to_string(app.folder.path().join("encryption.key")).expect("a key");
    assert_eq!(key.lines().count(), 1, "the old key is not needed any more");
    operator.claim(&pool, "phone").await.is(201);
    let output = rotate(&app, &[]);
    assert!(said(&output).contains("continuing the last rotation"), "{}", said(&output));
    assert!(said(&output).contains("codes encrypted again: 1,500\n"), "{}", said(&output));
    let same = fs::read_to_string(app.folder.path().join("encryption.key")).expect("a key");
    assert_eq!(key, same, "it is the same rotation");
    assert_eq!(codes_under_older_keys(&app.database).await, 0);
    let given = operator.claim(&pool, "phone").await.is(200).json();
    assert_eq!(given["activationCode"]["matchingIdentifier"], "MATCH-000000");
}

async fn a_server_completes_what_a_rotation_has_left(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let pool = operator.pool(codes(20)).await;
    let fault = Fault::at(&app.database, "activation_codes").await;
    assert_eq!(rotate(&app, &[]).status.code(), Some(1));
    fault.repair(&app.database).await;
    assert_eq!(codes_under_older_keys(&app.database).await, 20);
    let app = app.restart().await;
    all_codes_are_under_new_data_keys(&app.database).await;
    let given = Operator::of(&app).claim(&pool, "phone").await.is(201).json();
    assert_eq!(given["activationCode"]["matchingIdentifier"], "MATCH-000000");
}

async fn a_server_without_the_new_key_stops_the_rotation(engine: Engine) {
    let app = TestApp::start(engine).await;
    let pool = Operator::of(&app).pool(codes(2)).await;
    let file = app.folder.path().join("encryption.key");
    let old = fs::read_to_string(&file).expect("the key");
    let (folder, database) = app.stop().await;
    let given = [("ESIMPOOL__ENCRYPTION__KEY", old.trim())];
    let server = Server::try_start(folder.path(), &database.url, &given).expect("it starts");
    while database.number("select count(*) from servers").await == 0 {}
    let output = rotation(folder.path(), &database.url).output().expect("it runs");
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let printed = said(&output);
    let process = format!("(process {})", server.pid());
    assert!(printed.contains("is not known to") && printed.contains(&process), "{printed}");
    let keys = fs::read_to_string(&file).expect("the keys");
    assert!(
        keys.lines().count() == 2 && keys.ends_with(&old),
        "the new key waits for the next try"
    );
    assert_eq!(database.number("select count(*) from encryption_checks").await, 1);
    assert_eq!(server.terminate(), 0);
    // It is gone, so that the rotation goes on with the same new key.
    let output = rotation(folder.path(), &database.url).output().expect("it runs");
    assert!(output.status.success(), "{}", said(&output));
    assert!(said(&output).contains("no running server has confirmed"), "{}", said(&output));
    assert!(keys.starts_with(&fs::read_to_string(&file).expect("the key")));
    let app = TestApp::with(engine).start_on(folder, database).await.expect("it starts");
    let given = Operator::of(&app).claim(&pool, "phone").await.is(201).json();
    assert_eq!(given["activationCode"]["matchingIdentifier"], "MATCH-000000");
}

async fn a_server_that_does_not_answer_is_reported() {
    let app = TestApp::start(Engine::Sqlite).await;
    Operator::of(&app).pool(codes(2)).await;
    let gone = "insert into servers values (zeroblob(16), 'gone (process 1)', -1, 1)";
    execute(&app.database, gone).await;
    let output = rotate(&app, &[]);
    assert!(output.status.success(), "{}", said(&output));
    assert!(said(&output).contains("no answer from: gone (process 1)"), "{}", said(&output));
    let output = rotate(&app, &[]);
    assert!(!said(&output).contains("no answer"), "{}", said(&output));
}

/// The names in a folder, and which file the key is.
fn seen(folder: &Path) -> (BTreeSet<String>, u64) {
    let names = fs::read_dir(folder).expect("a folder").flatten();
    let names = names.map(|entry| entry.file_name().to_string_lossy().into_owned());
    (names.collect(), fs::metadata(folder.join("encryption.key")).map_or(0, |file| file.ino()))
}

async fn a_rotation_that_is_killed_leaves_no_draft_of_a_key(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let pool = operator.pool(codes(2)).await;
    let (folder, url) = (app.folder.path().to_owned(), app.database.url.clone());
    tokio::task::block_in_place(|| kill_rotations(&folder, &url));
    let output = rotate(&app, &[]);
    assert!(output.status.success(), "{}", said(&output));
    let (names, _) = seen(&folder);
    let known = |name: &str| {
        ["encryption.", "development-", "esimpool.db"].iter().any(|it| name.starts_with(it))
    };
    let unknown: Vec<_> = names.iter().filter(|name| !known(name)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    let given = operator.claim(&pool, "phone").await.is(201).json();
    assert_eq!(given["activationCode"]["matchingIdentifier"], "MATCH-000000");
}

/// Kills rotations while they write keys.
fn kill_rotations(folder: &Path, url: &str) {
    let mut killed = 0;
    while killed < 12 {
        let before = seen(folder);
        let mut process = rotation(folder, url);
        let mut process =
            process.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
        // As soon as it has written anything.
        let ended = loop {
            if seen(folder) != before {
                break false;
            }
            if process.try_wait().expect("a process").is_some() {
                break true;
            }
        };
        killed += usize::from(!ended);
        process.kill().expect("it was there");
        process.wait().expect("it ended");
    }
}
