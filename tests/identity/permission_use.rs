//! What clients were granted and what they used, in the log and for developers.

use esimpool::auth::{Permission, TokenRequest, Wrong};
use serde_json::{Value, json};

use crate::support::app::{tenant_id, token_request};
use crate::support::issuer_service::beside_the_development_issuer;
use crate::support::process::{Server, token};
use crate::support::{Actor, EXAMPLE, Engine, POOLS, TestApp, cases};

const USED: &str = "/beta/esimpool/permissions/used";
const READ: &str = "DeviceManagementConfiguration.Read.All";
const WRITE: &str = "DeviceManagementConfiguration.ReadWrite.All";

cases! {
    once: [
        the_log_of_each_request_says_what_was_carried_and_what_was_needed,
        the_least_permission_that_admits_a_request_is_used_and_others_are_surplus,
        a_refused_request_uses_nothing,
        a_client_for_users_is_apart_from_the_client_by_itself,
        each_request_of_a_batch_counts_and_a_question_does_not,
        a_caller_sees_the_clients_of_its_own_tenant_and_issuer,
        a_client_has_the_name_that_its_token_carries,
        the_number_of_clients_is_bounded,
        the_number_of_permissions_is_bounded,
        without_the_development_issuer_nothing_is_kept,
    ],
}

/// What the tenant `contoso` is told.
async fn told(app: &TestApp) -> Value {
    let answer = app.tenant("contoso").carrying(&[]).get(USED).await.is(200);
    assert_eq!(answer.header("cache-control"), "no-store");
    answer.json()
}

/// Granted, used and surplus of the only client.
async fn only_client(app: &TestApp) -> [Value; 3] {
    let told = told(app).await;
    let [client] = told["value"].as_array().expect("a list").as_slice() else { panic!("{told}") };
    ["granted", "used", "surplus"].map(|name| client[name].clone())
}

async fn the_log_of_each_request_says_what_was_carried_and_what_was_needed() {
    let folder = crate::support::app::new_folder();
    let url = format!("sqlite://{}/x.db", folder.path().display());
    let server = Server::start(folder.path(), &url);
    let both = token(folder.path(), &format!("{READ} Other.Permission"));
    let actor = Actor::new(server.addr, Some(&both));
    actor.get(POOLS).await.is(200);
    actor.post(POOLS, EXAMPLE).await.is_refused(403, "Forbidden");
    let part = json!({ "id": "1", "method": "GET", "url": &POOLS["/beta".len()..] });
    actor.post("/beta/$batch", json!({ "requests": [part] })).await.is(200);
    actor.get("/beta/$metadata").await.is(200);
    let log = server.end_and_read_log();
    let lines = log.lines().filter(|line| line.contains("\"answered\""));
    let line = |line: &str| -> Value { serde_json::from_str(line).expect("JSON") };
    let logged: Vec<_> = lines
        .map(line)
        .map(|line| {
            let field = |name: &str| line[name].as_str().unwrap_or("-").to_owned();
            [field("method"), field("route"), field("token_permissions"), field("needed")]
        })
        .collect();
    let carried = format!("{READ} Other.Permission");
    let (read, either) = (carried.as_str(), format!("{READ} {WRITE}"));
    assert_eq!(
        logged,
        [
            ["GET", POOLS, read, &either],
            ["POST", POOLS, read, WRITE],
            ["GET", POOLS, read, &either],
            ["POST", "/beta/$batch", read, "-"],
            // Nothing is known of a token that nothing needs.
            ["GET", "/beta/$metadata", "-", "-"],
        ]
        .map(|line| line.map(str::to_owned))
    );
    for part in both.split('.') {
        assert!(!log.contains(part), "a part of a token is in the log");
    }
}

async fn the_least_permission_that_admits_a_request_is_used_and_others_are_surplus() {
    let app = TestApp::start(Engine::Sqlite).await;
    assert_eq!(told(&app).await["value"], json!([]));
    let client = app.tenant("contoso").carrying(&["User.Read", WRITE, READ]);
    client.get(POOLS).await.is(200);
    let granted = json!([READ, WRITE, "User.Read"]);
    assert_eq!(
        only_client(&app).await,
        [&granted, &json!([READ]), &json!([WRITE, "User.Read"])].map(Clone::clone)
    );
    client.post(POOLS, EXAMPLE).await.is(201);
    assert_eq!(
        only_client(&app).await,
        [granted.clone(), json!([READ, WRITE]), json!(["User.Read"])]
    );
    // What another token of the same client carries is granted as well.
    app.tenant("contoso")
        .carrying(&["DeviceManagementApps.Read.All"])
        .get(crate::support::AUDIT_EVENTS)
        .await
        .is(200);
    let [granted, used, surplus] = only_client(&app).await;
    assert_eq!(granted.as_array().map(Vec::len), Some(4));
    assert_eq!(used, json!([READ, WRITE, "DeviceManagementApps.Read.All"]));
    assert_eq!(surplus, json!(["User.Read"]));
    assert_eq!(told(&app).await["value"][0]["requests"], 3);

    // With the greater permission alone, a read uses that.
    let other = TestApp::start(Engine::Sqlite).await;
    other.tenant("contoso").carrying(&[WRITE]).get(POOLS).await.is(200);
    assert_eq!(only_client(&other).await, [json!([WRITE]), json!([WRITE]), json!([])]);
}

