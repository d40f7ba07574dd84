//! The commands that talk to a running service, as a person runs them.

use std::fs;
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;

use esimpool::auth::Permission;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::commands::{command, command_in, data_file, run, text};
use crate::support::import::carrier_file;
use crate::support::operator::Operator;
use crate::support::process::{program, shell};
use crate::support::{Engine, POOLS, TestApp, cases, iccid, raw};

cases! {
    once: [
        a_file_is_imported_and_what_was_rejected_is_told_in_a_table,
        a_pool_is_named_by_its_name_or_its_id,
        a_file_may_come_through_a_pipe,
        a_service_that_was_busy_is_asked_again_under_the_same_key,
        the_stock_is_a_table_of_pools_or_all_about_one,
        the_code_of_a_device_is_shown_on_the_terminal_or_in_a_file,
        whoever_may_not_is_told_why_and_no_token_is_shown,
        every_shell_gets_its_completions,
    ],
}

async fn pools(app: &TestApp) -> Vec<Value> {
    let list = app.writer_of_development().get(&format!("{POOLS}?$orderby=displayName")).await;
    list.is(200).json()["value"].as_array().expect("a list").clone()
}

async fn a_file_is_imported_and_what_was_rejected_is_told_in_a_table() {
    let app = TestApp::start(Engine::Sqlite).await;
    let good = data_file(&app, "good.csv", &carrier_file(0..1200));
    let output = run(&app, &["import", &good]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stdout).starts_with("imported 1,200 codes into smdp ("), "{output:?}");
    assert_eq!(text(&output.stderr), "", "no bar where there is no terminal");

    let damaged = carrier_file(2000..2002) + "8.94E+18,MATCH-X\n" + &iccid(7) + ",OTHER\n";
    let damaged = data_file(&app, "damaged.csv", &damaged);
    for (options, said) in [
        (&["--dry-run"][..], "nothing was stored; 2 codes would be imported\n"),
        (&[], "nothing was imported\n"),
    ] {
        let output = run(&app, &[&["import", &damaged], options].concat());
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(text(&output.stderr), "esimpool: 2 lines were rejected\n");
        let told = text(&output.stdout);
        assert!(told.starts_with(said), "{told}");
        let line = |number: &str| {
            let mut lines = told.lines().map(str::trim_start);
            lines.find(|line| line.starts_with(number)).expect("a line").to_owned()
        };
        assert!(line("line ").contains("what to do"), "{told}");
        let rounded = line("4 ");
        assert!(rounded.contains("rounded") && rounded.contains("open it as text"), "{told}");
        assert!(line("5 ").contains(&iccid(7)), "{told}");
        assert_eq!(told.contains("--partial"), options.is_empty(), "{told}");
        assert!(!told.contains("OTHER"), "a secret: {told}");
    }
    assert_eq!(pools(&app).await.len(), 1, "nothing was stored");
    let output = run(&app, &["import", &damaged, "--partial", "--pool", "Spring 'n more"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).starts_with("imported 2 codes into Spring 'n more ("));
    let output = run(&app, &["import", &damaged, "--mode", "graph", "--partial", "--pool", "smdp"]);
    let told = text(&output.stdout);
    assert!(
        told.starts_with("imported 3 codes into smdp (") && told.contains("now has 1,203"),
        "{told}"
    );
    assert_eq!(text(&output.stderr), "esimpool: 1 line was rejected\n");
}

