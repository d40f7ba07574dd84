//! How a claimed code is shown, to which callers, and until when.

use esimpool::auth::Permission;
use serde_json::{Value, json};

use crate::support::database::execute;
use crate::support::operator::{Operator, device_state_path, shown_in_audit_log};
use crate::support::{AUDIT_EVENTS, Answer, Engine, POOLS, TestApp, cases, code, codes, iccid};

cases! {
    both: [
        a_code_is_shown_while_its_claim_is_installing_or_installed,
        showing_a_code_is_audited,
        a_code_is_not_shown_if_that_cannot_be_audited,
    ],
    postgres: [a_code_is_shown_while_its_rows_are_locked],
    once: [
        a_qr_code_is_drawn_as_requested,
        windows_settings_name_the_nodes_of_their_provider,
        windows_settings_say_what_remains_to_be_filled_in,
        a_code_that_no_device_can_read_is_not_shown,
    ],
}

async fn a_code_is_shown_while_its_claim_is_installing_or_installed(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let pool = operator.pool(codes(3)).await;
    let phone = device_state_path(&pool, &operator.claim(&pool, "phone").await.is(201));
    let both = async |state: &str| {
        let qr = operator.claimer.get(&format!("{state}/esimpool.qr")).await;
        let windows = operator.claimer.get(&format!("{state}/esimpool.windows")).await;
        assert_eq!(qr.status, windows.status);
        if qr.status.as_u16() != 200 {
            assert_eq!(qr.json()["error"]["code"], windows.json()["error"]["code"]);
        }
        qr
    };
    let is = async |name: &str| operator.writer.patch(&phone, json!({ "state": name })).await;
    both(&phone).await.is(200);
    for (state, status) in [("installed", 200), ("deleting", 409), ("installed", 200)] {
        is(state).await.is(200);
        assert_eq!(both(&phone).await.status.as_u16(), status, "{state}");
    }
    for state in ["failed", "error", "removedByUser", "deleted"] {
        is(state).await.is(200);
        both(&phone).await.is_refused(409, "NoActiveClaim");
    }
    // It counts what became of the claim, not what is said of the device.
    let tablet = device_state_path(&pool, &operator.claim(&pool, "tablet").await.is(201));
    let name = json!({ "integratedCircuitCardIdentifier": iccid(1) });
    operator.writer.post(&format!("{pool}/esimpool.release"), name.clone()).await.is(200);
    operator.writer.patch(&tablet, json!({ "state": "installed" })).await.is(200);
    both(&tablet).await.is_refused(409, "NoActiveClaim");
    // A code that is put back is another device's now.
    operator.writer.post(&format!("{pool}/esimpool.reinstate"), name).await.is(200);
    let laptop = device_state_path(&pool, &operator.claim(&pool, "laptop").await.is(201));
    both(&laptop).await.is(200);
    both(&tablet).await.is_refused(409, "NoActiveClaim");
    // A device state that no claim made.
    let states = format!("{pool}/deviceStates");
    let made = operator.writer.post(&states, json!({ "state": "installed" })).await.is(201);
    both(made.header("location")).await.is_refused(409, "NoActiveClaim");

    let other = operator.pool(vec![]).await;
    let elsewhere = laptop.replace(&pool, &other);
    for missing in
        [&elsewhere, &format!("{pool}/deviceStates/none"), &format!("{POOLS}/x/deviceStates/y")]
    {
        both(missing).await.is_refused(404, "ResourceNotFound");
    }
    let stranger = app.tenant("fabrikam").caller(Permission::ActivationCodeClaimAll);
    for form in ["qr", "windows"] {
        let path = format!("{laptop}/esimpool.{form}");
        stranger.get(&path).await.is_refused(404, "ResourceNotFound");
        operator.writer.get(&path).await.is_refused(403, "Forbidden");
    }
    operator.writer.delete(&pool).await.is(204);
    both(&laptop).await.is_refused(404, "ResourceNotFound");
}

