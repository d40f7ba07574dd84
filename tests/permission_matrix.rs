//! Every operation of the route table, as every kind of caller.

use std::sync::atomic::{AtomicUsize, Ordering};

use esimpool::auth::{DevelopmentIssuer, Permission};
use esimpool::http::{AccessKind, Operation, operations};
use serde_json::{Value, json};

use crate::imports::carrier_file;
use crate::support::{Answer, EXAMPLE, Engine, POOLS, TestApp, cases, code, iccid};

const AUDIT: &str = "/beta/deviceManagement/auditEvents";

cases! {
    both: [every_operation_serves_whom_its_access_names_and_nobody_else],
    once: [the_list_of_public_operations_is_pinned, every_operation_has_a_name_and_a_place_of_its_own],
}

async fn every_operation_serves_whom_its_access_names_and_nobody_else(engine: Engine) {
    let app = TestApp::start(engine).await;
    let tenant = app.tenant("contoso");
    let claimer = tenant.caller(Permission::ActivationCodeClaimAll);
    let pools = AtomicUsize::new(0);
    for operation in operations() {
        let pools = &pools;
        // A call with every right first: what is refused below is refused for want of one.
        let call = async |actor: &crate::support::Actor| {
            // A code of its own each time: none is handed out twice.
            let number = pools.fetch_add(1, Ordering::Relaxed);
            let new = json!({ "displayName": "matrix", "activationCodes": [code(number)] });
            let pool = app.writer().post(POOLS, new).await.is(201).json();
            let pool = pool["id"].as_str().expect("an id");
            let refused = app.anonymous().get(POOLS).await;
            let path = operation.path.replace("{request}", refused.header("request-id"));
            let path = path.replace("{pool}", pool).replace("{tenant}", pool);
            let id = match path.split('/').nth(5) {
                _ if path.contains("auditEvents/{id}") => {
                    let log = format!("{AUDIT}?$top=1");
                    app.writer().get(&log).await.is(200).json()["value"][0]["id"].clone()
                }
                Some(kind) if path.contains("{id}") => {
                    let one = format!("{POOLS}/{pool}/{kind}");
                    let body = body(&app, &one, number);
                    app.writer().post(&one, body).await.is(201).json()["id"].clone()
                }
                _ => Value::Null,
            };
            let path = path.replace("{id}", id.as_str().unwrap_or_default());
            // What is taken back must have been taken before.
            if path.ends_with("release") || path.ends_with("reinstate") {
                let pool = format!("{POOLS}/{pool}");
                let claim = format!("{pool}/esimpool.claim");
                let device = json!({ "deviceName": format!("device {number}") });
                claimer.post(&claim, device).await.is(201);
                if path.ends_with("reinstate") {
                    let release = format!("{pool}/esimpool.release");
                    app.writer().post(&release, body(&app, &release, number)).await.is(200);
                }
            }
            let request = actor.request(operation.method.as_str().parse().expect("a verb"), &path);
            let kind = match path.rsplit('/').next() {
                Some("esimpool.import") => "text/csv",
                Some("token") => FORM,
                _ => "application/json",
            };
            let body = body(&app, &path, number);
            Answer::of(request.header("content-type", kind).body(body)).await
        };
        let needed = operation.access.permissions();
        for permission in Permission::ALL {
            let (application, user) = (tenant.caller(permission), tenant.user(permission));
            for actor in [application, user] {
                let answer = call(&actor).await;
                let open = [AccessKind::Public, AccessKind::Caller].contains(&operation.access);
                if open || needed.contains(&permission) {
                    assert!(
                        answer.status.is_success(),
                        "{} with {permission}: {}",
                        operation.name,
                        answer.text()
                    );
                } else {
                    assert_eq!(answer.status.as_u16(), 403, "{} with {permission}", operation.name);
                    answer.is_refused(403, "Forbidden");
                }
            }
        }
        let answer = call(&app.anonymous()).await;
        if operation.access == AccessKind::Public {
            answer.is(200);
        } else {
            answer.is_refused(401, "InvalidAuthenticationToken");
        }
    }
}

const FORM: &str = "application/x-www-form-urlencoded";

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
        Some("esimpool.claim") => json!({ "deviceName": "matrix" }).to_string(),
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

async fn every_operation_has_a_name_and_a_place_of_its_own() {
    let all = operations();
    let unique = |key: fn(&Operation) -> String| {
        all.iter().map(key).collect::<std::collections::HashSet<_>>().len() == all.len()
    };
    assert!(unique(|operation| operation.name.to_owned()));
    assert!(unique(|operation| format!("{} {}", operation.method, operation.path)));
}
