//! Files with secrets belong to the user who runs the service, and to nobody else.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::TempDir;

use crate::support::app::private_file;
use crate::support::cases;
use crate::support::process::{program, shell};
use crate::support::tls::certificate;

cases! {
    once: [
        what_the_service_creates_is_for_its_owner_only,
        a_file_with_a_secret_that_others_can_read_stops_the_start,
    ],
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("it exists").permissions().mode() & 0o777
}

async fn what_the_service_creates_is_for_its_owner_only() {
    let folder = TempDir::new().expect("a folder");
    let data = folder.path().join("a/data");
    let migrate = || {
        let mut migrate = shell("umask 000; exec \"$0\" migrate");
        let output = migrate.env("ESIMPOOL__DATA_DIR", &data).output().expect("it runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    migrate();
    assert_eq!(mode(&data), 0o700);
    let files = || fs::read_dir(&data).expect("a folder").flatten().map(|entry| entry.path());
    assert!(files().count() >= 3, "database, lock and key");
    for file in files() {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
    // Files from before are taken from others, with what SQLite makes beside them.
    let database = data.join("esimpool.db");
    fs::set_permissions(&database, Permissions::from_mode(0o644)).expect("set");
    fs::write(data.join("esimpool.db-wal"), "").expect("written");
    migrate();
    assert!(files().all(|file| mode(&file) == 0o600));
    // A link that leads nowhere is not created through.
    let target = folder.path().join("target");
    for name in ["esimpool.db", "esimpool.db.lock"] {
        let other = TempDir::new().expect("a folder");
        std::os::unix::fs::symlink(&target, other.path().join(name)).expect("a link");
        let mut migrate = program();
        migrate.arg("migrate").env("ESIMPOOL__DATA_DIR", other.path());
        let output = migrate.output().expect("it runs");
        assert_eq!(output.status.code(), Some(1), "{name}");
        assert!(!target.exists(), "{name}");
    }
}

async fn a_file_with_a_secret_that_others_can_read_stops_the_start() {
    let folder = TempDir::new().expect("a folder");
    let key = esimpool::vault::MasterKey::generate();
    let [cert, _] = certificate(folder.path());
    let cert = cert.display().to_string();
    let client = "[{ client_id = 'a', permissions = [], client_secret_file = 'client' }]";
    for (name, content, settings) in [
        ("key", key.as_str(), vec![("ENCRYPTION__KEY_FILE", "key")]),
        ("url", "sqlite://x.db", vec![("DATABASE__URL_FILE", "url")]),
        ("client", "secret", vec![("IDENTITY__DEVELOPMENT__CLIENTS", client)]),
        (
            "key.pem",
            "",
            vec![
                ("SERVER__TLS__LISTEN", "127.0.0.1:0"),
                ("SERVER__TLS__CERT_FILE", &cert),
                ("SERVER__TLS__KEY_FILE", "key.pem"),
            ],
        ),
        // What the service has made itself meanwhile.
        ("encryption.key", &key, vec![]),
        ("development-client.secret", "", vec![]),
        ("development-issuer.pkcs8", "", vec![]),
    ] {
        let file = folder.path().join(name);
        if !file.exists() {
            private_file(&file, content);
        }
        fs::set_permissions(&file, Permissions::from_mode(0o644)).expect("set");
        let mut serve = program();
        serve.current_dir(folder.path()).env("ESIMPOOL__DATA_DIR", folder.path());
        serve.env("ESIMPOOL__SERVER__LISTEN", "127.0.0.1:0");
        serve.env("ESIMPOOL__ADMIN__LISTEN", "127.0.0.1:0");
        serve.envs(settings.iter().map(|(key, value)| (format!("ESIMPOOL__{key}"), value)));
        let output = serve.output().expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{name}: {said}");
        assert!(said.contains("chmod 600") && said.contains(name), "{name}: {said}");
        assert!(said.contains("mode 0644") && !said.contains(&**key), "{name}: {said}");
        fs::remove_file(&file).expect("removed");
    }
}
