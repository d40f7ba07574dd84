//! `esimpool permissions test`.

use std::process::Output;

use esimpool::auth::Permission;
use roxmltree::Document;
use serde_json::json;

use crate::support::commands::{command, data_file, fits_80_columns, run, said, text};
use crate::support::documents::document;
use crate::support::tap::parse_tap;
use crate::support::{Engine, POOLS, TestApp, cases};

cases! {
    once: [
        the_example_of_the_documents_is_answered_as_expected,
        a_wrong_expectation_fails_in_every_report,
        faults_of_a_file_are_told_with_their_lines,
        a_file_may_be_elsewhere_and_send_other_bodies_for_other_tenants,
        a_service_that_does_not_answer_fails_and_no_token_is_ever_printed,
    ],
}

const READ: &str = "DeviceManagementConfiguration.Read.All";

/// The example of docs/permission-tests.md, unmodified.
fn example() -> String {
    let page = std::fs::read_to_string(document("docs/permission-tests.md")).expect("a page");
    let block = page.split("```toml expected.toml\n").nth(1).expect("an example");
    block.split("```").next().expect("an end").to_owned()
}

/// Runs a file of that content, with the tokens that the example names.
fn test(app: &TestApp, content: &str, arguments: &[&str]) -> Output {
    data_file(app, "expected.toml", content);
    let token = |permission: &str| text(&run(app, &["token", "--permission", permission]).stdout);
    data_file(app, "reader.token", &token(READ));
    let deployed = token(Permission::ConfigurationReadWriteAll.name());
    let arguments = [&["permissions", "test", "expected.toml"], arguments].concat();
    tokio::task::block_in_place(|| {
        let mut command = command(app, &arguments);
        let output = command.env("DEPLOYED_TOKEN", deployed.trim()).output().expect("it runs");
        let printed = said(&output);
        for token in [deployed.trim(), token(READ).trim()] {
            let signature = token.rsplit('.').next().expect("a signature");
            assert!(!printed.contains(signature), "a token is printed");
        }
        output
    })
}

async fn the_example_of_the_documents_is_answered_as_expected() {
    let app = TestApp::start(Engine::Sqlite).await;
    let requests = example().matches("[[requests]]").count();
    let output = test(&app, &example(), &[]);
    assert!(output.status.success(), "{}", said(&output));
    let table = text(&output.stdout);
    fits_80_columns(&table);
    assert!(
        table.ends_with(&format!("\n{requests} of {requests} requests answered as expected\n")),
        "{table}"
    );
    let tests = parse_tap(&text(&test(&app, &example(), &["--output", "tap"]).stdout));
    assert_eq!(tests.iter().filter(|test| test.ok).count(), requests);
    assert!(tests[4].description.ends_with("with reader is answered 403"), "{tests:?}");
    let output = test(&app, &example(), &["--output", "junit"]);
    let xml = text(&output.stdout);
    let document = Document::parse(&xml).expect("XML");
    let cases = document.descendants().filter(|node| node.has_tag_name("testcase")).count();
    assert_eq!((cases, output.status.code()), (requests, Some(0)));
}

