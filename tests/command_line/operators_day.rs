//! What an operator does in a day, by commands alone.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::support::commands::{command, data_file, run, text};
use crate::support::import::carrier_file;
use crate::support::process::Server;
use crate::support::{Database, Engine, TestApp, cases};

cases! {
    once: [
        a_code_is_given_shown_taken_back_and_given_again,
        pools_are_created_renamed_and_removed,
        lists_are_tables_json_and_csv,
        a_reader_may_close_the_pipe,
        nothing_is_given_without_a_yes,
    ],
    both: [devices_of_a_file_get_one_code_each_however_often_the_command_is_run],
}

/// A service whose pool Spring has so many codes.
async fn with_codes(count: usize) -> TestApp {
    let app = TestApp::start(Engine::Sqlite).await;
    let codes = data_file(&app, "codes.csv", &carrier_file(0..count));
    succeeds(&app, &["import", &codes, "--pool", "Spring", "--create"]);
    app
}

/// What a command prints that succeeds.
fn succeeds(app: &TestApp, arguments: &[&str]) -> String {
    let output = run(app, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

/// What a command says that fails.
fn fails(app: &TestApp, arguments: &[&str]) -> String {
    let output = run(app, arguments);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", text(&output.stdout));
    text(&output.stderr)
}

/// The records of a CSV file, without its head.
fn records(bytes: &[u8]) -> Vec<Vec<String>> {
    let lines = text(bytes);
    lines.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

async fn a_code_is_given_shown_taken_back_and_given_again() {
    let app = with_codes(1).await;
    let claim = ["claim", "--pool", "Spring", "--device", "Laptop 7", "--user", "ann@contoso.com"];
    let given = succeeds(&app, &claim);
    let iccid = given.split_whitespace().find(|word| word.starts_with("89")).expect("an ICCID");
    assert!(given.starts_with("Laptop 7 has the code 89"), "{given}");
    assert!(given.contains("activation code   LPA:1$smdp.example.com$"), "{given}");
    assert_eq!(succeeds(&app, &claim), given, "the same code");
    let json = succeeds(&app, &[&claim[..], &["--format", "json"]].concat());
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["activationCode"]["integratedCircuitCardIdentifier"], iccid);
    let refused = fails(&app, &["claim", "--pool", "Spring", "--device", "Laptop 8"]);
    assert!(refused.starts_with("esimpool: 409 Conflict"), "{refused}");

    assert_eq!(
        succeeds(&app, &["release", "Laptop 7", "--pool", "Spring"]),
        "Laptop 7 has given its code back, which is quarantined now\n"
    );
    let again = fails(&app, &["release", "Laptop 7", "--pool", "Spring"]);
    assert!(again.contains("no device 'Laptop 7' has a code of Spring"), "{again}");
    assert_eq!(
        succeeds(&app, &["reinstate", iccid, "--pool", "Spring"]),
        format!("{iccid} is free again\n")
    );
    assert!(succeeds(&app, &claim).contains(iccid));
    assert_eq!(
        succeeds(&app, &["retire", "Laptop 7", "--pool", "Spring", "--details", "lost"]),
        "Laptop 7 is retired; its code is not handed out again\n"
    );
    let devices = succeeds(&app, &["devices", "--pool", "Spring", "--format", "json"]);
    let devices: Value = serde_json::from_str(&devices).expect("JSON");
    assert_eq!(devices[0]["stateDetails"], "lost", "{devices}");
}

async fn pools_are_created_renamed_and_removed() {
    let app = TestApp::start(Engine::Sqlite).await;
    let created = succeeds(&app, &["pool", "create", "Spring", "--threshold", "7"]);
    assert!(created.starts_with("created Spring ("), "{created}");
    let stock = succeeds(&app, &["stock", "--pool", "Spring"]);
    assert!(stock.contains("0 of 0 codes are free, which is low (threshold: 7)"), "{stock}");
    let set = succeeds(&app, &["pool", "threshold", "Spring", "1200"]);
    assert_eq!(set, "Spring: low at 1,200 free codes or fewer\n");
    let renamed = succeeds(&app, &["pool", "rename", "Spring", "Autumn"]);
    assert!(renamed.ends_with(" is named Autumn now\n"), "{renamed}");
    let refused = fails(&app, &["pool", "remove", "Autumn"]);
    assert!(refused.contains("--yes"), "{refused}");
    let removed = succeeds(&app, &["pool", "remove", "Autumn", "--yes"]);
    assert!(removed.starts_with("removed Autumn ("), "{removed}");
    assert!(fails(&app, &["pool", "remove", "Autumn", "--yes"]).contains("'Autumn'"));
}

async fn lists_are_tables_json_and_csv() {
    let app = with_codes(150).await;
    succeeds(&app, &["claim", "--pool", "Spring", "--device", "=cmd|' /C calc'!A0"]);
    let output = run(&app, &["codes", "--pool", "Spring"]);
    let table = text(&output.stdout);
    assert_eq!(table.lines().count(), 102, "{table}");
    assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
    assert!(text(&output.stderr).contains("these are the first 100"), "{output:?}");
    let json = succeeds(&app, &["codes", "--pool", "Spring", "--format", "json"]);
    let json: Vec<Value> = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json.len(), 150);
    let csv = succeeds(&app, &["codes", "--pool", "Spring", "--format", "csv", "--limit", "120"]);
    assert_eq!(records(csv.as_bytes()).len(), 120);
    for row in csv.lines().skip(1) {
        assert!(row.starts_with("89") && row.split(',').count() == 5, "{row}");
    }
    let installing =
        succeeds(&app, &["codes", "--pool", "Spring", "--state", "installing", "--format", "csv"]);
    assert_eq!(records(installing.as_bytes()).len(), 1, "{installing}");
    let devices = succeeds(&app, &["devices", "--pool", "Spring", "--format", "csv"]);
    assert!(devices.contains("\r\n'=cmd|"), "no formula: {devices}");
    let none = run(&app, &["devices", "--pool", "Spring", "--state", "failed"]);
    assert_eq!(
        (text(&none.stdout), text(&none.stderr)),
        (String::new(), "esimpool: nothing matches\n".to_owned())
    );

    let audit = succeeds(&app, &["audit", "--activity", "claim"]);
    assert!(audit.contains("Claim activation code"), "{audit}");
    assert_eq!(succeeds(&app, &["audit", "--until", "2020-01-01", "--format", "json"]), "[]\n");
    let wrong = run(&app, &["audit", "--since", "yesterday"]);
    assert_eq!(wrong.status.code(), Some(2), "{}", text(&wrong.stderr));
    let export = succeeds(&app, &["export", "--pool", "Spring"]);
    assert_eq!(records(export.as_bytes()).len(), 150);
    succeeds(&app, &["export", "--pool", "Spring", "-o", "export.csv"]);
    assert_eq!(fs::read_to_string(app.folder.path().join("export.csv")).expect("a file"), export);
}

async fn a_reader_may_close_the_pipe() {
    let app = with_codes(5000).await;
    for arguments in [
        &["codes", "--pool", "Spring", "--format", "csv"][..],
        &["export", "--pool", "Spring"],
        &["stock"],
    ] {
        let mut child = command(&app, arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        drop(child.stdout.take());
        let output = tokio::task::block_in_place(|| child.wait_with_output().expect("it ends"));
        let said = text(&output.stderr);
        assert_eq!((output.status.code(), said.as_str()), (Some(0), ""), "{arguments:?}");
    }
}

async fn nothing_is_given_without_a_yes() {
    let app = with_codes(5).await;
    let devices = data_file(&app, "devices.csv", "device,EID,department\nA,,x\nB,,y\nC,,z\n");
    let claim = ["claim", "--pool", "Spring", "--devices", &devices];
    assert!(fails(&app, &claim).contains("say --yes"));
    let preview = succeeds(&app, &[&claim[..], &["--dry-run"]].concat());
    assert!(preview.contains("columns ignored: department\n"), "{preview}");
    assert!(preview.ends_with("\n3 devices; Spring has 5 free codes\nnothing was given\n"));
    let nowhere = fails(&app, &[&claim[..], &["--yes", "--results", "no/such/codes.csv"]].concat());
    assert!(nowhere.contains("there is no such folder"), "{nowhere}");
    let twice = data_file(&app, "twice.csv", "A\nB\na\n");
    let twice = fails(&app, &["claim", "--pool", "Spring", "--devices", &twice, "--yes"]);
    assert!(twice.ends_with("lines 1 and 3 are the same device, a\n"), "{twice}");
    assert_eq!(succeeds(&app, &["devices", "--pool", "Spring", "--format", "json"]), "[]\n");
}

async fn devices_of_a_file_get_one_code_each_however_often_the_command_is_run(engine: Engine) {
    const DEVICES: usize = 250;

    let folder = crate::support::app::new_folder();
    let folder = folder.path();
    let database = Database::create(engine, folder).await;
    let server = Server::start(folder, &database.url);
    let lines: Vec<_> = (0..DEVICES).map(|number| format!("Laptop {number}\r\n")).collect();
    fs::write(folder.join("devices.csv"), format!("device\r\n{}", lines.concat()))
        .expect("written");
    fs::write(folder.join("codes.csv"), carrier_file(0..DEVICES - 1)).expect("written");
    let command =
        |arguments: &[&str]| crate::support::commands::command_in(folder, server.addr, arguments);
    let ran = |arguments: &[&str]| {
        tokio::task::block_in_place(|| command(arguments).output().expect("the program runs"))
    };
    assert!(ran(&["import", "codes.csv", "--pool", "Spring", "--create"]).status.success());
    let claim = [
        "claim",
        "--pool",
        "Spring",
        "--devices",
        "devices.csv",
        "--yes",
        "--results",
        "codes.csv",
    ];
    // Killed on its way, at once and later.
    for given in [1, DEVICES / 2] {
        let mut child = command(&claim).stdout(Stdio::null()).spawn().expect("the program starts");
        let some = async {
            while handed_out(&database).await < given {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_mins(1), some).await.expect("some claims");
        child.kill().expect("it runs or has ended");
        child.wait().expect("it has ended");
    }
    // A second time with a sheet, whose cards are those of the devices.
    let sheet = [&claim[..], &["--sheet", "cards.html"]].concat();
    let mut results = Vec::new();
    for arguments in [&claim[..], &sheet] {
        let output = ran(arguments);
        assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
        assert!(text(&output.stderr).ends_with("esimpool: 1 device got no code\n"));
        let file = folder.join("codes.csv");
        assert_eq!(fs::metadata(&file).expect("a file").permissions().mode() & 0o777, 0o600);
        results.push(records(&fs::read(&file).expect("a file")));
    }
    let given = |results: &[Vec<String>]| -> Vec<[String; 2]> {
        let cells = results.iter().map(|cells| [cells[0].clone(), cells[5].clone()]);
        let mut given: Vec<_> = cells.filter(|[_, code]| code.starts_with("LPA:")).collect();
        given.sort();
        given
    };
    let (first, second) = (given(&results[0]), given(&results[1]));
    assert_eq!(first, second, "the same code for each device");
    assert_eq!(first.len(), DEVICES - 1);
    let mut codes: Vec<_> = first.iter().map(|[_, code]| code).collect();
    codes.sort();
    codes.dedup();
    assert_eq!(codes.len(), DEVICES - 1, "each code once");
    let cards = |name: &str| read(folder, name).matches("class=\"card\"").count();
    assert_eq!((cards("cards.html"), cards("cards-2.html")), (200, DEVICES - 1 - 200));
}

async fn handed_out(database: &Database) -> usize {
    let count = database.number("select count(*) from device_states").await;
    usize::try_from(count).expect("a count")
}

fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).expect("a file")
}
