//! What large writes cost: as much as their codes, and not the square of it.

use std::time::Duration;

use serde_json::json;

use crate::support::{Engine, POOLS, TestApp, cases, code};

cases! {
    postgres: [appending_many_codes_does_not_read_those_that_it_adds],
}

async fn appending_many_codes_does_not_read_those_that_it_adds() {
    const CODES: u16 = 2_000;
    let app = TestApp::start(Engine::Postgres).await;
    let writer = app.writer();
    let pool = writer.post(POOLS, json!({ "displayName": "x" })).await.is(201);
    let codes: Vec<_> = (0..CODES).map(|number| code(number.into())).collect();
    let append = json!({ "activationCodes": codes });
    writer.patch(pool.header("location"), append).await.is(200);

    // A session reports what it has read with one of its next statements.
    let counted = async {
        let count = "select n_tup_ins from pg_stat_user_tables where relname = 'activation_codes'";
        while app.database.number(count).await == 0 {
            writer.get(pool.header("location")).await.is(200);
        }
    };
    tokio::time::timeout(Duration::from_mins(1), counted).await.expect("it is reported");
    let read = "select sum(idx_tup_read)::bigint from pg_stat_user_indexes
                where relname = 'activation_codes'";
    let read = app.database.number(read).await;
    assert!(read < 10 * i64::from(CODES), "{read} entries of indexes were read");
}