async fn a_wrong_expectation_fails_in_every_report() {
    let app = TestApp::start(Engine::Sqlite).await;
    let content = example().replacen("status = 403", "status = 200", 1);
    let line = content.lines().position(|line| line == "token = \"stored\"").expect("its row");
    let difference = "expected 200, got 403 Forbidden: Application is not authorized";
    let output = test(&app, &content, &[]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        text(&output.stderr),
        "esimpool: expected.toml: 1 of 7 requests were not answered as expected\n"
    );
    let table = text(&output.stdout);
    // Its table begins one line before its first key.
    assert!(table.contains(&format!("line {line}: {difference}")), "{table}");
    assert_eq!(table.matches("FAILED").count(), 1, "{table}");

    let output = test(&app, &content, &["--output", "tap"]);
    assert_eq!(output.status.code(), Some(1));
    let tests = parse_tap(&text(&output.stdout));
    let failed: Vec<_> = tests.iter().filter(|test| !test.ok).collect();
    let [failed] = failed.as_slice() else { panic!("{tests:?}") };
    assert_eq!(
        failed.description,
        "GET /beta/deviceManagement/auditEvents with stored is answered 200"
    );
    assert_eq!(
        (&failed.diagnostics["expected"], &failed.diagnostics["got"]),
        (&json!(200), &json!(403))
    );
    assert_eq!(failed.diagnostics["line"], json!(line));
    assert!(failed.diagnostics["message"].as_str().is_some_and(|it| it.starts_with(difference)));

    let output = test(&app, &content, &["--output", "junit"]);
    assert_eq!(output.status.code(), Some(1));
    let xml = text(&output.stdout);
    let document = Document::parse(&xml).expect("XML");
    let suite =
        document.descendants().find(|node| node.has_tag_name("testsuite")).expect("a suite");
    assert_eq!(["tests", "failures"].map(|name| suite.attribute(name)), [Some("7"), Some("1")]);
    let failures: Vec<_> =
        document.descendants().filter(|node| node.has_tag_name("failure")).collect();
    let [failure] = failures.as_slice() else { panic!("{xml}") };
    assert!(failure.attribute("message").is_some_and(|it| it.starts_with(difference)), "{xml}");
    assert_eq!(failure.parent().and_then(|case| case.attribute("classname")), Some("stored"));
}

async fn faults_of_a_file_are_told_with_their_lines() {
    let app = TestApp::start(Engine::Sqlite).await;
    let faults = |content: &str| {
        let output = test(&app, content, &[]);
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(1), String::new()));
        let told = text(&output.stderr);
        let lines = told.lines().map(|line| {
            let line = line.strip_prefix("esimpool: ").unwrap_or(line);
            line.strip_prefix("expected.toml, line ").unwrap_or_else(|| panic!("{told}")).to_owned()
        });
        lines.collect::<Vec<_>>()
    };
    let content = "[tokens]\n\
         a = { permissions = [] }\n\
         none = { permissions = [] }\n\
         both = { permissions = [], env = 'X' }\n\
         late = { permissions = [], wrong = 'no such kind' }\n\
         far = { permissions = [], tenant = 'contoso' }\n\
         odd = { permissions = 5 }\n\
         [[requests]]\n\
         token = 'a'\n\
         request = 'GET /livez'\n\
         status = 200\n\
         [[requests]]\n\
         token = 'unknown'\n\
         request = 'GET /livez'\n\
         status = 200\n\
         [[requests]]\n\
         token = 'a'\n\
         request = 'get /livez'\n\
         status = 200\n\
         [[requests]]\n\
         token = 'a'\n\
         request = 'GET livez'\n\
         status = 200\n\
         [[requests]]\n\
         token = 'a'\n\
         request = 'GET /livez'\n\
         status = 20\n\
         [[requests]]\n\
         token = 'a'\n\
         request = 'GET /livez'\n\
         stauts = 200\n\
         [[requests]]\n\
         token = 'a'\n\
         request = 'GET /livez'\n\
         status = 'eyJhbGciOiJub25lIn0.eyJhIjoxfQ.c2lnbmF0dXJl'\n";
    let told = faults(content);
    let starts: Vec<_> = told.iter().map(|line| line.split(": ").next().expect("a line")).collect();
    assert_eq!(starts, ["3", "4", "5", "6", "7", "12", "16", "20", "24", "28", "32"], "{told:#?}");
    for (index, words) in [
        (0, "'none' cannot be the name of a token"),
        (1, "needs one of 'permissions', 'env' and 'file'"),
        (5, "no token 'unknown' in [tokens]"),
        (6, "'get' is not an HTTP method in capital letters"),
        (9, "unknown field `stauts`"),
        (10, "(token)"),
    ] {
        assert!(told[index].contains(words), "{words}: {told:#?}");
    }
    let told = faults("[tokens]\na = { permissions = [] }\nrequests = oops\n");
    assert!(told[0].starts_with("3: ") && told.len() == 1, "{told:?}");
    assert_eq!(faults("# nothing\n"), ["1: has no [[requests]]"]);
    let told = faults(
        "[tokens]\na = { env = 'NO_SUCH_VARIABLE' }\nb = { file = 'no such file' }\n\
         unused = { env = 'NO_SUCH_VARIABLE' }\n\
         [[requests]]\ntoken = 'a'\nrequest = 'GET /livez'\nstatus = 200\n\
         [[requests]]\ntoken = 'b'\nrequest = 'GET /livez'\nstatus = 200\n",
    );
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!(told[0], "2: a: the environment variable NO_SUCH_VARIABLE is not set");
    assert!(told[1].starts_with("3: b: no such file: "), "{told:?}");
    let output = run(&app, &["permissions", "test", "no such file"]);
    assert!(text(&output.stderr).starts_with("esimpool: no such file: "), "{output:?}");
}

