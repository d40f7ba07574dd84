//! Genuine clients of Graph against the real program. `tests/sdk/run` installs them, and runs these
//! trials; the scripts lie beside it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::support::process::{Server, run};
use crate::support::stranger::Stranger;
use crate::support::{Actor, Answer, Database, EXAMPLE, Engine, POOLS, cases};

/// Names the folder where the clients are installed.
const INSTALLED: &str = "ESIMPOOL_SDK";

cases! {
    needs: installed_clients,
    both: [
        azure_identity_and_msal_get_tokens_here,
        identity_libraries_for_javascript_get_tokens_here,
        a_page_of_another_origin_signs_in_and_lists_pools,
        python_does_all_operations,
        python_pages_through_lists,
        python_batches,
        javascript_does_all_operations,
        javascript_pages_through_lists,
        javascript_batches,
        habits_of_other_clients_are_supported,
        metadata_is_read_by_a_generator,
        openapi_document_is_correct,
        the_example_for_python_runs_as_the_document_shows_it,
        the_example_for_javascript_runs_as_the_document_shows_it,
        the_example_for_the_azure_cli_runs_as_the_document_shows_it,
    ],
    once: [
        python_does_all_operations_over_tls,
        tokens_of_a_foreign_issuer_are_accepted_with_the_documented_settings,
    ],
}

fn installed_clients() -> Option<&'static str> {
    std::env::var_os(INSTALLED).is_none().then_some("no clients: tests/sdk/run")
}

/// The folder where the clients are installed.
fn clients() -> PathBuf {
    PathBuf::from(std::env::var_os(INSTALLED).expect("ignored where there is none"))
}

async fn python_does_all_operations(engine: Engine) {
    ends_with_ok(engine, "http", "python/operations.py").await;
}

async fn python_pages_through_lists(engine: Engine) {
    ends_with_ok(engine, "http", "python/lists.py").await;
}

async fn python_batches(engine: Engine) {
    ends_with_ok(engine, "http", "python/batch.py").await;
}

/// Over TLS it prefers HTTP/2, which the service does not offer.
async fn python_does_all_operations_over_tls() {
    ends_with_ok(Engine::Sqlite, "https", "python/operations.py").await;
}

async fn javascript_does_all_operations(engine: Engine) {
    ends_with_ok(engine, "https", "javascript/operations.mjs").await;
}

async fn javascript_pages_through_lists(engine: Engine) {
    ends_with_ok(engine, "https", "javascript/lists.mjs").await;
}

async fn javascript_batches(engine: Engine) {
    ends_with_ok(engine, "https", "javascript/batch.mjs").await;
}

async fn habits_of_other_clients_are_supported(engine: Engine) {
    ends_with_ok(engine, "http", "python/habits.py").await;
}

async fn metadata_is_read_by_a_generator(engine: Engine) {
    ends_with_ok(engine, "http", "javascript/metadata.mjs").await;
}

async fn openapi_document_is_correct(engine: Engine) {
    ends_with_ok(engine, "http", "python/openapi.py").await;
}

/// Applications that the script names, and what their tokens are to be like.
const APPLICATIONS: &str = "[
    { client_id = 'writer', client_secret = 'secret', permissions = ['DeviceManagementConfiguration.ReadWrite.All'] },
    { client_id = 'reader', client_secret = 'secret', permissions = ['DeviceManagementConfiguration.Read.All'] },
    { client_id = 'late', client_secret = 'secret', permissions = ['DeviceManagementConfiguration.ReadWrite.All'], wrong = 'expired' },
]";

async fn azure_identity_and_msal_get_tokens_here(engine: Engine) {
    let clients = [("ESIMPOOL__IDENTITY__DEVELOPMENT__CLIENTS", APPLICATIONS)];
    ends_with_ok_given(engine, "https", "python/identity.py", &clients).await;
}

async fn identity_libraries_for_javascript_get_tokens_here(engine: Engine) {
    let clients = [("ESIMPOOL__IDENTITY__DEVELOPMENT__CLIENTS", APPLICATIONS)];
    ends_with_ok_given(engine, "https", "javascript/identity.mjs", &clients).await;
}

/// In headless Chromium.
async fn a_page_of_another_origin_signs_in_and_lists_pools(engine: Engine) {
    ends_with_ok(engine, "https", "javascript/browser.mjs").await;
}

