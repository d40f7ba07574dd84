//! HTTPS, on its own listener.

use std::fmt::Write as _;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use reqwest::{Client, StatusCode, Version};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore};

use crate::support::process::run;
use crate::support::tls::{CERTIFICATE, certificate, client};
use crate::support::{EXAMPLE, Engine, POOLS, TestApp, cases};

cases! {
    once: [
        a_client_that_trusts_the_development_certificate_uses_https,
        a_client_that_offers_http_2_gets_http_1,
        openssl_trusts_it_too,
        commands_trust_the_certificates_given_to_them,
        the_development_certificate_outlives_a_restart_and_its_key_is_private,
        the_development_certificate_is_not_written_through_a_link,
        a_given_certificate_is_served_and_none_is_generated,
        without_the_development_issuer_a_certificate_is_required,
        an_unusable_certificate_stops_the_start_with_a_reason,
    ],
}

async fn with_tls() -> TestApp {
    TestApp::with(Engine::Sqlite).set("server.tls.listen", "127.0.0.1:0").start().await
}

async fn a_client_that_trusts_the_development_certificate_uses_https() {
    let app = with_tls().await;
    let port = app.tls_addr.expect("it listens").port();
    let base = format!("https://localhost:{port}");
    let client = client(&app.folder.path().join(CERTIFICATE)).build().expect("a client");
    let create = client
        .post(format!("{base}{POOLS}"))
        .bearer_auth(app.writer_token())
        .header("content-type", "application/json")
        .body(EXAMPLE)
        .send()
        .await
        .expect("an answer");
    assert_eq!((create.status(), create.version()), (StatusCode::CREATED, Version::HTTP_11));
    let location = create.headers()["location"].to_str().expect("a link").to_owned();
    assert!(location.starts_with(&format!("{base}{POOLS}/")), "{location}");
    let read = client.get(location).bearer_auth(app.writer_token()).send().await;
    assert_eq!(read.expect("an answer").status(), StatusCode::OK);
    let stranger = Client::builder().no_proxy().build().expect("a client");
    stranger.get(format!("{base}/livez")).send().await.expect_err("an unknown certificate");
    // The plain listener is still there, for the same data.
    app.writer().get(POOLS).await.is(200);
}

async fn a_client_that_offers_http_2_gets_http_1() {
    let app = with_tls().await;
    let pem = std::fs::read(app.folder.path().join(CERTIFICATE)).expect("a certificate");
    let address = app.tls_addr.expect("it listens");
    let agreed = |offered: &[&str]| {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(&pem).expect("PEM")).expect("a root");
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider);
        let config = config.with_safe_default_protocol_versions().expect("versions");
        let mut config = config.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = offered.iter().map(|it| it.as_bytes().to_vec()).collect();
        let name = ServerName::try_from("localhost").expect("a name");
        let mut connection = ClientConnection::new(Arc::new(config), name).expect("a client");
        let mut stream = TcpStream::connect(address).expect("a connection");
        connection.complete_io(&mut stream).map(|_| {
            let agreed = connection.alpn_protocol().unwrap_or_default();
            String::from_utf8_lossy(agreed).into_owned()
        })
    };
    tokio::task::block_in_place(|| {
        assert_eq!(agreed(&["h2", "http/1.1"]).expect("they agree"), "http/1.1");
        assert_eq!(agreed(&[]).expect("a client without ALPN"), "");
        agreed(&["h2"]).expect_err("nothing in common");
    });
    app.writer().get(POOLS).await.is(200);
}