async fn a_file_may_be_elsewhere_and_send_other_bodies_for_other_tenants() {
    let app = TestApp::start(Engine::Sqlite).await;
    std::fs::create_dir(app.folder.path().join("below")).expect("a folder");
    let write = Permission::ConfigurationReadWriteAll.name();
    let stored = text(&run(&app, &["token", "--permission", write]).stdout);
    data_file(&app, "below/stored.token", &stored);
    let contoso = crate::support::app::tenant_id("contoso");
    let codes = crate::support::import::carrier_file(0..1);
    let content = format!(
        "tokens.stored = {{ file = 'stored.token' }}\n\
         tokens.there = {{ permissions = ['{write}'], tenant = '{contoso}', delegated = true }}\n\
         requests = [\n  \
           {{ token = 'stored', request = 'GET {POOLS}', status = 200 }},\n  \
           {{ token = 'there', request = 'POST {POOLS}/esimpool.import', status = 201, \
             content_type = 'text/csv', body = \"\"\"\n{codes}\"\"\" }},\n\
         ]\n"
    );
    data_file(&app, "below/expected.toml", &content);
    let url = format!("http://{}/beta/", app.addr);
    let output = run(&app, &["permissions", "test", "below/expected.toml", "--url", &url]);
    assert!(output.status.success(), "{}", said(&output));
    let pools = app.writer().get(POOLS).await.is(200).json();
    assert_eq!(pools["value"].as_array().map(Vec::len), Some(1), "in the tenant of the token");
}

async fn a_service_that_does_not_answer_fails_and_no_token_is_ever_printed() {
    let app = TestApp::start(Engine::Sqlite).await;
    let token = text(&run(&app, &["token"]).stdout);
    let token = token.trim();
    // A service that repeats the token in its error, as this one would for an unknown segment.
    let echoed = format!(
        "[[requests]]\ntoken = '{token}'\nrequest = 'GET /{token}'\nstatus = 200\n\
         [[requests]]\ntoken = 'none'\nrequest = 'GET /{token}'\nstatus = 400\n"
    );
    for output in ["table", "tap", "junit"] {
        let output = test(&app, &echoed, &["--output", output]);
        assert_eq!(output.status.code(), Some(1));
        let printed = said(&output);
        assert!(printed.contains("(token)"), "{printed}");
        assert!(!printed.contains(token.rsplit('.').next().expect("a signature")), "{printed}");
    }
    let nobody = test(&app, &example(), &["--url", "http://127.0.0.1:1/beta", "--output", "tap"]);
    assert_eq!(nobody.status.code(), Some(1));
    let tests = parse_tap(&text(&nobody.stdout));
    assert!(tests.iter().all(|test| !test.ok && test.diagnostics["got"].is_null()), "{tests:?}");
    let message = tests[0].diagnostics["message"].as_str().expect("text");
    assert!(message.contains("got no response: http://127.0.0.1:1 does not respond"), "{message}");
}
