//! The answers of one story, byte for byte, each compared with its file in `snapshots`. Time and
//! ids are pinned; the address, which changes from run to run, is replaced by `HOST`.
//! `INSTA_UPDATE=always cargo test --test esimpool -- golden` records the answers anew.

use std::collections::BTreeMap;

use esimpool::auth::Permission;
use esimpool::clock::Clock;
use esimpool::domain::Timestamp;
use tokio::sync::OnceCell;

use crate::support::{Actor, Answer, EXAMPLE, Engine, POOLS, TestApp, cases};

/// Declares a test for each recorded answer of the story.
macro_rules! recorded {
    ($($test:ident: $name:literal),* $(,)?) => {
        cases! {
            both: [$($test),*],
            once: [every_answer_is_compared_once],
        }

        const NAMES: &[&str] = &[$($name),*];

        $(
            async fn $test(engine: Engine) {
                compare(engine, $name).await;
            }
        )*
    };
}

recorded! {
    metadata_is_as_recorded: "metadata",
    the_service_document_is_as_recorded: "service-document",
    a_created_pool_is_as_recorded: "create-pool",
    a_pool_is_as_recorded: "get-pool",
    an_updated_pool_is_as_recorded: "update-pool",
    a_list_of_one_pool_is_as_recorded: "list-pools",
    the_first_page_of_pools_is_as_recorded: "list-pools-first-page",
    the_last_page_of_pools_is_as_recorded: "list-pools-last-page",
    a_deleted_pool_is_answered_as_recorded: "delete-pool",
    a_claim_is_as_recorded: "claim",
    a_stock_is_as_recorded: "stock",
    a_list_of_codes_is_as_recorded: "codes",
    an_audit_event_is_as_recorded: "audit-event",
    a_missing_token_is_refused_as_recorded: "error-no-token",
    a_missing_permission_is_refused_as_recorded: "error-no-permission",
    an_invalid_body_is_refused_as_recorded: "error-invalid",
    an_unknown_method_is_refused_as_recorded: "error-no-such-method",
    an_unknown_segment_is_refused_as_recorded: "error-no-such-segment",
    a_missing_pool_is_refused_as_recorded: "error-not-found",
}

type Answers = BTreeMap<&'static str, String>;

/// The story runs once an engine.
static SQLITE: OnceCell<Answers> = OnceCell::const_new();
static POSTGRES: OnceCell<Answers> = OnceCell::const_new();

async fn compare(engine: Engine, name: &str) {
    let cell = match engine {
        Engine::Sqlite => &SQLITE,
        Engine::Postgres => &POSTGRES,
    };
    let answer = &cell.get_or_init(|| story(engine)).await[name];
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, answer));
}

async fn every_answer_is_compared_once() {
    let recorded: Vec<_> = story(Engine::Sqlite).await.into_keys().collect();
    let mut compared = NAMES.to_vec();
    compared.sort_unstable();
    assert_eq!(compared, recorded);
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/wire/snapshots");
    for file in std::fs::read_dir(folder).expect("a folder").flatten() {
        let name = file.file_name().to_string_lossy().into_owned();
        let used = name.strip_suffix(".snap").is_some_and(|name| compared.contains(&name));
        assert!(used, "{name} is no answer of the story");
    }
}