async fn openssl_trusts_it_too() {
    let app = with_tls().await;
    let port = app.tls_addr.expect("it listens").port();
    for host in ["localhost", "127.0.0.1"] {
        let mut curl = Command::new("curl");
        curl.args(["-sS", "--noproxy", "*", "--cacert"]).arg(app.folder.path().join(CERTIFICATE));
        let output =
            curl.arg(format!("https://{host}:{port}/livez")).output().expect("curl is there");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(String::from_utf8_lossy(&output.stdout), r#"{"status":"ok"}"#, "{errors}");
    }
}

async fn commands_trust_the_certificates_given_to_them() {
    let app = with_tls().await;
    let server = format!("https://localhost:{}", app.tls_addr.expect("it listens").port());
    let certificate = app.folder.path().join(CERTIFICATE).display().to_string();
    let stock = |trusted: &[&str]| {
        let arguments = [&["stock", "--server", &server][..], trusted].concat();
        let mut command = crate::support::commands::command(&app, &arguments);
        tokio::task::block_in_place(|| command.output().expect("the program runs"))
    };
    let output = stock(&["--ca-file", &certificate]);
    assert!(output.status.success(), "{output:?}");
    for (trusted, said) in [
        (&[][..], "certificate"),
        (&["--ca-file", "/no/such/file"], "/no/such/file: "),
        (&["--ca-file", "/dev/null"], "/dev/null: "),
    ] {
        let output = stock(trusted);
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{errors}");
        assert!(errors.starts_with("esimpool: ") && errors.contains(said), "{errors}");
    }
}

async fn the_development_certificate_outlives_a_restart_and_its_key_is_private() {
    let app = with_tls().await;
    let read = |folder: &Path| std::fs::read_to_string(folder.join(CERTIFICATE)).expect("PEM");
    let first = read(app.folder.path());
    assert!(!first.contains("PRIVATE KEY"), "clients need no key");
    let (folder, database) = app.stop().await;
    let key = std::fs::metadata(folder.path().join("development-tls.pem")).expect("a key");
    assert_eq!(key.permissions().mode() & 0o777, 0o600);
    let again = TestApp::with(Engine::Sqlite).set("server.tls.listen", "127.0.0.1:0");
    let again = again.start_on(folder, database).await.expect("it starts");
    assert_eq!(read(again.folder.path()), first);
}

async fn a_given_certificate_is_served_and_none_is_generated() {
    let files = tempfile::tempdir().expect("a folder");
    let [cert, key] = certificate(files.path());
    let app = TestApp::with(Engine::Sqlite)
        .set("server.tls.listen", "127.0.0.1:0")
        .set("server.tls.cert_file", cert.display())
        .set("server.tls.key_file", key.display())
        .start()
        .await;
    let addr = app.tls_addr.expect("it listens");
    let client = client(&cert).resolve("esim.example.com", addr).build().expect("a client");
    let url = format!("https://esim.example.com:{}/docs", addr.port());
    // A foreign name, while the development issuer is on: the connection is made, and the answer
    // is Graph's.
    let answer = client.get(url).send().await.expect("TLS works");
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    assert!(!app.folder.path().join(CERTIFICATE).exists());
}

async fn the_development_certificate_is_not_written_through_a_link() {
    let folder = crate::support::app::new_folder();
    let elsewhere = tempfile::tempdir().expect("a folder");
    let victim = elsewhere.path().join("victim");
    std::fs::write(&victim, "untouched").expect("written");
    let certificate = folder.path().join(CERTIFICATE);
    std::os::unix::fs::symlink(&victim, &certificate).expect("a link");
    let database = crate::support::Database::create(Engine::Sqlite, folder.path()).await;
    let setup = TestApp::with(Engine::Sqlite).set("server.tls.listen", "127.0.0.1:0");
    let app = setup.start_on(folder, database).await.expect("it starts");
    assert_eq!(std::fs::read_to_string(&victim).expect("read"), "untouched");
    assert!(!app.folder.path().join(CERTIFICATE).is_symlink());
    let text = std::fs::read_to_string(app.folder.path().join(CERTIFICATE)).expect("read");
    assert!(text.starts_with("-----BEGIN CERTIFICATE"), "{text}");
}

async fn without_the_development_issuer_a_certificate_is_required() {
    let folder = tempfile::tempdir().expect("a folder");
    let config =
        "[server.tls]\nlisten = \"127.0.0.1:0\"\n[identity.development]\nenabled = false\n";
    std::fs::write(folder.path().join("esimpool.toml"), config).expect("written");
    let arguments = ["--config", "esimpool.toml", "--listen", "127.0.0.1:0"];
    let output = run(&arguments, folder.path());
    assert_eq!(output.status.code(), Some(1));
    let reason = String::from_utf8_lossy(&output.stderr);
    assert!(reason.contains("needs server.tls.cert_file and server.tls.key_file"), "{reason}");
}

async fn an_unusable_certificate_stops_the_start_with_a_reason() {
    let folder = tempfile::tempdir().expect("a folder");
    let [cert, key] = certificate(folder.path());
    let other = folder.path().join("other");
    std::fs::create_dir(&other).expect("a folder");
    let [_, other_key] = certificate(&other);
    let start = |files: &[(&str, &Path)]| {
        let mut config = "[server.tls]\nlisten = \"127.0.0.1:0\"\n".to_owned();
        for (name, path) in files {
            let _ = writeln!(config, "{name} = {:?}", path.display().to_string());
        }
        std::fs::write(folder.path().join("esimpool.toml"), config).expect("written");
        let output = run(&["--config", "esimpool.toml", "--listen", "127.0.0.1:0"], folder.path());
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let reason = start(&[("cert_file", &cert)]);
    assert!(reason.contains("server.tls.cert_file: requires"), "{reason}");
    let reason = start(&[("cert_file", &cert), ("key_file", &other_key)]);
    assert!(reason.contains("server.tls: the certificate cannot be used"), "{reason}");
    let reason = start(&[("cert_file", &key), ("key_file", &key)]);
    assert!(reason.contains("key.pem"), "{reason}");
    let gone = folder.path().join("gone.pem");
    let reason = start(&[("cert_file", &gone), ("key_file", &key)]);
    assert!(reason.contains("gone.pem: No such file"), "{reason}");
}
