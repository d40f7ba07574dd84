//! The commands that talk to a running service, as a person runs them.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use esimpool::auth::Permission;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::bodies::eid;
use crate::support::commands::{command, command_in, data_file, development_pools, run, text};
use crate::support::import::carrier_file;
use crate::support::operator::Operator;
use crate::support::process::{program, shell};
use crate::support::{Engine, POOLS, TestApp, cases, iccid};

cases! {
    once: [
        a_pool_is_given_by_its_name_or_its_id,
        the_stock_is_a_table_of_pools_or_the_details_of_one,
        the_code_of_a_device_is_shown_on_the_terminal_or_in_a_file,
        a_refused_command_says_why_and_shows_no_token,
        a_code_a_device_or_a_pool_is_found_by_what_it_is_known_by,
        every_shell_gets_its_completions,
    ],
}

async fn a_pool_is_given_by_its_name_or_its_id() {
    let app = TestApp::start(Engine::Sqlite).await;
    let import = |number: usize, pool: &str| {
        let codes = data_file(&app, "codes.csv", &carrier_file(number..number + 1));
        run(&app, &["import", &codes, "--pool", pool, "--create"])
    };
    assert!(import(0, "Spring").status.success(), "a new pool");
    assert!(import(1, "Spring").status.success(), "the same pool");
    let all = development_pools(&app).await;
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

async fn the_stock_is_a_table_of_pools_or_the_details_of_one() {
    let app = TestApp::start(Engine::Sqlite).await;
    for (name, range) in [("Spring", 0..1500), ("Autumn", 5000..5003)] {
        let codes = data_file(&app, "codes.csv", &carrier_file(range));
        assert!(run(&app, &["import", &codes, "--pool", name, "--create"]).status.success());
    }
    let autumn =
        format!("{POOLS}/{}", development_pools(&app).await[0]["id"].as_str().expect("an id"));
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
    let cells = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert!(one.lines().any(|line| cells(line) == ["installing", "1"]), "{one}");
    assert!(one.contains("smdp.example.com"), "{one}");
    let json = run(&app, &["stock", "--pool", "Autumn", "--format", "json"]).stdout;
    let json: Value = serde_json::from_slice(&json).expect("JSON");
    assert_eq!((&json["total"], &json["free"]), (&json!(3), &json!(2)));
    let json = run(&app, &["stock", "--format", "json"]).stdout;
    let json: Value = serde_json::from_slice(&json).expect("JSON");
    assert_eq!(json["total"], 1503);
    let output = run(&app, &["stock", "--pool", "Winter"]);
    assert_eq!(text(&output.stderr), "esimpool: no pool is named 'Winter'\n");
}

async fn a_code_a_device_or_a_pool_is_found_by_what_it_is_known_by() {
    let app = TestApp::start(Engine::Sqlite).await;
    let head = "ICCID,Matching ID,SM-DP+,EID,Label\n".to_owned();
    let line = |number: usize, rest: &str| {
        format!("{},M-{number},smdp.example.com,{rest}\n", iccid(number))
    };
    let bound = eid(7);
    let file = head + &line(0, ",north") + &line(1, ",south") + &line(2, &format!("{bound},south"));
    let codes = data_file(&app, "codes.csv", &file);
    assert!(run(&app, &["import", &codes, "--pool", "Autumn", "--create"]).status.success());
    let pool = development_pools(&app).await.remove(0);
    let id = pool["id"].as_str().expect("an id");
    let claimer = app.development().caller(Permission::ActivationCodeClaimAll);
    let claim = json!({ "deviceName": "Ann's laptop", "userName": "ann@contoso.com" });
    claimer.post(&format!("{POOLS}/{id}/esimpool.claim"), claim).await.is(201);
    let find = |text: &str| {
        let output = run(&app, &["find", text]);
        assert!(output.status.success(), "{text}: {}", self::text(&output.stderr));
        let told = self::text(&output.stdout);
        assert!(told.lines().all(|line| line.chars().count() <= 80), "{told}");
        assert!(!told.contains("M-"), "a secret: {told}");
        told
    };
    // With a pad, as an ICCID is stored on cards, too.
    let padded = format!("{}F", iccid(0));
    for text in [&iccid(0), &padded, "ANN'S LAPTOP", "ann@contoso.com", "north"] {
        let told = find(text);
        assert!(told.starts_with(&format!("ICCID {}\n", iccid(0))), "{text}: {told}");
        for part in ["installing since ", "Z\n", "Autumn", "Ann's laptop", "ann@contoso.com"] {
            assert!(told.contains(part), "{text}: {told}");
        }
        let history = ["Import into a new pool", "Claim activation code"].map(|it| told.find(it));
        assert!(history[0].is_some() && history[0] < history[1], "{told}");
    }
    assert!(find(&bound).starts_with(&format!("ICCID {}\n  state     free since", iccid(2))));
    let several = find("south");
    assert!(several.contains(&iccid(1)) && several.contains(&iccid(2)), "{several}");
    assert!(find("autumn").contains(id));
    let json = run(&app, &["find", &iccid(0), "--format", "json"]).stdout;
    let json: Value = serde_json::from_slice(&json).expect("JSON");
    assert_eq!(json["codes"][0]["poolDisplayName"], "Autumn");
    assert_eq!(json["history"].as_array().map(Vec::len), Some(2));
    let import = json["codes"][0]["importId"].as_str().expect("an id");
    assert!(find(import).contains(&iccid(1)));
    // Who may not read the audit log sees no history.
    let token = run(&app, &["token", "--permission", "DeviceManagementConfiguration.Read.All"]);
    let token = text(&token.stdout);
    let told = text(&run(&app, &["find", &iccid(0), "--token", token.trim()]).stdout);
    assert!(told.starts_with("ICCID ") && !told.contains("Claim activation code"), "{told}");
    let output = run(&app, &["find", "nobody"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("nothing is known by 'nobody'"));
}

async fn the_code_of_a_device_is_shown_on_the_terminal_or_in_a_file() {
    let app = TestApp::start(Engine::Sqlite).await;
    let codes = data_file(&app, "codes.csv", &carrier_file(0..5));
    assert!(run(&app, &["import", &codes, "--pool", "Ann's", "--create"]).status.success());
    let pool =
        format!("{POOLS}/{}", development_pools(&app).await[0]["id"].as_str().expect("an id"));
    let claimer = app.development().caller(Permission::ActivationCodeClaimAll);
    let operator = Operator { writer: app.writer_of_development(), claimer };
    let given = operator.claim(&pool, "Ann's laptop").await.is(201).json();
    let state = given["deviceState"]["id"].as_str().expect("an id");

    let by_name = run(&app, &["qr", "ANN's laptop", "--pool", "Ann's"]);
    assert!(by_name.status.success(), "{}", text(&by_name.stderr));
    let id = pool.rsplit('/').next().expect("an id");
    // With the ids of both, the permission to claim is enough.
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
        "esimpool: no device 'nobody' has a code of Ann's; 'esimpool devices --pool' lists those that have one\n"
    );
    // It is the same device that tells its EID, and another one that tells another.
    operator.claim_as(&pool, ["Ann's laptop", &eid(1), ""]).await.is(200);
    operator.claim_as(&pool, ["Ann's laptop", &eid(2), ""]).await.is(201);
    let output = run(&app, &["qr", "Ann's laptop", "--pool", "Ann's"]);
    assert!(text(&output.stderr).contains("several devices 'Ann's laptop'"), "{output:?}");
    let release = json!({ "deviceStateId": state });
    operator.writer.post(&format!("{pool}/esimpool.release"), release).await.is(200);
    let output = run(&app, &["qr", state, "--pool", id]);
    assert!(text(&output.stderr).starts_with("esimpool: 409 Conflict: "), "{output:?}");
}

async fn a_refused_command_says_why_and_shows_no_token() {
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
    // There is no service, and no issuer to ask for a token.
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