async fn showing_a_code_is_audited(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let pool = operator.pool(codes(1)).await;
    let claimed = operator.claim(&pool, "phone").await.is(201);
    let state = device_state_path(&pool, &claimed);
    let user = app.tenant("contoso").user(Permission::ActivationCodeClaimAll);
    let shown = user.get(&format!("{state}/esimpool.qr")).await.is(200);
    operator.claimer.get(&format!("{state}/esimpool.windows")).await.is(200);
    // These show nothing.
    operator.claimer.get(&format!("{state}/esimpool.qr?format=gif")).await.is(400);
    operator.claimer.get(&format!("{pool}/deviceStates/x/esimpool.qr")).await.is(404);
    operator.writer.get(&format!("{state}/esimpool.qr")).await.is(403);
    operator.writer.patch(&state, json!({ "state": "failed" })).await.is(200);
    operator.claimer.get(&format!("{state}/esimpool.qr")).await.is(409);

    assert_eq!(
        shown_in_audit_log(&app).await,
        [[iccid(0), "phone".to_owned()], [iccid(0), "phone".to_owned()]]
    );
    let path = format!("{AUDIT_EVENTS}?$filter=activityType eq 'showCode'");
    let entries = app.writer().get(&path).await.is(200).json();
    let entry = &entries["value"][0];
    assert_eq!(entry["correlationId"], shown.header("request-id"));
    assert_eq!(
        [&entry["displayName"], &entry["activityOperationType"], &entry["category"]],
        ["Show activation code", "Action", "Device"]
    );
    assert_eq!(entry["actor"]["auditActorType"], "User");
    let kinds: Vec<_> = entry["resources"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|it| (it["auditResourceType"].clone(), it["resourceId"].clone()))
        .collect();
    let pool_id = pool.rsplit('/').next().expect("an id");
    assert_eq!(kinds[0], (json!("embeddedSIMActivationCodePool"), json!(pool_id)));
    assert_eq!(kinds[1].0, "embeddedSIMActivationCode");
    let state_id = claimed.json()["deviceState"]["id"].clone();
    assert_eq!(kinds[2], (json!("embeddedSIMDeviceState"), state_id));
    assert!(!entries.to_string().contains("MATCH-"), "{entries}");
}

async fn a_code_is_not_shown_if_that_cannot_be_audited(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let pool = operator.pool(codes(1)).await;
    let state = device_state_path(&pool, &operator.claim(&pool, "phone").await.is(201));
    execute(&app.database, "alter table audit_events rename to hidden").await;
    let [qr, windows] = ["qr", "windows"].map(|form| format!("{state}/esimpool.{form}"));
    for path in [qr, windows, format!("{pool}/esimpool.sheet")] {
        let refused = operator.claimer.get(&path).await;
        refused.is_refused(500, "InternalError");
        assert!(!refused.text().contains("MATCH-"), "{path}");
    }
    execute(&app.database, "alter table hidden rename to audit_events").await;
    operator.claimer.get(&format!("{state}/esimpool.windows")).await.is(200);
    assert_eq!(shown_in_audit_log(&app).await.len(), 1);
}

async fn a_code_is_shown_while_its_rows_are_locked() {
    use sqlx::{Connection, Executor};

    let app = TestApp::with(Engine::Postgres).set("database.acquire_timeout", 1).start().await;
    let operator = Operator::of(&app);
    let pool = operator.pool(codes(1)).await;
    let state = device_state_path(&pool, &operator.claim(&pool, "phone").await.is(201));
    let mut connection =
        sqlx::PgConnection::connect(&app.database.url).await.expect("a connection");
    let mut other = connection.begin().await.expect("a transaction");
    for table in ["pools", "activation_codes", "handouts", "device_states"] {
        let lock = sqlx::AssertSqlSafe(format!("select * from {table} for update"));
        other.execute(lock).await.expect("locks");
    }
    for path in [format!("{state}/esimpool.qr"), format!("{pool}/esimpool.sheet")] {
        operator.claimer.get(&path).await.is(200);
    }
}

async fn a_qr_code_is_drawn_as_requested() {
    let app = TestApp::start(Engine::Sqlite).await;
    let operator = Operator::of(&app);
    let pool = operator.pool(codes(1)).await;
    let state = device_state_path(&pool, &operator.claim(&pool, "phone").await.is(201));
    let qr = format!("{state}/esimpool.qr");
    for (query, kind, begin) in [
        ("", "image/svg+xml", &b"<svg xmlns="[..]),
        ("?format=svg", "image/svg+xml", b"<svg xmlns="),
        ("?$format=PNG", "image/png", b"\x89PNG\r\n\x1a\n"),
        ("?format=text", "text/plain; charset=utf-8", "█████".as_bytes()),
    ] {
        let answer = operator.claimer.get(&format!("{qr}{query}")).await.is(200);
        assert_eq!(answer.header("content-type"), kind, "{query}");
        assert_eq!(answer.header("cache-control"), "no-store", "{query}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{query}");
        assert!(answer.body.starts_with(begin), "{query}: {}", answer.text());
    }
    for (query, reason) in [
        ("?format=json", "'format' must be svg, png or text"),
        ("?format=", "'format' must be svg, png or text"),
        ("?format=svg&size=3", "'size' is not a query option of this operation"),
        ("?format=svg&format=png", "'format' is a duplicate query option"),
    ] {
        let message =
            operator.claimer.get(&format!("{qr}{query}")).await.is_refused(400, "BadRequest");
        assert!(message.contains(reason), "{message}");
    }
    let refused = operator.claimer.get(&format!("{state}/esimpool.windows?x=1")).await;
    refused.is_refused(400, "BadRequest");
    // What is asked for by name wins over what is accepted.
    let request = operator.claimer.request(reqwest::Method::GET, &qr).header("accept", "image/png");
    assert_eq!(Answer::of(request).await.is(200).header("content-type"), "image/svg+xml");
}