async fn the_example_for_python_runs_as_the_document_shows_it(engine: Engine) {
    let python = ["target/venv/bin/python", "example.py"];
    example_runs(engine, "Python", "python", &python, "From Python").await;
}

async fn the_example_for_javascript_runs_as_the_document_shows_it(engine: Engine) {
    let node =
        ["env", "NODE_EXTRA_CA_CERTS=data/development-certificate.pem", "node", "example.mjs"];
    example_runs(engine, "JavaScript", "js", &node, "From JavaScript").await;
}

/// `az cloud register`, `az login --service-principal` and `az rest`.
async fn the_example_for_the_azure_cli_runs_as_the_document_shows_it(engine: Engine) {
    let shell = ["bash", "-e", "example.sh"];
    example_runs(engine, "Azure CLI", "sh", &shell, "From the Azure CLI").await;
}

/// Runs the code below a heading of docs/clients.md, in a folder as that page describes it: it creates a
/// pool of that name and prints the names of all pools.
async fn example_runs(engine: Engine, heading: &str, language: &str, command: &[&str], pool: &str) {
    let page = include_str!("../../docs/clients.md");
    let below = page.split(&format!("\n## {heading}\n")).nth(1).expect("the heading");
    let code = below.split(&format!("```{language}\n")).nth(1).expect("an example");
    let code = code.split("```").next().expect("an end");

    let data = crate::support::app::new_folder();
    let database = Database::create(engine, data.path()).await;
    let tls = [("ESIMPOOL__SERVER__TLS__LISTEN", "127.0.0.1:0")];
    let server = Server::try_start(data.path(), &database.url, &tls).expect("it starts");
    let clients = clients();
    let folder = tempfile::TempDir::new().expect("a folder");
    let link = |name: &str, target: &Path| {
        std::os::unix::fs::symlink(target, folder.path().join(name)).expect("linked");
    };
    link("data", data.path());
    link("target", &clients);
    link("node_modules", &clients.join("node_modules"));
    std::fs::write(folder.path().join(command[command.len() - 1]), code).expect("written");

    let path = std::env::var_os("PATH").unwrap_or_default();
    let azure = clients.join("azure-cli/bin");
    let path = std::env::join_paths([azure].into_iter().chain(std::env::split_paths(&path)));
    let output = Command::new("timeout")
        .args(["--kill-after=5", "300"])
        .args(command)
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .env("PATH", path.expect("no colons"))
        .env("ESIMPOOL_URL", url(&server, "https"))
        .env("NO_PROXY", "localhost,127.0.0.1")
        .env("no_proxy", "localhost,127.0.0.1")
        .env("PYTHONPYCACHEPREFIX", clients.join("compiled"))
        .output()
        .expect("timeout is there");
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{heading}: {}\n{said}{complained}", output.status);
    assert!(said.lines().any(|line| line.starts_with(pool)), "{heading}: {said}");
    let writer = token(data.path(), &["DeviceManagementConfiguration.Read.All"]);
    let pools = Actor::new(server.addr, Some(&writer)).get(POOLS).await.is(200).json();
    assert_eq!(pools["value"][0]["displayName"], pool, "it was created here");
}

/// An independent OpenID provider, and nothing but the lines that docs/identity.md shows.
async fn tokens_of_a_foreign_issuer_are_accepted_with_the_documented_settings() {
    let mut provider = Stranger::start(&clients());
    let page = include_str!("../../docs/identity.md");
    let block = page.split("### oauth2-mock-server").nth(1).expect("the page shows it");
    let settings = block.split("```toml\n").nth(1).and_then(|block| block.split("```").next());
    let settings = settings.expect("settings").replace("http://localhost:8081", &provider.url);
    let folder = crate::support::app::new_folder();
    let file = folder.path().join("esimpool.toml");
    std::fs::write(&file, settings).expect("written");
    let url = format!("sqlite://{}/x.db", folder.path().display());
    let config = [("ESIMPOOL_CONFIG", file.to_str().expect("a path"))];
    let server = Server::try_start(folder.path(), &url, &config).expect("it starts");

    let ask = async |permission: &str, audience: &str| {
        let form = [("grant_type", "client_credentials"), ("scope", permission), ("aud", audience)];
        let request = Actor::new(server.addr, None)
            .request(reqwest::Method::POST, &format!("{}/token", provider.url))
            .form(&form);
        let token = Answer::of(request).await.is(200).json()["access_token"].clone();
        Actor::new(server.addr, token.as_str())
    };
    let writer = ask("DeviceManagementConfiguration.ReadWrite.All", "api://esimpool").await;
    writer.post(POOLS, EXAMPLE).await.is(201);
    let reader = ask("openid DeviceManagementConfiguration.Read.All", "api://esimpool").await;
    reader.get(POOLS).await.is(200);
    reader.post(POOLS, EXAMPLE).await.is_refused(403, "Forbidden");
    let other = ask("DeviceManagementConfiguration.Read.All", "api://other").await;
    other.get(POOLS).await.is_refused(401, "InvalidAuthenticationToken");
    // Known keys go on working without it.
    provider.end();
    let fresh = Actor::new(server.addr, None).get("/readyz").await;
    assert_eq!(fresh.status.as_u16(), 200);
    writer.get(POOLS).await.is(200);
}

