//! The name of the development issuer: the URL that a client uses, in its document and its tokens.

use std::time::Duration;

use esimpool::auth::{DevelopmentIssuer, Permission, ServiceUrls, TokenRequest};
use reqwest::{Method, RequestBuilder};

use crate::support::app::{SERVICE, development_issuer, tenant_id, token_request};
use crate::support::issuer::Key;
use crate::support::issuer_service::INVALID_TOKEN;
use crate::support::provider::{TENANT, claims_of, credentials, token_of, token_path};
use crate::support::tls::CERTIFICATE;
use crate::support::{Actor, Answer, Engine, POOLS, TestApp, cases};

cases! {
    once: [
        the_issuer_is_the_url_that_the_client_uses,
        the_issuer_of_the_tls_listener_is_that_of_its_url,
        a_public_base_url_is_the_issuer_for_every_client,
        a_foreign_host_is_no_issuer,
        a_token_is_good_after_a_restart_at_another_port,
        another_key_makes_no_token_of_this_issuer,
        the_keys_of_a_configured_issuer_decide_about_its_name,
    ],
}

/// The discovery document as a client sees it that sends this Host header.
async fn discovered(app: &TestApp, host: &str, tenant: &str) -> serde_json::Value {
    let path = format!("/{tenant}/v2.0/.well-known/openid-configuration");
    Answer::of(named(app, Method::GET, &path, host)).await.is(200).json()
}

/// The `iss` of a token that the endpoint issues to a client that sends this Host header, and who has
/// the token.
async fn issued(app: &TestApp, host: &str) -> (String, Actor) {
    let secret = app.client_secret();
    let form = credentials(&secret);
    let token = token_of(named(app, Method::POST, &token_path(), host).form(&form)).await;
    let iss = claims_of(&token)["iss"].as_str().expect("a text").to_owned();
    (iss, app.bearer(&token))
}

fn named(app: &TestApp, method: Method, path: &str, host: &str) -> RequestBuilder {
    app.anonymous().request(method, path).header("host", host)
}

async fn the_issuer_is_the_url_that_the_client_uses() {
    let app = TestApp::start(Engine::Sqlite).await;
    let port = app.addr.port();
    for host in [
        format!("127.0.0.1:{port}"),
        format!("localhost:{port}"),
        format!("[::1]:{port}"),
        // A port that leads here, as a container's or a tunnel's does.
        "localhost:9".to_owned(),
        "localhost".to_owned(),
    ] {
        let found = discovered(&app, &host, TENANT).await;
        assert_eq!(found["issuer"], format!("http://{host}/{TENANT}/v2.0"));
        let (iss, holder) = issued(&app, &host).await;
        assert_eq!(found["issuer"], iss, "clients compare the two");
        holder.get(POOLS).await.is(200);
        let first_version = format!("/{TENANT}/.well-known/openid-configuration");
        let first = Answer::of(named(&app, Method::GET, &first_version, &host)).await.is(200);
        assert_eq!(first.json()["issuer"], iss, "its token endpoint is the same");
        for tenant in ["common", "organizations"] {
            let found = discovered(&app, &host, tenant).await;
            assert_eq!(found["issuer"], format!("http://{host}/{{tenantid}}/v2.0"));
        }
    }
}

async fn the_issuer_of_the_tls_listener_is_that_of_its_url() {
    let app = TestApp::with(Engine::Sqlite).set("server.tls.listen", "127.0.0.1:0").start().await;
    let certificate = app.folder.path().join(CERTIFICATE);
    let client = crate::support::tls::client(&certificate).build().expect("a client");
    let url = format!("https://localhost:{}", app.tls_addr.expect("it listens").port());
    let document = format!("{url}/{TENANT}/v2.0/.well-known/openid-configuration");
    let found = Answer::of(client.get(document)).await.is(200).json();
    let secret = app.client_secret();
    let endpoint = found["token_endpoint"].as_str().expect("a URL");
    let token = token_of(client.post(endpoint).form(&credentials(&secret))).await;
    assert_eq!(claims_of(&token)["iss"], format!("{url}/{TENANT}/v2.0"));
    assert_eq!(found["issuer"], claims_of(&token)["iss"]);
    app.bearer(&token).get(POOLS).await.is(200);
}