async fn a_refused_request_uses_nothing() {
    let app = TestApp::start(Engine::Sqlite).await;
    app.tenant("contoso").carrying(&[READ]).post(POOLS, EXAMPLE).await.is_refused(403, "Forbidden");
    assert_eq!(only_client(&app).await, [json!([READ]), json!([]), json!([READ])]);
    // A request that fails later has used its permission; a token that is refused belongs to nobody.
    app.tenant("contoso")
        .carrying(&[READ])
        .get(&format!("{POOLS}/none"))
        .await
        .is_refused(404, "ResourceNotFound");
    app.tenant("contoso")
        .wrong(Wrong::named("expired").expect("a kind"), true)
        .get(POOLS)
        .await
        .is(401);
    app.anonymous().get(POOLS).await.is(401);
    assert_eq!(only_client(&app).await, [json!([READ]), json!([READ]), json!([])]);
    assert_eq!(told(&app).await["value"][0]["requests"], 2);
}

async fn a_client_for_users_is_apart_from_the_client_by_itself() {
    let app = TestApp::start(Engine::Sqlite).await;
    app.tenant("contoso")
        .carrying(&[WRITE])
        .get("/beta/deviceManagement/auditEvents")
        .await
        .is(403);
    let request = token_request(tenant_id("contoso"), &[WRITE]);
    let user = app.tenant("contoso").token(&TokenRequest { delegated: true, ..request });
    user.post(POOLS, EXAMPLE).await.is(201);
    let told = told(&app).await;
    let client = |index: usize| {
        let client = &told["value"][index];
        assert_eq!(client["applicationId"], esimpool::auth::DevelopmentIssuer::APP);
        (client["kind"].clone(), client["surplus"].clone())
    };
    assert_eq!(client(0), (json!("application"), json!([WRITE])));
    assert_eq!(client(1), (json!("delegated"), json!([])));
}

async fn each_request_of_a_batch_counts_and_a_question_does_not() {
    let app = TestApp::start(Engine::Sqlite).await;
    let client = app.tenant("contoso").carrying(&[WRITE, READ]);
    for path in [USED, "/esimpool/permissions/used", "/beta/ESIMPOOL/Permissions/Used"] {
        client.get(path).await.is(200);
    }
    assert_eq!(told(&app).await["value"], json!([]));
    let part = |id: &str| json!({ "id": id, "method": "GET", "url": &POOLS["/beta".len()..] });
    let batch = json!({ "requests": [part("1"), part("2")] });
    client.post("/beta/$batch", batch).await.is(200);
    let told = told(&app).await;
    assert_eq!(
        (&told["value"][0]["requests"], &told["value"][0]["used"]),
        (&json!(2), &json!([READ]))
    );
}