async fn a_pool_is_named_by_its_name_or_its_id() {
    let app = TestApp::start(Engine::Sqlite).await;
    let import = |number: usize, pool: &str| {
        let codes = data_file(&app, "codes.csv", &carrier_file(number..number + 1));
        run(&app, &["import", &codes, "--pool", pool])
    };
    assert!(import(0, "Spring").status.success(), "a new pool");
    assert!(import(1, "Spring").status.success(), "the same pool");
    let all = pools(&app).await;
    assert_eq!((all.len(), &all[0]["activationCodeCount"]), (1, &json!(2)));
    let id = all[0]["id"].as_str().expect("an id");
    assert!(import(2, id).status.success());
    let writer = app.writer_of_development();
    writer.post(POOLS, json!({ "displayName": "Spring" })).await.is(201);
    let output = import(3, "Spring");
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(said.contains("2 pools are named 'Spring'") && said.contains(id), "{said}");
    let output = import(3, "01a00000-0000-7000-8000-000000000000");
    assert!(text(&output.stderr).contains("404 Not Found"), "{}", text(&output.stderr));
    let output = run(&app, &["import", "no such file"]);
    assert!(text(&output.stderr).starts_with("esimpool: no such file: "), "{output:?}");
    let output = run(&app, &["import", "."]);
    assert!(text(&output.stderr).contains("is a folder"), "{output:?}");
}

async fn a_file_may_come_through_a_pipe() {
    let app = TestApp::start(Engine::Sqlite).await;
    let mut child = command(&app, &["import", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program runs");
    let mut pipe = child.stdin.take().expect("piped");
    let output = tokio::task::block_in_place(|| {
        pipe.write_all(carrier_file(0..30_000).as_bytes()).expect("it reads");
        drop(pipe);
        child.wait_with_output().expect("it ends")
    });
    assert!(text(&output.stdout).starts_with("imported 30,000 codes"), "{output:?}");
}

async fn a_service_that_was_busy_is_asked_again_under_the_same_key() {
    let app = TestApp::start(Engine::Sqlite).await;
    let codes = data_file(&app, "codes.csv", &carrier_file(0..3));
    // A service that is busy at first, and whose answer is then lost after it did its work.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = listener.local_addr().expect("an address");
    let real = app.addr;
    let between = std::thread::spawn(move || lossy(&listener, real));
    let output = tokio::task::block_in_place(|| {
        command_in(app.folder.path(), addr, &["import", &codes]).output().expect("the program runs")
    });
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stdout).starts_with("imported 3 codes"), "{output:?}");
    let said = text(&output.stderr);
    assert_eq!(said.matches("retrying").count(), 2, "{said}");
    let keys = between.join().expect("no panic");
    assert!(keys.len() == 3 && keys.iter().all(|key| *key == keys[0]), "{keys:?}");
    assert_eq!(pools(&app).await.len(), 1, "imported once");
}

/// Passes requests on, but answers the first import with 503 and loses the answer to the second.
/// Gives the keys that imports came with.
fn lossy(listener: &std::net::TcpListener, real: SocketAddr) -> Vec<String> {
    use std::io::Read;

    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let mut keys = Vec::new();
    while keys.len() < 3 {
        let (mut client, _) = listener.accept().expect("a client");
        let mut request = Vec::new();
        let mut part = [0; 4096];
        let whole = |request: &[u8]| {
            let text = text(request);
            let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
            let length = head.to_lowercase().lines().find_map(|line| {
                line.strip_prefix("content-length: ").and_then(|it| it.parse::<usize>().ok())
            });
            body.len() >= length.unwrap_or_default()
        };
        while !whole(&request) {
            let length = client.read(&mut part).expect("a request");
            request.extend_from_slice(&part[..length]);
        }
        let head = text(&request).to_lowercase();
        let key = head.lines().find_map(|line| line.strip_prefix("idempotency-key: "));
        keys.extend(key.map(str::to_owned));
        if key.is_some() && keys.len() == 1 {
            let busy = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 0\r\n\
                        Content-Length: 0\r\nConnection: close\r\n\r\n";
            client.write_all(busy.as_bytes()).expect("it listens");
            continue;
        }
        let request = text(&request).replacen("\r\n", "\r\nconnection: close\r\n", 1);
        let answer = runtime.block_on(raw(real, request.as_bytes()));
        if key.is_none() || keys.len() == 3 {
            client.write_all(answer.as_bytes()).expect("it listens");
        }
    }
    keys
}

