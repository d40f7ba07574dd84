//! Only callers with permission see a matching id. It appears nowhere else: not in logs, not in
//! metrics, not in refusals, not in the database.

use esimpool::http::operations;
use reqwest::Method;
use serde_json::json;

use crate::support::app::private_file;
use crate::support::canaries::{
    CANARIES, PERMISSIONS, canary, canary_file, run_commands, send_claims, send_other_requests,
    send_refused_requests, with_canary,
};
use crate::support::import::{IMPORT, send_csv};
use crate::support::process::{Server, program, token};
use crate::support::{Actor, Answer, Engine, POOLS, cases};

cases! {
    both: [ten_thousand_matching_ids_are_nowhere_to_be_found],
    once: [
        settings_and_errors_reveal_no_secret,
        credentials_in_the_urls_of_issuers_are_masked_everywhere,
    ],
}

async fn ten_thousand_matching_ids_are_nowhere_to_be_found(engine: Engine) {
    let folder = crate::support::app::new_folder();
    let database = crate::support::Database::create(engine, folder.path()).await;
    let verbose = [("ESIMPOOL__LOG__FILTER", "trace")];
    let server = Server::try_start(folder.path(), &database.url, &verbose).expect("it starts");
    let [writer, claimer] =
        PERMISSIONS.map(|name| Actor::new(server.addr, Some(&token(folder.path(), name))));

    let mut pools = Vec::new();
    for first in (0..CANARIES).step_by(1000) {
        let (codes, request) = (first..first + 1000, writer.request(Method::POST, POOLS));
        let body = json!({
            "displayName": "x",
            "activationCodes": codes.clone().map(with_canary).collect::<Vec<_>>(),
        });
        let created = if first < CANARIES / 2 {
            let request = request.header("idempotency-key", first);
            let created = Answer::of(request.json(&body)).await.is(201);
            assert!(created.text().contains(&canary(first + 999)), "the echo is for who sent it");
            created
        } else {
            let imported = send_csv(&writer, IMPORT, canary_file(codes)).await.is(201);
            assert!(!imported.text().contains("CANARY"), "{}", imported.text());
            imported
        };
        pools.push(created.header("location").to_owned());
    }
    send_claims(&claimer, &pools[4..8]).await;
    send_refused_requests(&writer, &pools[0]).await;
    send_other_requests(&writer, &claimer, &pools).await;

    let printed = run_commands(folder.path(), &server, &pools[0]);
    let metrics = server.admin_metrics().await;
    let log = server.end_and_read_log();
    let tokens = PERMISSIONS.map(|name| token(folder.path(), name));
    let key = std::fs::read_to_string(folder.path().join("encryption.key")).expect("a key");
    for (name, text) in [("the log", &log), ("the metrics", &metrics), ("a command", &printed)] {
        assert!(!text.contains("CANARY"), "{name}");
        assert!(!text.contains(key.trim()), "{name}");
        for token in &tokens {
            let signature = token.rsplit('.').next().expect("a signature");
            assert!(!text.contains(signature), "{name}");
        }
    }
    for operation in operations() {
        let (method, path) = (operation.method, operation.path);
        let line = format!("\"method\":\"{method}\",\"route\":\"{path}\"");
        assert!(log.contains(&line), "{} was not looked at", operation.name);
    }
    let bytes = database.bytes().await;
    let find = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
    assert!(find(b"smdp.example.com"), "this is the database");
    assert!(!find(b"CANARY") && !find(key.trim().as_bytes()), "the database");
}

async fn settings_and_errors_reveal_no_secret() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let shown = |variables: &[(&str, &str)]| {
        let output = program()
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
    private_file(&file, key);
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

async fn credentials_in_the_urls_of_issuers_are_masked_everywhere() {
    let folder = crate::support::app::new_folder();
    let issuer = |issuer: &str, further: &str| {
        format!("[{{ issuer = '{issuer}', audiences = ['a'], tenants = ['*']{further} }}]")
    };
    let run = |issuers: &str| {
        let mut config = program();
        config.arg("config").current_dir(folder.path()).env("ESIMPOOL__IDENTITY__ISSUERS", issuers);
        let output = config.output().expect("it runs");
        String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr)
    };
    let name = "https://login.example.com/x";
    for (issuers, expected) in [
        (
            issuer(name, ", jwks_url = 'https://me:HUSH@a.example.com/k?c=HUSH'"),
            "***@a.example.com/k",
        ),
        (issuer(name, ", discovery_url = 'https://HUSH@a.example.com/d'"), "***@a.example.com/d"),
        (issuer(name, ", jwks_url = 'me:HUSH@a.example.com'"), "is not an http:// or https:// URL"),
        (issuer("https://me:HUSH@a.example.com", ""), "must not contain a user"),
        ("['https://me:HUSH@a.example.com']".to_owned(), "identity.issuers"),
    ] {
        let printed = run(&issuers);
        assert!(printed.contains(expected) && !printed.contains("HUSH"), "{issuers}: {printed}");
    }

    // At work: nobody answers there, or what answers is no key set.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let closed = listener.local_addr().expect("an address");
    drop(listener);
    let other = crate::support::TestApp::start(Engine::Sqlite).await;
    for (address, cause) in [(closed, "error sending request"), (other.addr, "400 Bad Request")] {
        for (key, path) in [("jwks_url", "beta"), ("discovery_url", "beta")] {
            let url = format!("http://me:HUSH@{address}/{path}?code=HUSH");
            let issuers = issuer(name, &format!(", {key} = '{url}'"));
            let database = crate::support::Database::create(Engine::Sqlite, folder.path()).await;
            let settings = [
                ("ESIMPOOL__IDENTITY__ISSUERS", issuers.as_str()),
                ("ESIMPOOL__IDENTITY__DEVELOPMENT__ENABLED", "true"),
                ("ESIMPOOL__LOG__FILTER", "debug"),
            ];
            let server = Server::try_start(folder.path(), &database.url, &settings);
            let server = server.expect("it starts");
            let ready = Actor::new(server.addr, None).get("/readyz").await;
            let seen = format!("{}{}", server.banner, ready.text());
            let seen = seen + &server.end_and_read_log();
            assert!(seen.contains(cause), "{seen}");
            assert!(seen.contains(&format!("***@{address}")) && !seen.contains("HUSH"), "{seen}");
        }
    }
}
