//! The scenarios in a browser, and the check of the scripts' types.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::support::process::{Server, run, token};
use crate::support::{Actor, Answer, Database, Engine, cases};

/// Names the folder where the browser's driver and the compiler are installed.
const INSTALLED: &str = "ESIMPOOL_WEB";

cases! {
    needs: installed_tools,
    both: [
        a_person_signs_in_and_stays_signed_in,
        pools_and_codes_are_looked_at_and_changed,
        files_are_imported_and_imports_undone,
        codes_are_given_shown_and_taken_back,
        activity_permissions_and_refusals_are_read,
        an_operator_does_the_work_of_a_day,
        a_large_pool_stays_quick,
    ],
    once: [
        another_issuer_is_as_good,
        the_operations_are_searched_and_tried,
        the_scripts_fit_the_openapi_document,
    ],
}

fn installed_tools() -> Option<&'static str> {
    std::env::var_os(INSTALLED).is_none().then_some("no browser: web/run")
}

fn tools() -> PathBuf {
    PathBuf::from(std::env::var_os(INSTALLED).expect("ignored where there are none"))
}

async fn a_person_signs_in_and_stays_signed_in(engine: Engine) {
    ends_with_ok(engine, "sign_in.mjs").await;
}

async fn pools_and_codes_are_looked_at_and_changed(engine: Engine) {
    ends_with_ok(engine, "screens.mjs").await;
}

async fn files_are_imported_and_imports_undone(engine: Engine) {
    ends_with_ok(engine, "import.mjs").await;
}

async fn codes_are_given_shown_and_taken_back(engine: Engine) {
    ends_with_ok(engine, "give.mjs").await;
}

async fn activity_permissions_and_refusals_are_read(engine: Engine) {
    ends_with_ok(engine, "activity.mjs").await;
}

async fn an_operator_does_the_work_of_a_day(engine: Engine) {
    ends_with_ok(engine, "walk.mjs").await;
}

async fn the_operations_are_searched_and_tried() {
    ends_with_ok(Engine::Sqlite, "docs.mjs").await;
}

async fn a_large_pool_stays_quick(engine: Engine) {
    ends_with_ok(engine, "large.mjs").await;
}

/// A process that ends with this value.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Nothing in the console is made for the development issuer.
async fn another_issuer_is_as_good() {
    let issuer = Command::new("node")
        .arg(root().join("tests/console/issuer.mjs"))
        .stdout(Stdio::piped())
        .spawn()
        .expect("node is there");
    let mut issuer = Process(issuer);
    let mut lines = BufReader::new(issuer.0.stdout.take().expect("piped")).lines();
    let url = lines.next().expect("it says who it is").expect("text");
    let folder = crate::support::app::new_folder();
    let database = Database::create(Engine::Sqlite, folder.path()).await;
    let issuers = format!(
        "[{{ issuer = '{url}', audiences = ['api://esimpool'], application = 'mock', \
         tenant = '11111111-2222-3333-4444-555555555555', claims = {{ scopes = 'scope' }} }}]"
    );
    let settings = [
        ("ESIMPOOL__IDENTITY__ISSUERS", &*issuers),
        ("ESIMPOOL__CONSOLE__ISSUER", &url),
        ("ESIMPOOL__CONSOLE__CLIENT_ID", "console"),
    ];
    let server = Server::try_start(folder.path(), &database.url, &settings).expect("it starts");
    let form = [
        ("grant_type", "client_credentials"),
        ("scope", "DeviceManagementConfiguration.ReadWrite.All"),
        ("aud", "api://esimpool"),
    ];
    let asked = Actor::new(server.addr, None)
        .request(reqwest::Method::POST, &format!("{url}/token"))
        .form(&form);
    let token = Answer::of(asked).await.is(200).json()["access_token"].clone();
    for script in ["foreign.mjs", "walk.mjs"] {
        let mut command = scenario(&server, script, token.as_str().expect("a token"));
        let said = ends(command.env("ESIMPOOL_ISSUER", &url), script);
        assert_eq!(said.lines().last(), Some("OK"), "{said}");
        eprintln!("{script} with another issuer\n{said}");
    }
}

/// Types are generated from the document that the service serves, compared with those that are
/// committed, and checked against the scripts. `ESIMPOOL_UPDATE_GOLDEN=1` commits new ones.
async fn the_scripts_fit_the_openapi_document() {
    let folder = crate::support::app::new_folder();
    let database = Database::create(Engine::Sqlite, folder.path()).await;
    let server = Server::start(folder.path(), &database.url);
    let document = Actor::new(server.addr, None).get("/openapi.json").await.is(200).json();
    // Where the server listens is no part of the types.
    let file = folder.path().join("openapi.json");
    std::fs::write(&file, document.to_string()).expect("written");
    let update = std::env::var_os("ESIMPOOL_UPDATE_GOLDEN").is_some();
    let mut command = Command::new("node");
    command.arg(root().join("web/types.mjs")).arg(tools()).arg(&file);
    ends(command.args(update.then_some("--write")), "web/types.mjs");
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Runs scenarios against a server of their own, to their last line.
async fn ends_with_ok(engine: Engine, script: &str) {
    let folder = crate::support::app::new_folder();
    let database = Database::create(engine, folder.path()).await;
    let server = Server::start(folder.path(), &database.url);
    let every = "DeviceManagementConfiguration.ReadWrite.All EmbeddedSIMActivationCode.Claim.All \
                 DeviceManagementApps.Read.All";
    let data_dir = folder.path().to_str().expect("a path");
    let expired = run(&["--data-dir", data_dir, "token", "--wrong", "expired"], folder.path());
    let expired = String::from_utf8(expired.stdout).expect("text");
    let mut command = scenario(&server, script, &token(folder.path(), every));
    command.env("ESIMPOOL_EXPIRED_TOKEN", expired.trim());
    // Whether a screen is accessible does not depend on the database.
    command.env("ESIMPOOL_AXE", if engine == Engine::Sqlite { "1" } else { "0" });
    let said = ends(&mut command, script);
    assert_eq!(said.lines().last(), Some("OK"), "{script}\n{said}");
    let log = server.end_and_read_log();
    let defects: Vec<_> = log.lines().filter(|line| line.contains(r#""level":"ERROR""#)).collect();
    assert!(defects.is_empty(), "{script} met defects\n{}", defects.join("\n"));
    eprintln!("{script} on {engine}\n{said}");
}

/// The command that runs scenarios against a server. A script that hangs fails.
fn scenario(server: &Server, script: &str, token: &str) -> Command {
    let mut command = Command::new("timeout");
    command
        .args(["--kill-after=5", "300", "node"])
        .arg(root().join("tests/console").join(script))
        .env("ESIMPOOL_URL", format!("http://{}", server.addr))
        .env("ESIMPOOL_TOKEN", token)
        .env("NO_PROXY", "localhost,127.0.0.1");
    command
}

/// Runs a command that succeeds, and returns what it said.
fn ends(command: &mut Command, what: &str) -> String {
    let output = command.output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{what}: {}\n{said}{complained}", output.status);
    said
}
