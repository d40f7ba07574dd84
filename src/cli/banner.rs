//! The banner that `serve` prints: the addresses of the service, and a request to try.

use std::fmt::Write as _;

use super::common::Common;
use crate::app::{App, Readiness, development_certificate, development_is_on};
use crate::auth::{DevelopmentIssuer, Issuer};
use crate::config::Settings;
use crate::host::listener_url;

/// The request of Graph's documentation.
const EXAMPLE: &str = include_str!("example.json");

/// The banner. Scripts rely on its form: the command to paste begins at the first `curl` and ends at
/// the next blank line.
pub(super) fn text(app: &App, settings: &Settings, common: &Common) -> String {
    let base = listener_url("http", app.addr());
    let store = app.store();
    let development = development_is_on(settings);
    let mut issuers: Vec<String> = app.issuers().iter().map(issuer).collect();
    if issuers.is_empty() {
        let none = "none: every request will be refused; see \"Real issuers\" in docs/identity.md";
        issuers.push(none.to_owned());
    }
    let waiting = match &*app.readiness().borrow() {
        Readiness::Waiting => "  (not ready yet: requests get a 503 until it is)",
        Readiness::Ready(_) | Readiness::Failed(_) => "",
    };
    let mut text = String::new();
    let mut line = |name: &str, value: &str| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {name:<9} {value}");
    };
    line("listening", &format!("{base}/beta"));
    if let Some(tls) = app.tls_addr() {
        let trust = development_certificate(settings)
            .map_or_else(String::new, |path| format!("  (trust {})", path.display()));
        line("tls", &format!("{}/beta{trust}", listener_url("https", tls)));
    }
    if let Some(public) = &settings.server.public_base_url {
        line("public", &format!("{public}/beta"));
    }
    line("database", &format!("{}, {}{waiting}", store.engine_name(), store.location()));
    line("issuers", &issuers.join("\n            "));
    if settings.console.enabled {
        line("console", &format!("{base}/console/"));
    }
    line("docs", &format!("{base}/docs"));
    if development && settings.identity.development.clients.is_empty() {
        let secret = settings.data_dir.join(DevelopmentIssuer::CLIENT_SECRET_FILE);
        let app = DevelopmentIssuer::APP;
        line("client", &format!("{app}, with its secret in {}", secret.display()));
    }
    line("metrics", &format!("http://{}/metrics", app.admin_addr()));
    let instruction = if development {
        "Paste this into another terminal to create a pool:"
    } else {
        "With a token of an issuer above in $TOKEN, this command creates a pool:"
    };
    let token = if development {
        format!("$({})", token_command(settings, common))
    } else {
        "$TOKEN".to_owned()
    };
    format!(
        "esimpool {}\n{text}\n{instruction}\n\n\
         curl -sS -i '{base}/beta/deviceManagement/embeddedSIMActivationCodePools' \\\n  \
           -H \"Authorization: Bearer {token}\" \\\n  \
           -H 'Content-Type: application/json' \\\n  \
           -d '{}'\n\n",
        env!("CARGO_PKG_VERSION"),
        EXAMPLE.trim_end(),
    )
}

/// The name of an issuer, with a note if its keys are not known yet.
fn issuer(issuer: &Issuer) -> String {
    let status = issuer.status();
    let name = issuer.name();
    match (status.keys, status.last_error) {
        (0, Some(last_error)) => format!(
            "{name}  (no keys yet, retrying; requests with its tokens get a 503 until then: {last_error})"
        ),
        (0, None) => format!("{name}  (no keys yet: waiting for its response)"),
        _ => name.to_owned(),
    }
}

/// The command that prints a token for this service, whatever folder it is run in.
pub(super) fn token_command(settings: &Settings, common: &Common) -> String {
    let program = std::env::current_exe()
        .map_or_else(|_| "esimpool".to_owned(), |path| path.display().to_string());
    let data_dir =
        std::path::absolute(&settings.data_dir).unwrap_or_else(|_| settings.data_dir.clone());
    let config = common
        .config
        .as_ref()
        .map(|path| std::path::absolute(path).unwrap_or_else(|_| path.clone()));
    let mut words = vec![program];
    if let Some(config) = config {
        words.extend(["--config".to_owned(), config.display().to_string()]);
    }
    words.extend(["--data-dir".to_owned(), data_dir.display().to_string(), "token".to_owned()]);
    // Only U+0000 cannot be quoted, and no path contains it.
    shlex::try_join(words.iter().map(String::as_str)).unwrap_or_default()
}
