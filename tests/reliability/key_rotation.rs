//! The master key is rotated while servers run.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use esimpool::auth::Permission;
use esimpool::vault::MasterKey;
use futures_util::{StreamExt, stream};
use reqwest::Body;
use serde_json::json;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::support::app::{tenant_id, token_request};
use crate::support::commands::{rotate, said};
use crate::support::data_keys::{Fault, all_codes_are_under_new_data_keys};
use crate::support::import::{IMPORT, carrier_file, pool_path, send_csv};
use crate::support::operator::Operator;
use crate::support::process::{Server, nameless_files};
use crate::support::{Actor, Answer, Database, Engine, POOLS, TestApp, cases, codes};

cases! {
    both: [
        keys_are_rotated_under_load_and_no_request_fails,
        an_interrupted_rotation_resumes,
        keys_given_as_a_value_are_rotated_by_giving_both,
    ],
}

/// How many tenants each of four workers meets in a round, some of them during the rotation.
const TENANTS_OF_WORKER: usize = 20;

/// What is stored of the secrets of codes.
async fn stored_secrets(database: &Database) -> Vec<Vec<Vec<u8>>> {
    database.bytes_of("select matching_id from activation_codes").await
}

/// A claim that is answered as it should be, for the first time or again.
async fn given(operator: &Operator, pool: &str, device: &str) {
    let answer = operator.claim(pool, device).await;
    assert!([200, 201].contains(&answer.status.as_u16()), "{}", answer.text());
}

/// Claims for the same devices again and again, until the end.
async fn claim_until(ending: Arc<AtomicBool>, operator: Operator, pool: String) {
    for turn in (0..10).cycle() {
        given(&operator, &pool, &format!("device {turn}")).await;
        if ending.load(Ordering::Relaxed) {
            break;
        }
    }
}

/// Sends the first half of a file, and the rest on a signal.
async fn import_half(app: &TestApp) -> (oneshot::Sender<()>, JoinHandle<Answer>) {
    let (go_on, wait) = oneshot::channel();
    let file = carrier_file(100..110);
    let (first, rest) = file.split_at(file.len() / 2);
    let (first, rest) = (first.to_owned(), rest.to_owned());
    let rest = async move {
        wait.await.expect("it goes on");
        rest
    };
    let parts = stream::once(async { first }).chain(stream::once(rest));
    let body = Body::wrap_stream(parts.map(Ok::<_, std::io::Error>));
    let writer = app.writer();
    let importing = tokio::spawn(async move { send_csv(&writer, IMPORT, body).await });
    while nameless_files(std::process::id(), app.folder.path()).is_empty() {
        tokio::task::yield_now().await;
    }
    (go_on, importing)
}

/// Takes away the keys that a rotation has left for old backups, each in a file of its name.
fn take_retired_keys(folder: &Path) -> Vec<String> {
    let mut retired = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder").flatten() {
        if entry.file_name().to_string_lossy().starts_with("encryption.retired-") {
            let mode = std::os::unix::fs::PermissionsExt::mode(
                &entry.metadata().expect("it is there").permissions(),
            );
            assert_eq!(mode & 0o777, 0o600, "for its owner only");
            let key = fs::read_to_string(entry.path()).expect("a key");
            let id = MasterKey::parse(&key).expect("one key").id().clone();
            let id: String = id.as_str().chars().filter(char::is_ascii_alphanumeric).collect();
            let name = entry.file_name().to_string_lossy().replace("encryption.retired-", "");
            assert!(id.starts_with(&name), "{name} is named after its content");
            fs::remove_file(entry.path()).expect("it goes");
            retired.push(key);
        }
    }
    retired
}