async fn the_stock_is_a_table_of_pools_or_all_about_one() {
    let app = TestApp::start(Engine::Sqlite).await;
    for (name, range) in [("Spring", 0..1500), ("Autumn", 5000..5003)] {
        let codes = data_file(&app, "codes.csv", &carrier_file(range));
        assert!(run(&app, &["import", &codes, "--pool", name]).status.success());
    }
    let autumn = format!("{POOLS}/{}", pools(&app).await[0]["id"].as_str().expect("an id"));
    let development = app.development();
    let operator = Operator {
        writer: app.writer_of_development(),
        claimer: development.caller(Permission::ActivationCodeClaimAll),
    };
    operator.claim(&autumn, "phone").await.is(201);

    let table = text(&run(&app, &["stock"]).stdout);
    let row = |name: &str| -> Vec<String> {
        let line = table.lines().find(|line| line.starts_with(name)).expect("a line");
        line.split("  ").map(str::trim).filter(|it| !it.is_empty()).map(str::to_owned).collect()
    };
    assert_eq!(row("pool")[..5], ["pool", "codes", "free", "handed out", "quarantined"], "{table}");
    assert_eq!(row("Autumn")[..5], ["Autumn", "3", "2", "low", "1"], "{table}");
    assert_eq!(row("Spring")[..4], ["Spring", "1,500", "1,500", "0"], "{table}");
    assert_eq!(row("all pools")[..4], ["all pools", "1,503", "1,502", "1"], "{table}");

    let one = text(&run(&app, &["stock", "--pool", "Autumn"]).stdout);
    assert!(one.starts_with("Autumn ("), "{one}");
    assert!(one.contains("2 of 3 codes are free, which is low (threshold: 10)"), "{one}");
    assert!(one.contains("installing         1") && one.contains("smdp.example.com"), "{one}");
    let json = run(&app, &["stock", "--pool", "Autumn", "--format", "json"]).stdout;
    let json: Value = serde_json::from_slice(&json).expect("JSON");
    assert_eq!((&json["total"], &json["free"]), (&json!(3), &json!(2)));
    let json = run(&app, &["stock", "--format", "json"]).stdout;
    let json: Value = serde_json::from_slice(&json).expect("JSON");
    assert_eq!(json["total"], 1503);
    let output = run(&app, &["stock", "--pool", "Winter"]);
    assert_eq!(text(&output.stderr), "esimpool: no pool is named 'Winter'\n");
}

