//! Creating, reading, changing and removing pools.

use serde_json::json;

use crate::support::{EXAMPLE, Engine, POOLS, TestApp, cases};

cases! {
    both: [
        the_documented_request_is_stored_and_echoed,
    ],
    once: [],
}

async fn the_documented_request_is_stored_and_echoed(engine: Engine) {
    let app = TestApp::start(engine).await;
    let writer = app.writer();
    let created = writer.post(POOLS, EXAMPLE).await.is(201);
    let pool = created.json();
    assert_eq!(pool["displayName"], "Display Name value");
    assert_eq!(pool["activationCodeCount"], 1, "the number of codes, whatever the client says");
    let mut read = writer.get(created.header("location")).await.is(200).json();
    assert_eq!(read["activationCodes"], json!([]), "codes cannot be read back");
    read["activationCodes"] = pool["activationCodes"].clone();
    assert_eq!(read, pool);
}