async fn keys_are_rotated_under_load_and_no_request_fails(engine: Engine) {
    // The body of an import is held back for as long as three rotations take.
    let app = TestApp::with(engine).set("limits.body_timeout", 600).start().await;
    let operator = Operator::of(&app);
    let pool = operator.pool(codes(20)).await;
    operator.claim(&pool, "before").await.is(201);
    // A server that has seen no tenant yet.
    let other =
        (engine == Engine::Postgres).then(|| Server::start(app.folder.path(), &app.database.url));
    let before = stored_secrets(&app.database).await;
    let file = app.folder.path().join("encryption.key");
    let first_key = fs::read_to_string(&file).expect("the key");

    // New tenants appear in every round: their keys are wrapped under the master key of that time.
    let (ending, met) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let round = Arc::new(AtomicUsize::new(1));
    let workers: Vec<_> = (0..4)
        .map(|worker| {
            let (ending, met, round) = (ending.clone(), met.clone(), round.clone());
            let (issuer, addr) = (app.issuer(), app.addr);
            tokio::spawn(async move {
                let mut tenants = 0;
                while !ending.load(Ordering::Relaxed) {
                    let is_new = tenants < round.load(Ordering::Relaxed) * TENANTS_OF_WORKER;
                    tenants += usize::from(is_new);
                    let tenant = tenant_id(&format!("{worker} {tenants}"));
                    let name = Permission::ConfigurationReadWriteAll.name();
                    let request = token_request(tenant, &[name]);
                    let now = esimpool::clock::Clock::system().now();
                    let writer = Actor::new(addr, Some(&issuer.token(&request, now)));
                    if is_new {
                        let body = json!({ "displayName": "Spring", "activationCodes": codes(1) });
                        writer.post(POOLS, body).await.is(201);
                        met.fetch_add(1, Ordering::Relaxed);
                    } else {
                        writer.get(POOLS).await.is(200);
                    }
                }
            })
        })
        .collect();
    let claiming = tokio::spawn(claim_until(ending.clone(), Operator::of(&app), pool.clone()));
    let mut import = None;
    for number in 1..=3 {
        round.store(number, Ordering::Relaxed);
        if number == 3 {
            // Its codes are sealed before the rotation, and stored after it.
            import = Some(import_half(&app).await);
        }
        // The last tenants of a round come while the key is rotated.
        while met.load(Ordering::Relaxed) < number * 40 {
            given(&operator, &pool, &format!("round {number}")).await;
        }
        let output = rotate(&app, &[]);
        assert!(output.status.success(), "{}", said(&output));
        assert!(
            said(&output).contains("from now on, a backup must include the database and this file")
        );
        assert!(!said(&output).contains(first_key.trim()), "no key is printed");
    }
    let (go_on, importing) = import.expect("the last round has begun");
    go_on.send(()).expect("it waits");
    let imported = importing.await.expect("an answer").is(201).json();
    let imported = pool_path(&imported["pool"]);
    ending.store(true, Ordering::Relaxed);
    for worker in workers.into_iter().chain([claiming]) {
        worker.await.expect("no request failed");
    }
    // The keys of its first tenant are wrapped under a key that it has not read.
    if let Some(other) = other {
        let there = format!("http://{}{pool}", other.addr);
        let code = operator.claim(&there, "before").await.is(200).json();
        assert_eq!(code["activationCode"]["matchingIdentifier"], "MATCH-000000");
        assert_eq!(other.terminate(), 0);
    }

    // One key is left, alone, and it is another one; the old ones lie apart.
    let key = fs::read_to_string(&file).expect("the key");
    assert_eq!(key.lines().count(), 1);
    assert_ne!(key, first_key);
    for sql in [
        "select count(*) from encryption_checks",
        "select count(distinct master_key_id) from tenant_keys",
    ] {
        assert_eq!(app.database.number(sql).await, 1, "{sql}");
    }
    let retired = take_retired_keys(app.folder.path());
    assert_eq!(retired.len(), 3);
    assert!(retired.contains(&first_key) && !retired.contains(&key));
    let after = stored_secrets(&app.database).await;
    assert!(!before.iter().any(|secret| after.contains(secret)), "all were sealed again");

    // The new key alone opens everything; the old one opens nothing any more.
    let app = app.restart().await;
    all_codes_are_under_new_data_keys(&app.database).await;
    let operator = Operator::of(&app);
    for (pool, status, number) in [(&pool, 200, 0), (&imported, 201, 100)] {
        let given = operator.claim(pool, "before").await.is(status).json();
        let expected = format!("MATCH-{number:06}");
        assert_eq!(given["activationCode"]["matchingIdentifier"], expected);
    }
    operator.pool(codes(1)).await;
    let (folder, database) = app.stop().await;
    fs::write(&file, first_key).expect("written");
    let refused = Server::try_start(folder.path(), &database.url, &[]).err().expect("the old key");
    assert!(refused.contains("encrypted under another master key"), "{refused}");
}

