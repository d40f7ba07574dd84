//! Every operation of the route table, as every kind of caller.

use esimpool::auth::{DevelopmentIssuer, Permission, TokenRequest, Wrong};
use esimpool::http::{AccessKind, Operation, TokenKind, operations};
use serde_json::{Value, json};

use crate::imports::files::carrier_file;
use crate::support::app::{tenant_id, token_request};
use crate::support::{Actor, Answer, EXAMPLE, Engine, POOLS, TestApp, cases, code, iccid};

const AUDIT: &str = "/beta/deviceManagement/auditEvents";

cases! {
    both: [every_operation_answers_each_kind_of_token_as_the_report_says],
    once: [
        the_list_of_public_operations_is_pinned,
        nobody_but_the_guard_makes_a_route,
        every_operation_has_a_name_and_a_place_of_its_own],
}

async fn every_operation_answers_each_kind_of_token_as_the_report_says(engine: Engine) {
    let app = TestApp::start(engine).await;
    let mut number = 0;
    for operation in operations() {
        // It is there, and good in every way: what is refused is refused for want of a permission.
        let mut target = target(&app, &operation, number).await;
        for token in TokenKind::all() {
            let answer = send(&app, &operation, token, &target, number).await;
            let status = operation.status(token);
            assert_eq!(
                answer.status.as_u16(),
                status,
                "{} with {token:?}: {}",
                operation.name,
                answer.text()
            );
            match status {
                401 => drop(answer.is_refused(401, "InvalidAuthenticationToken")),
                403 => drop(answer.is_refused(403, "Forbidden")),
                // It may be gone now, and a code is not handed out twice.
                _ => {
                    number += 1;
                    target = self::target(&app, &operation, number).await;
                }
            }
        }
        number += 1;
    }
}

/// What the operation answers to somebody who may use it, about the code of that number.
pub async fn ask(app: &TestApp, operation: &Operation, number: usize) -> Answer {
    let may = |token: &TokenKind| operation.status(*token) < 300;
    let token = TokenKind::all().into_iter().find(may).expect("somebody may use it");
    send(app, operation, token, &target(app, operation, number).await, number).await
}

async fn send(
    app: &TestApp,
    operation: &Operation,
    token: TokenKind,
    target: &str,
    number: usize,
) -> Answer {
    let request = actor(app, token)
        .request(operation.method.as_str().parse().expect("a verb"), target)
        .header("content-type", content_type(target))
        .body(body(app, target, number));
    Answer::of(request).await
}

/// Somebody with a token of that kind.
fn actor(app: &TestApp, token: TokenKind) -> Actor {
    let tenant = app.tenant("contoso");
    let request = |permission: Option<Permission>| {
        // Somebody without a known permission may have others.
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
async fn target(app: &TestApp, operation: &Operation, number: usize) -> String {
    let writer = app.writer();
    let new = json!({ "displayName": "matrix", "activationCodes": [code(number)] });
    let pool = writer.post(POOLS, new).await.is(201).json();
    let pool = pool["id"].as_str().expect("an id");
    let refused = app.anonymous().get(POOLS).await;
    let path = operation.path.replace("{request}", refused.header("request-id"));
    let path = path.replace("{pool}", pool).replace("{tenant}", pool);
    let id = match path.split('/').nth(5) {
        _ if path.contains("auditEvents/{id}") => {
            let log = format!("{AUDIT}?$top=1");
            writer.get(&log).await.is(200).json()["value"][0]["id"].clone()
        }
        // Secrets are shown of what was claimed.
        Some("deviceStates") if path.contains("esimpool.") => claim(app, pool, number).await,
        Some(kind) if path.contains("{id}") => {
            let all = format!("{POOLS}/{pool}/{kind}");
            writer.post(&all, body(app, &all, number)).await.is(201).json()["id"].clone()
        }
        _ => json!(""),
    };
    // What is taken back must have been taken before.
    if path.ends_with("release") || path.ends_with("reinstate") {
        claim(app, pool, number).await;
        if path.ends_with("reinstate") {
            let release = format!("{POOLS}/{pool}/esimpool.release");
            writer.post(&release, body(app, &release, number)).await.is(200);
        }
    }
    path.replace("{id}", id.as_str().expect("an id"))
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
        Some("token") => "application/x-www-form-urlencoded",
        _ => "application/json",
    }
}

/// A body that the operation at that path takes.
fn body(app: &TestApp, path: &str, number: usize) -> String {
    if path.ends_with("/token") {
        return format!(
            "grant_type=client_credentials&client_id={}&client_secret={}&scope={}/.default",
            DevelopmentIssuer::APP,
            app.client_secret(),
            DevelopmentIssuer::AUDIENCE
        );
    }
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

/// May only shrink without a reason.
async fn the_list_of_public_operations_is_pinned() {
    let public: Vec<_> = operations()
        .into_iter()
        .filter(|operation| operation.access == AccessKind::Public)
        .map(|operation| format!("{} {}", operation.method, operation.path))
        .collect();
    assert_eq!(
        public,
        [
            "GET /beta",
            "GET /beta/$metadata",
            "GET /openapi.json",
            "GET /docs",
            // While the development issuer is on, and not otherwise.
            "GET /{tenant}/v2.0/.well-known/openid-configuration",
            "GET /{tenant}/.well-known/openid-configuration",
            "GET /{tenant}/discovery/v2.0/keys",
            "GET /{tenant}/discovery/keys",
            "POST /{tenant}/oauth2/v2.0/token",
            "GET /livez",
            "GET /readyz",
        ]
    );
}

/// A route's fields are private to the guard: this says where to look when it does not compile.
async fn nobody_but_the_guard_makes_a_route() {
    let http = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http");
    let read = |name: &str| std::fs::read_to_string(http.join(name)).expect("text");
    assert!(read("guarded.rs").contains("    run: Run,\n"), "`run` is not public");
    let routes = read("routes.rs");
    assert!(!routes.contains("Route {"));
    let lines = routes.split("vec![").nth(1).expect("the table").split("    ]\n").next();
    let made =
        ["guarded::<", "verified(", "public("].map(|by| lines.expect("an end").matches(by).count());
    assert_eq!(made.iter().sum::<usize>(), operations().len());
}

async fn every_operation_has_a_name_and_a_place_of_its_own() {
    let all = operations();
    let unique = |key: fn(&Operation) -> String| {
        all.iter().map(key).collect::<std::collections::HashSet<_>>().len() == all.len()
    };
    assert!(unique(|operation| operation.name.to_owned()));
    assert!(unique(|operation| format!("{} {}", operation.method, operation.path)));
}