/// Every answer of the story by its name.
async fn story(engine: Engine) -> Answers {
    let now = Timestamp::parse("2017-01-01T00:02:43.577596Z").expect("a timestamp");
    let app = TestApp::with(engine).at(Clock::stopped(now)).counting_ids().start().await;
    let tenant = app.tenant("contoso");
    let (writer, reader) = (app.writer(), tenant.caller(Permission::ConfigurationReadAll));
    let (claimer, anonymous) = (tenant.caller(Permission::ActivationCodeClaimAll), app.anonymous());
    let mut answers = Answers::new();
    let mut record = |name, answer: &Answer| {
        // A comparison of snapshots ignores whitespace at the end.
        let body = answer.text();
        let end = if name == "metadata" { "\n" } else { "" };
        assert_eq!(body.strip_prefix(body.trim_end()), Some(end), "{name}");
        answers.insert(name, printed(&app, answer));
    };

    record("metadata", &get(&anonymous, "/beta/$metadata").await);
    let mut service_document = get(&anonymous, "/beta").await;
    // A digest of a text that contains the address.
    service_document.headers.remove("etag").expect("a tag");
    record("service-document", &service_document);
    let created = send(&writer, "POST", POOLS, EXAMPLE).await;
    let one = created.header("location").to_owned();
    record("create-pool", &created);
    record("get-pool", &get(&writer, &one).await);
    let renamed = r#"{"displayName":"Another name","activationCodes":[]}"#;
    record("update-pool", &send(&writer, "PATCH", &one, renamed).await);
    record("list-pools", &get(&writer, POOLS).await);
    send(&writer, "POST", POOLS, r#"{"displayName":"Second"}"#).await.is(201);
    let page = get(&writer, &format!("{POOLS}?$top=1")).await;
    record("list-pools-first-page", &page);
    let next = page.json()["@odata.nextLink"].as_str().expect("a next page").to_owned();
    record("list-pools-last-page", &get(&writer, &next).await);

    record("error-no-token", &get(&anonymous, POOLS).await);
    record("error-no-permission", &send(&reader, "POST", POOLS, EXAMPLE).await);
    record("error-invalid", &send(&writer, "POST", POOLS, r#"{"displayname":"x"}"#).await);
    record("error-no-such-method", &without_body(&writer, "PUT", POOLS).await);
    record("error-no-such-segment", &get(&writer, "/v1.0/deviceManagement").await);

    let pool = send(&writer, "POST", POOLS, &pool_of_one_code()).await.is(201);
    let pool = pool.header("location");
    let device = r#"{"deviceName":"Ann's phone","universalIntegratedCircuitCardIdentifier":"89049032123451234512345678901235"}"#;
    record("claim", &send(&claimer, "POST", &format!("{pool}/esimpool.claim"), device).await);
    record("stock", &get(&writer, &format!("{pool}/esimpool.stock")).await);
    record("codes", &get(&writer, &format!("{pool}/esimpool.codes")).await);
    let claims = "/beta/deviceManagement/auditEvents?$filter=activityType eq 'claim'";
    record("audit-event", &get(&writer, claims).await);

    record("delete-pool", &without_body(&writer, "DELETE", &one).await);
    record("error-not-found", &get(&writer, &one).await);
    answers
}

async fn get(actor: &Actor, path: &str) -> Answer {
    without_body(actor, "GET", path).await
}

async fn without_body(actor: &Actor, method: &str, path: &str) -> Answer {
    Answer::of(request(actor, method, path)).await
}

async fn send(actor: &Actor, method: &str, path: &str, body: &str) -> Answer {
    let request = request(actor, method, path).header("content-type", "application/json");
    Answer::of(request.body(body.to_owned())).await
}

fn request(actor: &Actor, method: &str, path: &str) -> reqwest::RequestBuilder {
    actor
        .request(method.parse().expect("a method"), path)
        .header("client-request-id", "11111111-2222-3333-4444-555555555555")
}

/// Status, headers and body, without what changes from run to run.
fn printed(app: &TestApp, answer: &Answer) -> String {
    let mut headers: Vec<_> = answer
        .headers
        .iter()
        .filter(|(name, _)| !["date", "content-length"].contains(&name.as_str()))
        .map(|(name, value)| format!("{name}: {}", value.to_str().expect("visible ASCII")))
        .collect();
    headers.sort();
    let status = answer.status.as_u16();
    let text = format!("{status}\n{}\n\n{}\n", headers.join("\n"), answer.text());
    text.replace(&app.addr.to_string(), "HOST")
}

fn pool_of_one_code() -> String {
    let codes = crate::support::codes(1);
    serde_json::json!({ "displayName": "Spring", "activationCodes": codes }).to_string()
}
