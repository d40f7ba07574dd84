//! Tenants are isolated.

use esimpool::auth::Permission;
use serde_json::json;

use crate::support::{Engine, POOLS, TestApp, cases, codes};

cases! {
    both: [a_foreign_pool_is_answered_like_an_unknown_id],
}

async fn a_foreign_pool_is_answered_like_an_unknown_id(engine: Engine) {
    let app = TestApp::start(engine).await;
    let [owner, stranger] = ["contoso", "fabrikam"]
        .map(|tenant| app.tenant(tenant).caller(Permission::ConfigurationReadWriteAll));
    let body = json!({ "displayName": "mine", "activationCodes": codes(3) });
    let created = owner.post(POOLS, body).await.is(201);
    let path = created.header("location");
    let before = owner.get(path).await.is(200).json();
    let never = format!("{POOLS}/01a20a58-6f14-750e-8e15-99a562cfdee7");

    let steal = json!({ "displayName": "stolen", "activationCodes": codes(9) });
    for (foreign, unknown) in [
        (stranger.get(path).await, stranger.get(&never).await),
        (stranger.patch(path, steal.clone()).await, stranger.patch(&never, steal).await),
        (stranger.delete(path).await, stranger.delete(&never).await),
    ] {
        assert_eq!(
            foreign.is_refused(404, "ResourceNotFound"),
            unknown.is_refused(404, "ResourceNotFound")
        );
        let shape = |answer: &crate::support::Answer| {
            let mut body = answer.json();
            body["error"]["innerError"] = json!(null);
            body
        };
        assert_eq!(shape(&foreign), shape(&unknown));
    }
    assert_eq!(stranger.get(POOLS).await.is(200).json()["value"], json!([]));
    assert_eq!(owner.get(path).await.is(200).json(), before);
    // A cursor of one tenant shows another nothing.
    owner.post(POOLS, json!({ "displayName": "second" })).await.is(201);
    let page = owner.get(&format!("{POOLS}?$top=1")).await.is(200).json();
    let next = page["@odata.nextLink"].as_str().expect("a next page");
    assert_eq!(stranger.get(next).await.is(200).json()["value"], json!([]));
}