/// A pool's path, and that of the state of a device that has its only code.
async fn one_claimed(operator: &Operator, code: Value, device: Value) -> (String, String) {
    let pool = operator.pool(vec![code]).await;
    let claimed = operator.claimer.post(&format!("{pool}/esimpool.claim"), device).await.is(201);
    let state = device_state_path(&pool, &claimed);
    (pool, state)
}

async fn windows_settings_name_the_nodes_of_their_provider() {
    let app = TestApp::start(Engine::Sqlite).await;
    let operator = Operator::of(&app);
    let eid = "89049032123451234512345678901235";
    let device = json!({ "universalIntegratedCircuitCardIdentifier": eid });
    let (_, state) = one_claimed(&operator, code(0), device).await;
    let answer = operator.claimer.get(&format!("{state}/esimpool.windows")).await.is(200);
    assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(answer.header("cache-control"), "no-store");
    let profile = format!("./Device/Vendor/MSFT/eUICCs/{eid}/Profiles/{}", iccid(0));
    let text = answer.text();
    let settings: Vec<_> =
        text.lines().filter(|it| !it.starts_with('#') && !it.is_empty()).collect();
    assert_eq!(
        settings,
        [
            &format!("OMA-URI: {profile}/ServerName"),
            "Data type: String",
            "Value: smdp.example.com",
            &format!("OMA-URI: {profile}/MatchingID"),
            "Data type: String",
            "Value: MATCH-000000",
            &format!("OMA-URI: {profile}/IsEnabled"),
            "Data type: Boolean",
            "Value: True",
        ]
    );
    assert!(!text.contains("{eUICC}"), "{text}");
}

async fn windows_settings_say_what_remains_to_be_filled_in() {
    let app = TestApp::start(Engine::Sqlite).await;
    let operator = Operator::of(&app);
    let mut nameless = code(0);
    nameless["matchingIdentifier"] = "".into();
    let (_, state) = one_claimed(&operator, nameless, json!({ "deviceName": "laptop" })).await;
    let text = operator.claimer.get(&format!("{state}/esimpool.windows")).await.is(200).text();
    assert!(text.contains("# Replace {eUICC} by the EID"), "{text}");
    assert!(text.contains("./Device/Vendor/MSFT/eUICCs/{eUICC}/Profiles/"), "{text}");
    assert!(text.contains("\nValue: \n") && text.contains("# It is empty"), "{text}");
    // What was said may be taken back.
    let nobody = json!({ "universalIntegratedCircuitCardIdentifier": " " });
    operator.writer.patch(&state, nobody).await.is(200);
    let text = operator.claimer.get(&format!("{state}/esimpool.windows")).await.is(200).text();
    assert!(text.contains("/eUICCs/{eUICC}/Profiles/"), "{text}");
    // Names that are none do not tear the text or the path apart.
    let strange = json!({ "deviceName": "a/b\n# c" });
    let mut code = code(1);
    code["integratedCircuitCardIdentifier"] = "8944\r\n1/2".into();
    let (_, state) = one_claimed(&operator, code, strange).await;
    let text = operator.claimer.get(&format!("{state}/esimpool.windows")).await.is(200).text();
    assert!(text.contains("/eUICCs/{eUICC}/Profiles/8944%0D%0A1%2F2/ServerName\n"), "{text}");
}

async fn a_code_that_no_device_can_read_is_not_shown() {
    let app = TestApp::start(Engine::Sqlite).await;
    let operator = Operator::of(&app);
    for (host, matching_id) in [
        ("smdp.example.com", "a$b".to_owned()),
        ("smdp.example.com", "a\nb".to_owned()),
        ("smdp$example.com", "a".to_owned()),
        ("", "a".to_owned()),
        // One character more than there may be.
        ("smdp.example.com", "x".repeat(255 - 18)),
    ] {
        let mut code = code(0);
        code["smdpPlusServerAddress"] = host.into();
        code["matchingIdentifier"] = matching_id.clone().into();
        let (_, state) = one_claimed(&operator, code, json!({ "deviceName": "phone" })).await;
        for form in ["qr", "windows"] {
            let refused = operator.claimer.get(&format!("{state}/esimpool.{form}")).await;
            let message = refused.is_refused(409, "ActivationCodeNotShowable");
            assert!(!message.contains(&matching_id) || matching_id == "a", "{message}");
        }
    }
    assert!(shown_in_audit_log(&app).await.is_empty());
}