async fn a_public_base_url_is_the_issuer_for_every_client() {
    const PUBLIC: &str = "https://localhost:9/esim";
    let app = TestApp::with(Engine::Sqlite).set("server.public_base_url", PUBLIC).start().await;
    let name = ServiceUrls::issuer_name(PUBLIC, TENANT);
    for host in [app.addr.to_string(), "localhost".to_owned()] {
        assert_eq!(discovered(&app, &host, TENANT).await["issuer"], name);
        let (iss, holder) = issued(&app, &host).await;
        assert_eq!(iss, name);
        holder.get(POOLS).await.is(200);
    }
    // A token of before the setting was made.
    app.writer().get(POOLS).await.is(200);
}

async fn a_foreign_host_is_no_issuer() {
    const FOREIGN: &str = "esim.example.com";
    let app =
        TestApp::with(Engine::Sqlite).set("identity.development.allow_remote", true).start().await;
    let own = format!("http://{}/{TENANT}/v2.0", app.addr);
    assert_eq!(discovered(&app, FOREIGN, TENANT).await["issuer"], own);
    assert_eq!(issued(&app, FOREIGN).await.0, own);
    let readers = [Permission::ConfigurationReadAll.name()];
    for service in [
        format!("http://{FOREIGN}"),
        format!("{SERVICE}.example.com"),
        "http://192.0.2.7".to_owned(),
        "https://login.microsoftonline.com".to_owned(),
        String::new(),
    ] {
        let good = token_request(tenant_id("contoso"), &readers);
        let token = app.tenant("contoso").token(&TokenRequest { service, ..good });
        token.get(POOLS).await.is_refused(401, INVALID_TOKEN);
    }
    let refusing = TestApp::start(Engine::Sqlite).await;
    let document = format!("/{TENANT}/v2.0/.well-known/openid-configuration");
    let refused = Answer::of(named(&refusing, Method::GET, &document, FOREIGN)).await;
    refused.is_refused(403, "RemoteCallerNotAllowed");
}

async fn a_token_is_good_after_a_restart_at_another_port() {
    let app = TestApp::start(Engine::Sqlite).await;
    let secret = app.client_secret();
    let request = app.anonymous().request(Method::POST, &token_path());
    let token = token_of(request.form(&credentials(&secret))).await;
    let app = app.restart().await;
    app.bearer(&token).get(POOLS).await.is(200);
}

async fn another_key_makes_no_token_of_this_issuer() {
    let app = TestApp::start(Engine::Sqlite).await;
    let elsewhere = tempfile::TempDir::new().expect("a folder");
    let (other, _) = DevelopmentIssuer::open(elsewhere.path()).expect("an issuer");
    let request = token_request(tenant_id("contoso"), &[Permission::ConfigurationReadAll.name()]);
    let now = esimpool::clock::Clock::system().now();
    app.bearer(&development_issuer(app.folder.path()).token(&request, now))
        .get(POOLS)
        .await
        .is(200);
    app.bearer(&other.token(&request, now)).get(POOLS).await.is_refused(401, INVALID_TOKEN);
}

/// Beside the development issuer, an issuer of another service on this machine.
async fn the_keys_of_a_configured_issuer_decide_about_its_name() {
    let folder = crate::support::app::new_folder();
    let file = folder.path().join("keys.json");
    let key = Key::es256();
    let keys = serde_json::json!({ "keys": [key.jwk("k")] });
    std::fs::write(&file, keys.to_string()).expect("written");
    let configured = ServiceUrls::issuer_name(SERVICE, TENANT);
    let issuers = format!(
        "[{{ issuer = '{configured}', audiences = ['api://esimpool'], jwks_file = '{}' }}]",
        file.display()
    );
    let app = TestApp::with(Engine::Sqlite)
        .set("identity.development.enabled", true)
        .set("identity.issuers", issuers)
        .start()
        .await;
    let tenant = esimpool::domain::TenantId::parse(TENANT).expect("a GUID");
    let good = TokenRequest {
        audience: "api://esimpool".to_owned(),
        ttl: Duration::from_mins(5),
        ..token_request(tenant, &[Permission::ConfigurationReadAll.name()])
    };
    app.development().token(&good).get(POOLS).await.is_refused(401, INVALID_TOKEN);
    let theirs = key.sign("k", &crate::support::issuer::claims(&configured));
    app.bearer(&theirs).get(POOLS).await.is(200);
    let ours = token_request(tenant, &[Permission::ConfigurationReadAll.name()]);
    let ours = TokenRequest { service: "http://localhost:8080".to_owned(), ..ours };
    app.development().token(&ours).get(POOLS).await.is(200);
}