async fn an_interrupted_rotation_resumes(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let pool = operator.pool(codes(2)).await;
    let file = app.folder.path().join("encryption.key");
    let old = fs::read_to_string(&file).expect("the key");
    // Interrupted before the tenant's keys are wrapped again, and before the old key is removed.
    let fault = Fault::at(&app.database, "tenant_keys").await;
    let output = rotate(&app, &[]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    fault.repair(&app.database).await;
    let both = fs::read_to_string(&file).expect("the keys");
    let new = format!("{}\n", both.lines().next().expect("a key"));
    assert_eq!(both, format!("{new}{old}"));
    let (folder, database) = app.stop().await;
    fs::write(&file, &new).expect("written");
    let refused = Server::try_start(folder.path(), &database.url, &[]).err();
    let refused = refused.expect("one tenant needs the old key");
    assert!(refused.contains("encrypted under another master key"), "{refused}");
    fs::write(&file, format!("{new}{old}")).expect("written");
    let app = TestApp::with(engine).start_on(folder, database).await.expect("it has both keys");
    Operator::of(&app).claim(&pool, "phone").await.is(201);

    let output = rotate(&app, &[]);
    assert!(said(&output).contains("; tenants rewrapped: 1\n"), "{}", said(&output));
    assert!(said(&output).contains("codes encrypted again: 2\n"), "{}", said(&output));
    assert_eq!(fs::read_to_string(&file).expect("the key"), new);
    let app = app.restart().await;
    let given = Operator::of(&app).claim(&pool, "phone").await.is(200).json();
    assert_eq!(given["activationCode"]["matchingIdentifier"], "MATCH-000000");
}

async fn keys_given_as_a_value_are_rotated_by_giving_both(engine: Engine) {
    let [old, new] = [MasterKey::generate(), MasterKey::generate()].map(|key| key.to_string());
    let app = TestApp::with(engine).set("encryption.key", &old).start().await;
    let pool = Operator::of(&app).pool(codes(2)).await;
    let output = rotate(&app, &[("ESIMPOOL__ENCRYPTION__KEY", &old)]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("put a new key before the old one"), "{}", said(&output));

    let both = format!("{new} {old}");
    let (folder, database) = app.stop().await;
    let setup = TestApp::with(engine).set("encryption.key", &both);
    let app = setup.start_on(folder, database).await.expect("the old key is among them");
    let output = rotate(&app, &[("ESIMPOOL__ENCRYPTION__KEY", &both)]);
    assert!(said(&output).contains("remove the old key from encryption.key"), "{}", said(&output));
    assert!(![&old, &new].iter().any(|key| said(&output).contains(*key)));
    let (folder, database) = app.stop().await;
    let setup = TestApp::with(engine).set("encryption.key", &new);
    let app = setup.start_on(folder, database).await.expect("the new key is enough");
    let given = Operator::of(&app).claim(&pool, "phone").await.is(201).json();
    assert_eq!(given["activationCode"]["matchingIdentifier"], "MATCH-000000");
}
