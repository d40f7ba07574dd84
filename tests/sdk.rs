//! Genuine clients of Graph against the real program. `tests/sdk/run` installs them, and runs these
//! trials; the scripts lie beside it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::support::cases::case;
use crate::support::process::{Server, run};
use crate::support::{Case, Database, Engine};

/// Names the folder where the clients are installed.
const INSTALLED: &str = "ESIMPOOL_SDK";

pub fn cases() -> Vec<Case> {
    let module = "sdk";
    let mut cases = vec![
        case!(both, module, python_does_all_operations),
        case!(both, module, python_pages_through_lists),
        case!(both, module, python_batches),
        case!(once, module, python_does_all_operations_over_http_2),
        case!(both, module, javascript_does_all_operations),
        case!(both, module, javascript_pages_through_lists),
        case!(both, module, javascript_batches),
        case!(both, module, habits_of_other_clients_are_met),
        case!(both, module, metadata_is_read_by_a_generator),
        case!(both, module, openapi_document_is_true),
    ];
    if std::env::var_os(INSTALLED).is_none() {
        for case in &mut cases {
            case.ignored = Some("no clients: tests/sdk/run");
        }
    }
    cases
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

/// Over TLS it asks for HTTP/2, and gets it.
async fn python_does_all_operations_over_http_2() {
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

async fn habits_of_other_clients_are_met(engine: Engine) {
    ends_with_ok(engine, "http", "python/habits.py").await;
}

async fn metadata_is_read_by_a_generator(engine: Engine) {
    ends_with_ok(engine, "http", "javascript/metadata.mjs").await;
}

async fn openapi_document_is_true(engine: Engine) {
    ends_with_ok(engine, "http", "python/openapi.py").await;
}

/// Runs a script against a server of its own, to its last line, and shows what it proved.
async fn ends_with_ok(engine: Engine, scheme: &str, script: &str) {
    let folder = crate::support::app::new_folder();
    let database = Database::create(engine, folder.path()).await;
    let tls = [("ESIMPOOL__SERVER__TLS__LISTEN", "127.0.0.1:0")];
    let server = Server::try_start(folder.path(), &database.url, &tls).expect("it starts");
    let certificate = folder.path().join("development-certificate.pem");

    let clients = PathBuf::from(std::env::var_os(INSTALLED).expect("ignored where there is none"));
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdk");
    let interpreter = match script.rsplit_once('.') {
        Some((_, "py")) => clients.join("venv/bin/python"),
        _ => PathBuf::from("node"),
    };
    // A script that hangs fails.
    let mut command = Command::new("timeout");
    command
        .arg("--kill-after=5")
        .arg("300")
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