async fn the_code_of_a_device_is_shown_on_the_terminal_or_in_a_file() {
    let app = TestApp::start(Engine::Sqlite).await;
    let codes = data_file(&app, "codes.csv", &carrier_file(0..5));
    assert!(run(&app, &["import", &codes, "--pool", "Ann's"]).status.success());
    let pool = format!("{POOLS}/{}", pools(&app).await[0]["id"].as_str().expect("an id"));
    let claimer = app.development().caller(Permission::ActivationCodeClaimAll);
    let operator = Operator { writer: app.writer_of_development(), claimer };
    let given = operator.claim(&pool, "Ann's laptop").await.is(201).json();
    let state = given["deviceState"]["id"].as_str().expect("an id");

    let by_name = run(&app, &["qr", "Ann's laptop", "--pool", "Ann's"]);
    assert!(by_name.status.success(), "{}", text(&by_name.stderr));
    let id = pool.rsplit('/').next().expect("an id");
    // Whoever names both by their ids needs no permission but the one to claim.
    let token =
        text(&run(&app, &["token", "--permission", "EmbeddedSIMActivationCode.Claim.All"]).stdout);
    let by_id = run(&app, &["qr", state, "--pool", id, "--token", token.trim()]);
    assert_eq!(by_name.stdout, by_id.stdout);
    let path = format!("{pool}/deviceStates/{state}/esimpool.qr?format=text");
    assert_eq!(operator.claimer.get(&path).await.is(200).body, by_name.stdout);

    for (name, begin) in [("code.svg", &b"<svg"[..]), ("code.PNG", b"\x89PNG")] {
        let output = run(&app, &["qr", state, "--pool", id, "-o", name]);
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(0), String::new()));
        let picture = app.folder.path().join(name);
        assert!(fs::read(&picture).expect("written").starts_with(begin), "{name}");
        let permissions = fs::metadata(&picture).expect("it is there").permissions();
        let mode = std::os::unix::fs::PermissionsExt::mode(&permissions);
        assert_eq!(mode & 0o777, 0o600, "for its owner only");
    }
    let output = run(&app, &["qr", state, "--pool", id, "-o", "code.txt"]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
    let output = run(&app, &["qr", "nobody", "--pool", "Ann's"]);
    assert_eq!(
        text(&output.stderr),
        "esimpool: no device named 'nobody' has a code of Ann's; claim one first\n"
    );
    let eid =
        json!({ "deviceName": "Ann's laptop", "universalIntegratedCircuitCardIdentifier": "1" });
    operator.claimer.post(&format!("{pool}/esimpool.claim"), eid).await.is(201);
    let output = run(&app, &["qr", "Ann's laptop", "--pool", "Ann's"]);
    assert!(text(&output.stderr).contains("2 devices named 'Ann's laptop'"), "{output:?}");
    let release = json!({ "deviceStateId": state });
    operator.writer.post(&format!("{pool}/esimpool.release"), release).await.is(200);
    let output = run(&app, &["qr", state, "--pool", id]);
    assert!(text(&output.stderr).starts_with("esimpool: 409 Conflict: "), "{output:?}");
}

async fn whoever_may_not_is_told_why_and_no_token_is_shown() {
    let app = TestApp::start(Engine::Sqlite).await;
    let codes = data_file(&app, "codes.csv", &carrier_file(0..1));
    let token = text(&run(&app, &["token", "--permission", "Nothing.Much"]).stdout);
    for arguments in [&["stock"][..], &["import", &codes]] {
        let output = tokio::task::block_in_place(|| {
            command(&app, arguments).env("ESIMPOOL_TOKEN", &token).output().expect("it runs")
        });
        assert_eq!(output.status.code(), Some(1));
        let said = text(&output.stderr);
        assert!(
            said.starts_with("esimpool: 403 Forbidden: Application is not authorized"),
            "{said}"
        );
        assert!(said.contains("request-id") && !said.contains(token.trim()), "{said}");
    }
    // Nobody there, and nobody to ask for a token.
    let elsewhere = TempDir::new().expect("a folder");
    let nobody = SocketAddr::from(([127, 0, 0, 1], 1));
    let said = |folder: &Path| {
        let output = command_in(folder, nobody, &["stock"]).output().expect("it runs");
        assert_eq!(output.status.code(), Some(1));
        text(&output.stderr)
    };
    assert!(said(elsewhere.path()).contains("no access token: set --token"));
    let said = said(app.folder.path());
    assert!(said.contains("http://127.0.0.1:1 does not respond: Connection refused"), "{said}");
    // What another server says is not taken for this one's.
    let output = tokio::task::block_in_place(|| {
        command_in(app.folder.path(), app.admin_addr, &["stock"]).output().expect("it runs")
    });
    assert!(text(&output.stderr).contains("the response did not come from esimpool"), "{output:?}");
}

async fn every_shell_gets_its_completions() {
    let folder = TempDir::new().expect("a folder");
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = program().args(["completions", shell]).current_dir(folder.path()).output();
        let script = text(&script.expect("it runs").stdout);
        assert!(script.contains("import") && script.contains("dry-run"), "{shell}");
    }
    let check = "source <(\"$0\" completions bash) && complete -p esimpool";
    let output = shell(check).output().expect("bash");
    assert!(text(&output.stdout).contains("_esimpool"));
}