async fn a_caller_sees_the_clients_of_its_own_tenant_and_issuer() {
    let (app, issuer, key) = beside_the_development_issuer().await;
    let real = app.bearer(&key.sign("k", &issuer.claims()));
    real.get(POOLS).await.is(200);
    // The development issuer issues tokens for any tenant, also for that of the other issuer.
    let guid = esimpool::domain::TenantId::parse(crate::support::issuer::TENANT).expect("a GUID");
    let same = app.bearer(
        &app.issuer().token(&token_request(guid, &[READ]), esimpool::clock::Clock::system().now()),
    );
    app.writer().get(POOLS).await.is(200);
    let apps = async |actor: &Actor| {
        let told = actor.get(USED).await.is(200).json();
        let apps = told["value"].as_array().expect("a list").iter();
        apps.map(|client| client["applicationId"].as_str().expect("an id").to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(apps(&real).await, ["app"]);
    assert_eq!(apps(&same).await, [""; 0]);
    same.get(POOLS).await.is(200);
    assert_eq!(apps(&same).await, [esimpool::auth::DevelopmentIssuer::APP]);
    assert_eq!(apps(&real).await, ["app"]);
    let fabrikam = app.tenant("fabrikam").caller(Permission::ConfigurationReadAll);
    assert_eq!(apps(&fabrikam).await, [""; 0]);
    app.anonymous().get(USED).await.is_refused(401, "InvalidAuthenticationToken");
    let wrong = Wrong::named("signature").or_else(|| Wrong::named("expired")).expect("a kind");
    app.tenant("contoso").wrong(wrong, false).get(USED).await.is(401);
    app.writer().post(USED, json!({})).await.is_refused(405, "Request_BadRequest");
}

/// What signs for an issuer beside the development issuer a token of an application with further
/// claims, and the service that trusts both.
async fn beside() -> (TestApp, impl Fn(&str, Value) -> String) {
    let (app, issuer, key) = beside_the_development_issuer().await;
    let sign = move |name: &str, further: Value| {
        let mut claims = issuer.claims();
        claims["azp"] = name.into();
        let claims_of = claims.as_object_mut().expect("claims");
        claims_of.extend(further.as_object().expect("claims").clone());
        key.sign("k", &claims)
    };
    (app, sign)
}

async fn a_client_has_the_name_that_its_token_carries() {
    let (app, sign) = beside().await;
    let named = app.bearer(&sign("a", json!({ "app_displayname": "Contoso eSIM" })));
    named.get(POOLS).await.is(200);
    // A name of another form is none, and no reason to refuse the token.
    app.bearer(&sign("b", json!({ "app_displayname": ["x"] }))).get(POOLS).await.is(200);
    let told = named.get(USED).await.is(200).json();
    let shown = [0, 1].map(|index| told["value"][index]["applicationDisplayName"].clone());
    assert_eq!(shown, [json!("Contoso eSIM"), Value::Null]);
}

async fn the_number_of_clients_is_bounded() {
    let (app, sign) = beside().await;
    let ask = async |name: &str| {
        let actor = app.bearer(&sign(name, json!({})));
        actor.get(POOLS).await.is(200);
        actor
    };
    ask("used often").await;
    ask("forgotten").await;
    for number in 0..498 {
        ask(&number.to_string()).await;
    }
    let often = ask("used often").await;
    let told = |actor: Actor| async move {
        let told = actor.get(USED).await.is(200).json();
        let clients = told["value"].as_array().expect("a list").clone();
        (clients, told["droppedClients"].clone())
    };
    let (clients, dropped) = told(often.clone()).await;
    assert_eq!((clients.len(), dropped), (500, json!(0)));
    ask("one more").await;
    let (clients, dropped) = told(often).await;
    assert_eq!((clients.len(), dropped), (500, json!(1)));
    let is_there = |name: &str| clients.iter().any(|client| client["applicationId"] == name);
    assert!(is_there("used often") && is_there("one more") && !is_there("forgotten"));
}

async fn the_number_of_permissions_is_bounded() {
    let app = TestApp::start(Engine::Sqlite).await;
    let names = |range: std::ops::Range<usize>| -> Vec<String> {
        range.map(|number| format!("Other.{number}")).collect()
    };
    for range in [0..60, 60..120, 120..180, 120..180] {
        let names = names(range);
        let mut names: Vec<_> = names.iter().map(String::as_str).collect();
        names.push(READ);
        app.tenant("contoso").carrying(&names).get(POOLS).await.is(200);
    }
    let told = told(&app).await;
    let client = &told["value"][0];
    assert_eq!(client["granted"].as_array().map(Vec::len), Some(128));
    assert_eq!(client["used"], json!([READ]));
    assert_eq!(client["complete"], false);
    // One token can have too many by itself.
    let many = names(0..100);
    let other = TestApp::start(Engine::Sqlite).await;
    other
        .tenant("contoso")
        .carrying(&many.iter().map(String::as_str).collect::<Vec<_>>())
        .get(POOLS)
        .await
        .is(403);
    let told = self::told(&other).await;
    assert_eq!(told["value"][0]["granted"].as_array().map(Vec::len), Some(64));
    assert_eq!(told["value"][0]["complete"], false);
}

async fn without_the_development_issuer_nothing_is_kept() {
    let app =
        TestApp::with(Engine::Sqlite).set("identity.development.enabled", false).start().await;
    let message = app.anonymous().get(USED).await.is_refused(400, "BadRequest");
    assert_eq!(message, "Resource not found for the segment 'esimpool'.");
    let document = app.anonymous().get("/openapi.json").await.is(200).text();
    assert!(!document.contains("permissions/used"));
}
