//! The same file again: under one idempotency key, or concurrently.

use reqwest::Method;
use reqwest::header::CONTENT_TYPE;

use crate::support::import::{IMPORT, carrier_file, import_counts, pool_path, send_csv};
use crate::support::{Answer, Engine, POOLS, TestApp, cases};

cases! {
    both: [
        a_file_under_a_key_is_stored_once,
        a_file_under_a_key_that_adds_nothing_is_answered_identically_for_a_day,
        concurrent_imports_of_one_file_fill_one_pool,
    ],
}

async fn a_file_under_a_key_is_stored_once(engine: Engine) {
    let app = TestApp::start(engine).await;
    let writer = app.writer();
    let send = async |path: &str, file: String| {
        let request = writer.request(Method::POST, path).header(CONTENT_TYPE, "text/csv");
        Answer::of(request.header("idempotency-key", "spring").body(file)).await
    };
    let path = format!("{IMPORT}?partial=true");
    let file = carrier_file(0..5) + "12,MATCH\n";
    let first = send(&path, file.clone()).await.is(201);
    for _ in 0..2 {
        let again = send(&path, file.clone()).await.is(201);
        assert_eq!(again.json(), first.json());
        assert_eq!(again.header("location"), first.header("location"));
    }
    assert_eq!(writer.get(&format!("{POOLS}/$count")).await.text(), "1");
    send(&path, carrier_file(5..6)).await.is_refused(409, "IdempotencyKeyReused");
    send(IMPORT, file).await.is_refused(409, "IdempotencyKeyReused");
}

async fn a_file_under_a_key_that_adds_nothing_is_answered_identically_for_a_day(engine: Engine) {
    let app = TestApp::start(engine).await;
    let writer = app.writer();
    let created = send_csv(&writer, IMPORT, carrier_file(0..3)).await.is(201).json();
    let append = format!("{}/esimpool.import", pool_path(&created["pool"]));
    let send = async |path: &str, key: &str, file: String| {
        let request = writer.request(Method::POST, path).header(CONTENT_TYPE, "text/csv");
        Answer::of(request.header("idempotency-key", key).body(file)).await
    };
    let first = send(&append, "again", carrier_file(0..3)).await.is(200);
    assert_eq!(import_counts(&first.json()), [0, 3, 0]);
    // What has become of the pool since is no matter.
    send_csv(&writer, &append, carrier_file(3..4)).await.is(200);
    assert_eq!(send(&append, "again", carrier_file(0..3)).await.is(200).body, first.body);
    let other = send(&append, "again", carrier_file(4..5)).await;
    other.is_refused(409, "IdempotencyKeyReused");
    // A dry run is no change: its key stays free.
    let dry = format!("{append}?dryRun=true");
    assert_eq!(
        import_counts(&send(&dry, "dry", carrier_file(4..5)).await.is(200).json()),
        [1, 0, 0]
    );
    let real = send(&append, "dry", carrier_file(4..5)).await.is(200).json();
    assert_eq!(import_counts(&real), [1, 0, 0]);
    for (activity, count) in [("importPool", 1), ("importCodes", 2), ("checkImport", 2)] {
        let entries = format!("select count(*) from audit_events where activity = '{activity}'");
        assert_eq!(app.database.number(&entries).await, count, "{activity}");
    }
}

async fn concurrent_imports_of_one_file_fill_one_pool(engine: Engine) {
    let app = TestApp::start(engine).await;
    let writer = app.writer();
    let imports = (0..4).map(|_| send_csv(&writer, IMPORT, carrier_file(0..3_000)));
    let answers = futures_util::future::join_all(imports).await;
    let stored = answers.iter().filter(|it| it.status.as_u16() == 201).count();
    assert_eq!(stored, 1);
    for answer in answers.iter().filter(|it| it.status.as_u16() != 201) {
        // Another import was stored before it, or at the same time.
        assert!([200, 409].contains(&answer.status.as_u16()), "{}", answer.text());
    }
    assert_eq!(app.database.number("select count(*) from activation_codes").await, 3_000);
    assert_eq!(app.database.number("select count(*) from pools").await, 1);
}
