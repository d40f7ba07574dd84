//! The audit log: who changed what, and when.

use esimpool::auth::Permission;
use esimpool::clock::Clock;
use esimpool::domain::Timestamp;
use serde_json::{Value, json};

use crate::support::audit::{activity_types, audit_entries};
use crate::support::operator::Operator;
use crate::support::{AUDIT_EVENTS, Answer, Engine, POOLS, TestApp, cases, codes};

cases! {
    both: [
        entries_are_found_by_time_actor_and_category,
        old_entries_are_deleted_after_the_configured_time,
    ],
    once: [
        entries_have_graphs_shape,
        another_tenant_sees_no_entries,
    ],
}

async fn entries_are_found_by_time_actor_and_category(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let pool = operator.pool(codes(1)).await;
    operator.claim(&pool, "phone").await.is(201);
    let user = app.tenant("contoso").user(Permission::ConfigurationReadWriteAll);
    let other = operator.pool(codes(1)).await;
    user.delete(&pool).await.is(204);
    let log = audit_entries(&app, "").await;
    let actor = |entry: &Value| entry["actor"].clone();
    let id = |path: &str| path.rsplit('/').next().expect("an id").to_owned();
    assert_eq!(actor(&log[0])["auditActorType"], "Application");
    assert_eq!(actor(&log[3])["auditActorType"], "User");
    let user_id = actor(&log[3])["userId"].as_str().expect("a user").to_owned();
    let time = log[1]["activityDateTime"].as_str().expect("a time").to_owned();
    for (query, expected) in [
        ("$filter=category eq 'Device'".to_owned(), &["claim"][..]),
        ("$filter=actor/userId eq null".to_owned(), &["createPool", "claim", "createPool"]),
        (format!("$filter=actor/userId eq '{user_id}'"), &["deletePool"]),
        (format!("$filter=activityDateTime lt {time}"), &["createPool"]),
        (
            format!("$filter=activityDateTime ge {time}&$orderby=activityDateTime desc"),
            &["deletePool", "createPool", "claim"],
        ),
        (format!("$filter=poolId eq '{}'", id(&pool)), &["createPool", "claim", "deletePool"]),
        (format!("$filter=poolId eq '{}'", id(&other)), &["createPool"]),
        (
            format!("$filter=poolId eq {} and actor/userId eq '{user_id}'", id(&pool)),
            &["deletePool"],
        ),
        ("$filter=poolId eq 'nothing'".to_owned(), &[]),
        (format!("$filter=poolId ne '{}'", id(&pool)), &["createPool"]),
        ("$orderby=activityDateTime desc&$top=1".to_owned(), &["deletePool"]),
        (
            "$filter=activityOperationType in ('Create','Delete')".to_owned(),
            &["createPool", "createPool", "deletePool"],
        ),
        (
            "$filter=activityType eq 'claim' and category ne 'DeviceConfiguration'".to_owned(),
            &["claim"],
        ),
        (
            format!(
                "$filter=correlationId eq '{}'",
                log[0]["correlationId"].as_str().expect("an id")
            ),
            &["createPool"],
        ),
        ("$filter=category eq 'Application'".to_owned(), &[]),
    ] {
        assert_eq!(activity_types(&audit_entries(&app, &query).await), expected, "{query}");
    }
    let mut seen = Vec::new();
    let mut next = Some(format!("{AUDIT_EVENTS}?$top=1&$orderby=activityDateTime desc"));
    while let Some(path) = next {
        let page = app.writer().get(&path).await.is(200).json();
        seen.extend(page["value"].as_array().expect("a list").iter().map(|it| it["id"].clone()));
        next = page["@odata.nextLink"].as_str().map(str::to_owned);
    }
    assert_eq!(seen.len(), 4);
}

async fn old_entries_are_deleted_after_the_configured_time(engine: Engine) {
    let at = |days: i64| {
        let micros = 1_800_000_000_000_000 + days * 86_400_000_000;
        Clock::stopped(Timestamp::from_micros(micros))
    };
    let app = TestApp::with(engine).at(at(0)).start().await;
    app.writer().post(POOLS, json!({ "displayName": "old" })).await.is(201);
    let (folder, database) = app.stop().await;
    let later = TestApp::with(engine).at(at(20));
    let later = later.start_on(folder, database).await.expect("started");
    later.writer().post(POOLS, json!({ "displayName": "new" })).await.is(201);
    let (folder, database) = later.stop().await;
    let later = TestApp::with(engine).at(at(31)).set("audit.retention_days", 30);
    let later = later.start_on(folder, database).await.expect("started");
    // What is forgotten is forgotten beside the requests.
    let mut log = audit_entries(&later, "").await;
    while log.len() > 1 {
        tokio::task::yield_now().await;
        log = audit_entries(&later, "").await;
    }
    assert_eq!(log[0]["resources"][0]["displayName"], "new");
    assert_eq!(later.writer().get(&format!("{POOLS}/$count")).await.text(), "2", "pools stay");
}

async fn entries_have_graphs_shape() {
    let now = Timestamp::parse("2026-01-02T03:04:05.678Z").expect("a timestamp");
    let app = TestApp::with(Engine::Sqlite).at(Clock::stopped(now)).start().await;
    let created: Answer =
        app.writer().post(POOLS, json!({ "displayName": "Spring" })).await.is(201);
    let page = app.writer().get(AUDIT_EVENTS).await.is(200).json();
    let context = page["@odata.context"].as_str().expect("a context");
    assert!(context.ends_with("$metadata#deviceManagement/auditEvents"), "{context}");
    let mut entry = page["value"][0].clone();
    assert_eq!(entry["correlationId"], created.header("request-id"));
    entry
        .as_object_mut()
        .expect("an object")
        .retain(|name, _| name != "id" && name != "correlationId");
    assert_eq!(
        entry,
        json!({
            "@odata.type": "#microsoft.graph.auditEvent",
            "displayName": "Create pool",
            "componentName": "esimpool",
            "actor": {
                "auditActorType": "Application",
                "applicationId": "de7e10b0-a44c-4001-9b00-000000000001",
                "userId": null,
            },
            "activity": "Create pool",
            "activityDateTime": "2026-01-02T03:04:05.6780000Z",
            "activityType": "createPool",
            "activityOperationType": "Create",
            "activityResult": "Success",
            "resources": [{
                "displayName": "Spring",
                "auditResourceType": "embeddedSIMActivationCodePool",
                "resourceId": created.json()["id"],
                "modifiedProperties":
                    [{ "displayName": "activationCodeCount", "oldValue": null, "newValue": "0" }],
            }],
            "category": "DeviceConfiguration",
        })
    );
}

async fn another_tenant_sees_no_entries() {
    let app = TestApp::start(Engine::Sqlite).await;
    app.writer().post(POOLS, json!({ "displayName": "Spring" })).await.is(201);
    let id = audit_entries(&app, "").await[0]["id"].as_str().expect("an id").to_owned();
    let stranger = app.tenant("fabrikam").caller(Permission::ConfigurationReadAll);
    assert_eq!(stranger.get(AUDIT_EVENTS).await.is(200).json()["value"], json!([]));
    stranger.get(&format!("{AUDIT_EVENTS}/{id}")).await.is_refused(404, "ResourceNotFound");
    let claimer = app.tenant("contoso").caller(Permission::ActivationCodeClaimAll);
    claimer.get(AUDIT_EVENTS).await.is_refused(403, "Forbidden");
}
