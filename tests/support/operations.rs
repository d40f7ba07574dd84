//! Any operation of the route table, asked for with a request that succeeds.

use esimpool::auth::{DevelopmentIssuer, Permission, TokenRequest, Wrong};
use esimpool::http::{Operation, TokenKind};
use serde_json::{Value, json};

use super::app::{tenant_id, token_request};
use super::import::carrier_file;
use super::sign_in;
use super::{AUDIT_EVENTS, Actor, Answer, EXAMPLE, POOLS, TestApp, code, iccid};

/// The answer of the operation to a caller with permission, about the code of that number.
pub async fn perform(app: &TestApp, operation: &Operation, number: usize) -> Answer {
    let may = |token: &TokenKind| operation.status(*token) < 300;
    let token = TokenKind::all().into_iter().find(may).expect("a token that may use it");
    send(app, operation, token, &target(app, operation, number).await, number).await
}

pub async fn send(
    app: &TestApp,
    operation: &Operation,
    token: TokenKind,
    target: &str,
    number: usize,
) -> Answer {
    let request = actor(app, token)
        .request(operation.method.as_str().parse().expect("a verb"), target)
        .header("content-type", content_type(target))
        .body(body(app, operation, target, number).await);
    Answer::of(request).await
}

/// A caller with a token of that kind.
fn actor(app: &TestApp, token: TokenKind) -> Actor {
    let tenant = app.tenant("contoso");
    let request = |permission: Option<Permission>| {
        // A caller without a known permission may have others.
        token_request(tenant_id("contoso"), &[permission.map_or("User.Read", Permission::name)])
    };
    let request = match token {
        TokenKind::None => return app.anonymous(),
        TokenKind::Refused => return tenant.wrong(Wrong::named("expired").expect("a kind"), false),
        TokenKind::Application(permission) => request(permission),
        TokenKind::Delegated(permission) => TokenRequest { delegated: true, ..request(permission) },
    };
    tenant.token(&request)
}

/// The path of the operation, with ids of what is really there: a pool with the code of that
/// number, and what belongs to it.
pub async fn target(app: &TestApp, operation: &Operation, number: usize) -> String {
    let writer = app.writer();
    let new = json!({ "displayName": "matrix", "activationCodes": [code(number)] });
    let pool = writer.post(POOLS, new).await.is(201).json();
    let pool = pool["id"].as_str().expect("an id");
    let refused = app.anonymous().get(POOLS).await;
    let path = operation.path.replace("{request}", refused.header("request-id"));
    let path = path.replace("{pool}", pool).replace("{tenant}", pool);
    if path.starts_with("/docs/") {
        return docs_file(&app.anonymous()).await;
    }
    // The page leads to a page, whose outcome is one as well.
    if path.ends_with("/authorize") {
        let asked = sign_in::asking(&[("response_mode", "form_post")]);
        return sign_in::address(pool, &asked);
    }
    let id = match path.split('/').nth(5) {
        _ if path.contains("auditEvents/{id}") => {
            let log = format!("{AUDIT_EVENTS}?$top=1");
            writer.get(&log).await.is(200).json()["value"][0]["id"].clone()
        }
        // Secrets are shown of what was claimed.
        Some("deviceStates") if path.contains("esimpool.") => claim(app, pool, number).await,
        Some(kind) if path.contains("{id}") => {
            let all = format!("{POOLS}/{pool}/{kind}");
            writer.post(&all, entity(&all, number)).await.is(201).json()["id"].clone()
        }
        _ => json!(""),
    };
    // What is taken back must have been taken before.
    if path.ends_with("release") || path.ends_with("reinstate") {
        claim(app, pool, number).await;
        if path.ends_with("reinstate") {
            let release = format!("{POOLS}/{pool}/esimpool.release");
            writer.post(&release, entity(&release, number)).await.is(200);
        }
    }
    // What is removed must be named.
    let filter = format!("?$filter=integratedCircuitCardIdentifier eq '{}'", iccid(number));
    let removes = operation.method == "DELETE" && path.ends_with("esimpool.codes");
    let path = if removes { path + &filter } else { path };
    path.replace("{id}", id.as_str().expect("an id"))
}

/// The path of a file that the page of the operations loads.
pub async fn docs_file(actor: &Actor) -> String {
    let page = actor.get("/docs").await.is(200).text();
    let file = page.split("src=\"").nth(1).and_then(|rest| rest.split('"').next());
    file.expect("a script").to_owned()
}

/// The id of the device state that a claim makes.
async fn claim(app: &TestApp, pool: &str, number: usize) -> Value {
    let claimer = app.tenant("contoso").caller(Permission::ActivationCodeClaimAll);
    let device = json!({ "deviceName": format!("device {number}") });
    let path = format!("{POOLS}/{pool}/esimpool.claim");
    claimer.post(&path, device).await.is(201).json()["deviceState"]["id"].clone()
}

/// What the body of a request to that path is.
fn content_type(path: &str) -> &'static str {
    match path.rsplit('/').next() {
        Some("esimpool.import") => "text/csv",
        Some("token" | "devicecode" | "deviceauth") => FORM,
        Some(page) if page.starts_with("authorize") => FORM,
        _ => "application/json",
    }
}

const FORM: &str = "application/x-www-form-urlencoded";

/// A body that the operation at that path takes.
async fn body(app: &TestApp, operation: &Operation, path: &str, number: usize) -> String {
    if path.ends_with("/token") {
        return format!(
            "grant_type=client_credentials&client_id={}&client_secret={}&scope={}/.default",
            DevelopmentIssuer::APP,
            app.client_secret(),
            DevelopmentIssuer::AUDIENCE
        );
    }
    let device = format!("client_id={}&scope=openid", DevelopmentIssuer::PUBLIC_APP);
    if path.ends_with("/devicecode") {
        return device;
    }
    if operation.method == "POST" && path.ends_with("/deviceauth") {
        let start = app
            .anonymous()
            .request(reqwest::Method::POST, &path.replace("deviceauth", "v2.0/devicecode"));
        let started =
            Answer::of(start.header("content-type", FORM).body(device)).await.is(200).json();
        return format!("user_code={}", started["user_code"].as_str().expect("a code"));
    }
    if operation.method == "POST" && path.contains("/authorize?") {
        let page = app.anonymous().get(path).await.is(200);
        let ticket = sign_in::ticket_in(&page);
        return format!(
            "ticket={ticket}&action=allow&user={}&permission=User.Read",
            sign_in::ADMINISTRATOR
        );
    }
    entity(path, number)
}

/// A body for the entity or the action at that path.
fn entity(path: &str, number: usize) -> String {
    let target = json!({ "@odata.type": "#microsoft.graph.allDevicesAssignmentTarget" });
    if path.ends_with("/$batch") {
        let part = json!({ "id": "1", "method": "GET", "url": "/livez" });
        return json!({ "requests": [part] }).to_string();
    }
    if path.ends_with("esimpool.import") {
        return carrier_file(10_000 + number..10_001 + number);
    }
    match path.split('/').nth(5) {
        Some("esimpool.claim") => json!({ "deviceName": format!("matrix {number}") }).to_string(),
        Some("esimpool.release" | "esimpool.reinstate") => {
            json!({ "integratedCircuitCardIdentifier": iccid(number) }).to_string()
        }
        Some("esimpool.stock") => json!({ "lowStockThreshold": 5 }).to_string(),
        Some("assign") => json!({ "assignments": [] }).to_string(),
        Some("assignments") => json!({ "target": target }).to_string(),
        Some("deviceStates") => json!({ "state": "installed" }).to_string(),
        _ => EXAMPLE.to_owned(),
    }
}
