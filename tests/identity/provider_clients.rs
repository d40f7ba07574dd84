//! Clients of the development issuer, from the settings.

use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt;

use esimpool::auth::{DevelopmentIssuer, Wrong};
use serde_json::json;

use crate::support::provider::{
    GRAPH, TENANT, claims_of, credentials, token_of, token_path, token_request_to,
};
use crate::support::{Answer, EXAMPLE, Engine, POOLS, TestApp, cases};

cases! {
    once: [
        a_client_gets_the_configured_permissions,
        a_client_of_wrong_tokens_gets_each_kind,
        the_secret_is_made_once_and_is_private,
        clients_are_checked_when_settings_are_read,
    ],
}

async fn a_client_gets_the_configured_permissions() {
    const OTHER: &str = "99999999-2222-3333-4444-555555555555";
    let app = TestApp::with(Engine::Sqlite)
        .set(
            "identity.development.clients",
            format!(
                "[{{ client_id = 'reader', client_secret = 'r', permissions = ['DeviceManagementConfiguration.Read.All'] }}, \
                 {{ client_id = 'local', client_secret = 'l', permissions = ['A', 'B'], tenant = '{TENANT}' }}, \
                 {{ client_id = 'late', client_secret = 'x', permissions = ['DeviceManagementConfiguration.ReadWrite.All'], wrong = 'expired' }}]"
            ),
        )
        .start()
        .await;
    let request = |client: &'static str, secret: &'static str, tenant: &str| {
        let path = format!("/{tenant}/oauth2/v2.0/token");
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", client),
            ("client_secret", secret),
            ("scope", GRAPH),
        ];
        token_request_to(&app, &path, &form)
    };
    let reader = app.bearer(&token_of(request("reader", "r", OTHER)).await);
    reader.get(POOLS).await.is(200);
    reader.post(POOLS, EXAMPLE).await.is_refused(403, "Forbidden");
    assert_eq!(
        claims_of(&token_of(request("local", "l", TENANT)).await)["roles"],
        json!(["A", "B"])
    );
    let elsewhere = Answer::of(request("local", "l", OTHER)).await.is(400).json();
    assert_eq!(elsewhere["error"], "unauthorized_client");
    let late = app.bearer(&token_of(request("late", "x", TENANT)).await).get(POOLS).await;
    let message = late.is_refused(401, "InvalidAuthenticationToken");
    assert!(message.contains("expired"), "{message}");
    // With clients of its own, there is no other.
    let own =
        Answer::of(token_request_to(&app, &token_path(), &credentials("x"))).await.is(400).json();
    assert_eq!(own["error"], "unauthorized_client");
    assert!(!app.folder.path().join(DevelopmentIssuer::CLIENT_SECRET_FILE).exists());
}

async fn a_client_of_wrong_tokens_gets_each_kind() {
    let mut clients = String::new();
    for wrong in Wrong::ALL {
        let name = wrong.name;
        let _ = write!(
            clients,
            "{{ client_id = '{name}', client_secret = 's', wrong = '{name}', \
             permissions = ['DeviceManagementConfiguration.ReadWrite.All'] }},"
        );
    }
    let app = TestApp::with(Engine::Sqlite)
        .set("identity.development.clients", format!("[{clients}]"))
        .start()
        .await;
    for wrong in Wrong::ALL {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", wrong.name),
            ("client_secret", "s"),
            ("scope", GRAPH),
        ];
        let token = token_of(token_request_to(&app, &token_path(), &form)).await;
        let (got, made) = (
            app.bearer(&token).post(POOLS, EXAMPLE).await,
            app.tenant("contoso").wrong(wrong, false).post(POOLS, EXAMPLE).await,
        );
        assert!([401, 403].contains(&got.status.as_u16()), "{}: {}", wrong.name, got.text());
        assert_eq!(
            got.json()["error"]["message"],
            made.json()["error"]["message"],
            "{}",
            wrong.name
        );
    }
}

async fn the_secret_is_made_once_and_is_private() {
    let app = TestApp::start(Engine::Sqlite).await;
    let secret = app.client_secret();
    let file = app.folder.path().join(DevelopmentIssuer::CLIENT_SECRET_FILE);
    let mode = std::fs::metadata(&file).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(secret.len() >= 32);
    let app = app.restart().await;
    assert_eq!(app.client_secret(), secret);
    token_of(token_request_to(&app, &token_path(), &credentials(&secret))).await;
    // Not even a browser of this machine gets a token under another name.
    let foreign = token_request_to(&app, &token_path(), &credentials(&secret))
        .header("host", "evil.example.com");
    Answer::of(foreign).await.is_refused(403, "RemoteCallerNotAllowed");
}

async fn clients_are_checked_when_settings_are_read() {
    use esimpool::config::{Config, Environment, Flags, Secrets};

    let folder = tempfile::TempDir::new().expect("a folder");
    let file = folder.path().join("secret");
    crate::support::app::private_file(&file, "from-file\n");
    let load = |clients: &str| {
        let environment = Environment::of([("ESIMPOOL__IDENTITY__DEVELOPMENT__CLIENTS", clients)]);
        Config::load(None, &environment, &Flags::default(), Secrets::Read)
    };
    let with = |client: &str| format!("[{{ client_id = 'a', permissions = [], {client} }}]");
    let good = load(&with(&format!("client_secret_file = '{}'", file.display()))).expect("good");
    let secret = good.settings.identity.development.clients[0].client_secret.as_ref();
    assert_eq!(secret.map(esimpool::config::Secret::expose), Some("from-file"));
    let shown = format!("{:?}", good.table());
    assert!(!shown.contains("from-file") && shown.contains("(secret)"), "{shown}");
    for (clients, reason) in [
        (with("tenant = 'x'"), "needs 'client_secret'"),
        (with("client_secret = ''"), "empty 'client_secret'"),
        (with("client_secret = 's', client_secret_file = 'f'"), "exclude each other"),
        (with("client_secret_file = '/nowhere'"), "/nowhere"),
        (with("client_secret = 's', tenant = 'x'"), "not a GUID"),
        (with("client_secret = 's', wrong = 'x'"), "--wrong list"),
        (with("client_secret = 1234567"), "must be a string"),
        (with("secret = 's'"), "unknown field"),
        (
            format!(
                "{0}, {1}",
                &with("client_secret = 's'").trim_end_matches(']'),
                &with("client_secret = 's'")[1..]
            ),
            "duplicate client",
        ),
    ] {
        let faults = load(&clients).err().map(|faults| faults.to_string()).unwrap_or_default();
        assert!(faults.contains(reason), "{clients}: {faults}");
        assert!(!faults.contains("1234567"), "{faults}");
    }
}