async fn ends_with_ok(engine: Engine, scheme: &str, script: &str) {
    ends_with_ok_given(engine, scheme, script, &[]).await;
}

/// Runs a script against a server of its own, to its last line, and shows what it proved.
async fn ends_with_ok_given(engine: Engine, scheme: &str, script: &str, further: &[(&str, &str)]) {
    let folder = crate::support::app::new_folder();
    let database = Database::create(engine, folder.path()).await;
    let settings = [&[("ESIMPOOL__SERVER__TLS__LISTEN", "127.0.0.1:0")], further].concat();
    let server = Server::try_start(folder.path(), &database.url, &settings).expect("it starts");
    let certificate = folder.path().join("development-certificate.pem");

    let clients = clients();
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdk");
    let interpreter = match script.rsplit_once('.') {
        Some((_, "py")) => clients.join("venv/bin/python"),
        _ => PathBuf::from("node"),
    };
    // A script that hangs fails.
    let mut command = Command::new("timeout");
    command
        .arg("--kill-after=5")
        .arg("900")
        .arg(interpreter)
        .arg(scripts.join(script))
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .env("ESIMPOOL_URL", url(&server, scheme))
        .env(
            "ESIMPOOL_TOKEN",
            token(
                folder.path(),
                &[
                    "DeviceManagementConfiguration.ReadWrite.All",
                    "EmbeddedSIMActivationCode.Claim.All",
                    "DeviceManagementApps.Read.All",
                ],
            ),
        )
        .env(
            "ESIMPOOL_READER_TOKEN",
            token(folder.path(), &["DeviceManagementConfiguration.Read.All"]),
        )
        .env("NODE_EXTRA_CA_CERTS", &certificate)
        .env("SSL_CERT_FILE", &certificate)
        .env("NO_PROXY", "localhost,127.0.0.1")
        .env("no_proxy", "localhost,127.0.0.1")
        .env("PYTHONPYCACHEPREFIX", clients.join("compiled"));
    let output = command.output().expect("timeout is there");
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    let log = server.end_and_read_log();
    // The HTTP parser complains of malformed requests as loudly: that is the client's doing.
    let defect =
        |line: &&str| line.contains(r#""level":"ERROR""#) && line.contains(r#""target":"esimpool"#);
    let defects: Vec<_> = log.lines().filter(defect).collect();

    assert!(
        output.status.success() && said.lines().last() == Some("OK"),
        "{script} ended with {}\n{said}{complained}{}",
        output.status,
        defects.join("\n")
    );
    assert!(defects.is_empty(), "{script} met defects\n{}", defects.join("\n"));
    eprintln!("{script} on {engine}, by {scheme}\n{said}");
}

/// Where the server listens for `http` or `https`.
fn url(server: &Server, scheme: &str) -> String {
    let start = format!("{scheme}://127.0.0.1:");
    let rest = server.banner.split(&start).nth(1).expect("the banner names its listeners");
    let port: String = rest.chars().take_while(char::is_ascii_digit).collect();
    // The name in the certificate.
    let host = if scheme == "https" { "localhost" } else { "127.0.0.1" };
    format!("{scheme}://{host}:{port}")
}

fn token(folder: &Path, permissions: &[&str]) -> String {
    let mut arguments = vec!["--data-dir", folder.to_str().expect("a path"), "token"];
    arguments.extend(permissions.iter().flat_map(|name| ["--permission", name]));
    let output = run(&arguments, folder);
    String::from_utf8(output.stdout).expect("text").trim().to_owned()
}
