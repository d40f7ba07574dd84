//! `esimpool permissions used`.

use esimpool::auth::{DevelopmentIssuer, Permission};
use serde_json::{Value, json};

use crate::support::commands::{fits_80_columns, run, said, text};
use crate::support::{EXAMPLE, Engine, POOLS, TestApp, cases};

const READ: &str = "DeviceManagementConfiguration.Read.All";

cases! {
    once: [
        what_clients_used_is_a_table_json_or_csv,
        a_surplus_fails_where_it_must_not_be,
    ],
}

async fn what_clients_used_is_a_table_json_or_csv() {
    let app = TestApp::start(Engine::Sqlite).await;
    let used = |arguments: &[&str]| run(&app, &[&["permissions", "used"], arguments].concat());
    let output = used(&[]);
    assert!(output.status.success());
    assert!(said(&output).starts_with("esimpool: no client has made a request"), "{output:?}");
    assert_eq!(text(&used(&["--output", "json"]).stdout).trim(), "[]");

    let long =
        "A.Permission.Of.Another.Service.With.A.Name.That.Is.Longer.Than.Any.Line.Of.The.Table";
    app.development().carrying(&[READ, long]).get(POOLS).await.is(200);
    let table = text(&used(&[]).stdout);
    fits_80_columns(&table);
    let mut lines = table.lines();
    assert_eq!(lines.next(), Some(DevelopmentIssuer::APP), "{table}");
    assert_eq!(lines.next(), Some("application, 1 request"), "{table}");
    let row = |start: &str| {
        let line = table.lines().find(|line| line.starts_with(start)).expect("a line");
        line.split_whitespace().last().expect("a word").to_owned()
    };
    assert_eq!([row(READ), row("A.Permission")], ["used", "surplus"], "{table}");

    let json: Value = serde_json::from_slice(&used(&["--output", "json"]).stdout).expect("JSON");
    assert_eq!(json[0]["applicationId"], DevelopmentIssuer::APP);
    assert_eq!((&json[0]["used"], &json[0]["surplus"]), (&json!([READ]), &json!([long])));
    let csv = text(&used(&["--output", "csv"]).stdout);
    let app_id = DevelopmentIssuer::APP;
    assert_eq!(
        csv.lines().collect::<Vec<_>>(),
        [
            "applicationId,applicationDisplayName,kind,permission,use",
            &format!("{app_id},,application,{READ},used"),
            &format!("{app_id},,application,{long},surplus"),
        ]
    );
    // Another tenant is asked for with a token of that tenant.
    app.writer().get(POOLS).await.is(200);
    let other = crate::support::app::tenant_id("contoso").to_string();
    let token = text(&run(&app, &["token", "--tenant", &other, "--permission", "None"]).stdout);
    let json = text(&used(&["--output", "json", "--token", token.trim()]).stdout);
    assert!(json.contains("ReadWrite.All") && !json.contains(long), "{json}");
}

async fn a_surplus_fails_where_it_must_not_be() {
    let app = TestApp::start(Engine::Sqlite).await;
    let judge = || run(&app, &["permissions", "used", "--fail-on-surplus"]);
    assert!(judge().status.success(), "nobody used anything");
    app.development().carrying(&[READ]).get(POOLS).await.is(200);
    assert!(judge().status.success());
    let write = Permission::ConfigurationReadWriteAll.name();
    let client = app.development().carrying(&[write, READ]);
    client.get(POOLS).await.is(200);
    let output = judge();
    assert_eq!(output.status.code(), Some(1));
    let line =
        format!("esimpool: permissions that were not used: {} ({write})\n", DevelopmentIssuer::APP);
    assert_eq!(text(&output.stderr), line);
    assert!(text(&output.stdout).contains("surplus"), "the table is printed as well");
    assert!(run(&app, &["permissions", "used"]).status.success(), "without the flag");
    client.post(POOLS, EXAMPLE).await.is(201);
    assert!(judge().status.success(), "all of it was used");
    // A name that would control a terminal does not reach it.
    app.development().carrying(&[READ, "\u{1b}[31mEvil"]).get(POOLS).await.is(200);
    let output = judge();
    assert_eq!(output.status.code(), Some(1));
    let printed = said(&output);
    assert!(printed.contains("[31mEvil") && !printed.contains('\u{1b}'), "{printed:?}");
    // What cannot be told is no success.
    let app = TestApp::start(Engine::Sqlite).await;
    let judge = || run(&app, &["permissions", "used", "--fail-on-surplus"]);
    let many: Vec<_> = (0..100).map(|number| format!("Other.{number}")).collect();
    let used: Vec<_> = many.iter().map(String::as_str).chain([READ]).collect();
    app.development().carrying(&used).get(POOLS).await.is(200);
    assert_eq!(judge().status.code(), Some(1));
}
