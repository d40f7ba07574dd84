//! Files of codes on their way into pools.

use base64::Engine as _;
use esimpool::auth::Permission;
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::compression::gzip;
use crate::support::database::execute;
use crate::support::import::{
    IMPORT, carrier_file, chunk, chunked_import_head, import_counts, pool_path, pooled_iccids,
    send_csv,
};
use crate::support::operator::{Operator, stock_counts};
use crate::support::{Answer, Engine, POOLS, TestApp, bodies_left, cases, code, codes, iccid, raw};

cases! {
    both: [
        a_file_becomes_a_pool_or_is_added_to_one,
        all_of_a_file_is_stored_or_nothing_unless_a_part_is_enough,
        a_dry_run_says_what_would_come_of_it_and_stores_nothing,
        a_code_that_was_handed_out_is_rejected_by_name_in_every_mode,
        an_iccid_stands_once_in_the_tenant_where_imports_are_strict,
        a_long_file_is_stored_in_order_and_one_bad_line_leaves_nothing,
        a_client_that_stalls_disturbs_nobody,
        a_file_that_breaks_off_leaves_nothing,
        a_file_under_a_key_is_stored_once,
        a_file_under_a_key_that_adds_nothing_is_answered_alike_for_a_day,
        the_same_file_twice_at_once_fills_one_pool,
    ],
    postgres: [few_codes_are_inserted_and_many_are_copied],
    once: [
        a_file_comes_packed_or_in_a_batch_or_in_any_pieces,
        what_is_no_file_is_refused,
        of_many_rejected_lines_the_first_thousand_are_told,
    ],
}

async fn a_file_becomes_a_pool_or_is_added_to_one(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let writer = &operator.writer;
    let created = send_csv(writer, IMPORT, carrier_file(0..3)).await.is(201);
    let report = created.json();
    assert_eq!(import_counts(&report), [3, 0, 0]);
    assert!(
        report["@odata.context"].as_str().expect("a context").ends_with("#esimpool.importReport")
    );
    let pool = pool_path(&report["pool"]);
    assert!(created.header("location").ends_with(&pool), "{}", created.header("location"));
    let stored = writer.get(&pool).await.is(200).json();
    assert_eq!(
        (&stored["displayName"], &stored["activationCodeCount"]),
        (&json!("smdp"), &json!(3))
    );
    assert_eq!(stored["modifiedDateTime"], report["pool"]["modifiedDateTime"]);
    let path = format!("{IMPORT}?displayName=Spring%202");
    let named = send_csv(writer, &path, carrier_file(10..12)).await;
    assert_eq!(named.is(201).json()["pool"]["displayName"], "Spring 2");

    let append = format!("{pool}/esimpool.import");
    let report = send_csv(writer, &append, carrier_file(1..6)).await.is(200).json();
    assert_eq!(import_counts(&report), [3, 2, 0]);
    assert_eq!(report["pool"]["activationCodeCount"], 6);
    assert_ne!(report["pool"]["modifiedDateTime"], stored["modifiedDateTime"]);
    assert_eq!(pooled_iccids(writer, &pool).await, (0..6).map(iccid).collect::<Vec<_>>());
    let again = send_csv(writer, &append, carrier_file(0..6)).await.is(200).json();
    assert_eq!(import_counts(&again), [0, 6, 0]);
    assert_eq!(again["pool"], report["pool"], "nothing was changed");
    // Codes that stand twice in one file are one code.
    let twice = carrier_file(20..22) + &carrier_file(20..22).replace("smdp.example.com\n", "");
    assert_eq!(import_counts(&send_csv(writer, &append, twice).await.is(200).json()), [2, 2, 0]);
    assert_eq!(stock_counts(&operator.stock(&pool).await), [8, 8, 0, 0, 0]);
    for device in 0..8 {
        operator.claim(&pool, &format!("device {device}")).await.is(201);
    }

    send_csv(writer, &format!("{POOLS}/none/esimpool.import"), carrier_file(0..1))
        .await
        .is_refused(404, "ResourceNotFound");
    let stranger = app.tenant("fabrikam").caller(Permission::ConfigurationReadWriteAll);
    send_csv(&stranger, &append, carrier_file(0..1)).await.is_refused(404, "ResourceNotFound");
    let events = writer.get("/beta/deviceManagement/auditEvents").await.is(200).json();
    let count = |activity: &str| {
        let events = events["value"].as_array().expect("a list");
        events
            .iter()
            .filter(|it| it["activity"].as_str().is_some_and(|it| it.starts_with(activity)))
            .count()
    };
    assert_eq!((count("Import into a new pool"), count("Import into a pool")), (2, 2), "{events}");
}

async fn all_of_a_file_is_stored_or_nothing_unless_a_part_is_enough(engine: Engine) {
    let app = TestApp::start(engine).await;
    let writer = app.writer();
    let file = carrier_file(0..2) + "12,MATCH-X\n" + &iccid(3) + ",MATCH-3\n";
    let refused = send_csv(&writer, IMPORT, file.clone()).await;
    let message = refused.is_refused(400, "ImportRejected");
    assert!(
        message.starts_with("1 line was rejected, and nothing was imported. Line 4, column 1: "),
        "{message}"
    );
    let refused = refused.json();
    assert_eq!((import_counts(&refused), &refused["pool"]), ([0, 0, 1], &Value::Null));
    assert_eq!(writer.get(&format!("{POOLS}/$count")).await.text(), "0");

    let report = send_csv(&writer, &format!("{IMPORT}?partial=true"), file.clone()).await.is(201);
    let report = report.json();
    assert_eq!(import_counts(&report), [3, 0, 1]);
    assert_eq!(report["rejected"], refused["rejected"]);
    let pool = pool_path(&report["pool"]);
    assert_eq!(pooled_iccids(&writer, &pool).await, [0, 1, 3].map(iccid));
    let append = format!("{pool}/esimpool.import");
    let refused = send_csv(&writer, &append, file.clone()).await;
    refused.is_refused(400, "ImportRejected");
    assert_eq!(import_counts(&refused.json()), [0, 3, 1]);
    assert_eq!(refused.json()["pool"]["activationCodeCount"], 3, "the pool as it is");
    let report = send_csv(&writer, &format!("{append}?partial=true"), file).await.is(200).json();
    assert_eq!(import_counts(&report), [0, 3, 1]);
    // A part that is nothing is not enough.
    let nothing = "smdp.example.com\n12,MATCH-X\n";
    for path in [IMPORT, &append] {
        let refused = send_csv(&writer, &format!("{path}?partial=true"), nothing).await;
        refused.is_refused(400, "ImportRejected");
    }
    assert_eq!(writer.get(&format!("{POOLS}/$count")).await.text(), "1");
}

async fn a_dry_run_says_what_would_come_of_it_and_stores_nothing(engine: Engine) {
    let app = TestApp::start(engine).await;
    let writer = app.writer();
    let file = carrier_file(0..2) + "12,MATCH-X\n";
    let report =
        send_csv(&writer, &format!("{IMPORT}?dryRun=true"), file.clone()).await.is(200).json();
    assert_eq!((import_counts(&report), &report["pool"]), ([2, 0, 1], &Value::Null));
    assert_eq!(writer.get(&format!("{POOLS}/$count")).await.text(), "0");
    let created = send_csv(&writer, IMPORT, carrier_file(0..1)).await.is(201).json();
    let pool = pool_path(&created["pool"]);
    let append = format!("{pool}/esimpool.import");
    let report =
        send_csv(&writer, &format!("{append}?dryRun=true"), file.clone()).await.is(200).json();
    assert_eq!(import_counts(&report), [1, 1, 1]);
    assert_eq!(report["pool"], created["pool"]);
    assert_eq!(pooled_iccids(&writer, &pool).await, [iccid(0)]);
    // What it said is what comes of it.
    let real = send_csv(&writer, &format!("{append}?partial=true"), file).await.is(200).json();
    assert_eq!(import_counts(&real), import_counts(&report));
    assert_eq!(real["rejected"], report["rejected"]);
}

async fn a_code_that_was_handed_out_is_rejected_by_name_in_every_mode(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let writer = &operator.writer;
    let pool = operator.pool(codes(3)).await;
    operator.claim(&pool, "phone").await.is(201);
    writer.delete(&pool).await.is(204);
    for mode in ["strict", "graph", "lenient"] {
        let path = format!("{IMPORT}?mode={mode}");
        let refused = send_csv(writer, &path, carrier_file(0..3)).await;
        refused.is_refused(400, "ImportRejected");
        assert_eq!(
            refused.json()["rejected"],
            json!([{
                "line": 2,
                "column": null,
                "value": iccid(0),
                "reason": "was handed out before: a device knows its secret",
                "hint": "leave the line out; no code is handed out twice",
            }])
        );
    }
    let report = send_csv(writer, &format!("{IMPORT}?partial=true"), carrier_file(0..3)).await;
    let report = report.is(201).json();
    assert_eq!(import_counts(&report), [2, 0, 1]);
    let pool = pool_path(&report["pool"]);
    assert_eq!(stock_counts(&operator.stock(&pool).await), [2, 2, 0, 0, 0]);
    // Another tenant's ledger is its own.
    let stranger = app.tenant("fabrikam").caller(Permission::ConfigurationReadWriteAll);
    assert_eq!(
        import_counts(&send_csv(&stranger, IMPORT, carrier_file(0..3)).await.is(201).json()),
        [3, 0, 0]
    );
    // A code that was taken back and put back is as good as new.
    let claimed = operator.claim(&pool, "tablet").await.is(201).json();
    let released = json!({ "deviceStateId": claimed["deviceState"]["id"] });
    writer.post(&format!("{pool}/esimpool.release"), released).await.is(200);
    let code = json!({
        "integratedCircuitCardIdentifier": claimed["activationCode"]["integratedCircuitCardIdentifier"],
    });
    writer.post(&format!("{pool}/esimpool.reinstate"), code).await.is(200);
    writer.delete(&pool).await.is(204);
    assert_eq!(
        import_counts(&send_csv(writer, IMPORT, carrier_file(1..3)).await.is(201).json()),
        [2, 0, 0]
    );
}

async fn an_iccid_stands_once_in_the_tenant_where_imports_are_strict(engine: Engine) {
    let app = TestApp::start(engine).await;
    let writer = app.writer();
    let first = send_csv(&writer, IMPORT, carrier_file(0..2)).await.is(201).json();
    let pool = pool_path(&first["pool"]);
    let refused = send_csv(&writer, IMPORT, carrier_file(1..3)).await;
    refused.is_refused(400, "ImportRejected");
    let reason = "stands in the tenant already, in another pool or with another secret";
    let rejected = &refused.json()["rejected"];
    assert_eq!((&rejected[0]["line"], &rejected[0]["value"]), (&json!(2), &json!(iccid(1))));
    assert_eq!(rejected[0]["reason"], reason);
    // The same ICCID with another secret is no duplicate.
    let other = format!("smdp.example.com\n{},OTHER\n", iccid(1));
    let append = format!("{pool}/esimpool.import");
    let refused = send_csv(&writer, &append, other.clone()).await;
    refused.is_refused(400, "ImportRejected");
    assert_eq!(refused.json()["rejected"][0]["reason"], reason);
    for path in [IMPORT, &append] {
        let taken = send_csv(&writer, &format!("{path}?mode=graph"), other.clone()).await.json();
        assert_eq!(import_counts(&taken), [1, 0, 0]);
    }
    let twice = format!("smdp.example.com\n{0},A\n{0},B\n{0},A\n", iccid(7));
    let taken = send_csv(&writer, &format!("{IMPORT}?mode=graph"), twice).await.is(201).json();
    assert_eq!(import_counts(&taken), [2, 1, 0]);
}

async fn a_long_file_is_stored_in_order_and_one_bad_line_leaves_nothing(engine: Engine) {
    const MANY: usize = 30_000;
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let writer = &operator.writer;
    let file = carrier_file(0..MANY);
    let bad = format!("{file}{},BAD_ID\n{},MATCH\n", iccid(MANY), iccid(MANY + 1));
    let refused = send_csv(writer, IMPORT, bad).await;
    refused.is_refused(400, "ImportRejected");
    let line = &refused.json()["rejected"][0]["line"];
    assert_eq!(*line, MANY + 2);
    assert_eq!(writer.get(&format!("{POOLS}/$count")).await.text(), "0");
    assert_eq!(app.database.number("select count(*) from activation_codes").await, 0);
    let report = send_csv(writer, IMPORT, file).await.is(201).json();
    assert_eq!(import_counts(&report), [30_000, 0, 0]);
    let pool = pool_path(&report["pool"]);
    assert_eq!(stock_counts(&operator.stock(&pool).await)[..2], [30_000; 2]);
    assert_eq!(pooled_iccids(writer, &pool).await, (0..MANY).map(iccid).collect::<Vec<_>>());
    // The first and the last can be used.
    operator.claim(&pool, "first").await.is(201);
    let last = json!({
        "deviceName": "last", "integratedCircuitCardIdentifier": iccid(MANY - 1),
    });
    let claimed =
        operator.claimer.post(&format!("{pool}/esimpool.claim"), last).await.is(201).json();
    assert_eq!(claimed["activationCode"]["matchingIdentifier"], format!("MATCH-{:06}", MANY - 1));
}

async fn few_codes_are_inserted_and_many_are_copied() {
    let app = TestApp::start(Engine::Postgres).await;
    let writer = app.writer();
    for sql in [
        "create table statements (statement text)",
        "create function note() returns trigger language plpgsql as $$ begin
           insert into statements values (current_query()); return null; end $$",
        "create trigger noted after insert on activation_codes
           for each statement execute function note()",
    ] {
        execute(&app.database, sql).await;
    }
    for (codes, kind) in [(0..1, "insert"), (1..4_097, "insert"), (5_000..9_097, "copy")] {
        execute(&app.database, "delete from statements").await;
        send_csv(&writer, IMPORT, carrier_file(codes.clone())).await.is(201);
        let written = "select count(*) from statements";
        assert_eq!(app.database.number(written).await, 1, "{codes:?}");
        let so = format!("{written} where ltrim(statement) like '{kind} %'");
        assert_eq!(app.database.number(&so).await, 1, "{codes:?}");
    }
}

async fn a_client_that_stalls_disturbs_nobody(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let file = carrier_file(0..10_000);
    let (begin, rest) = file.split_at(file.len() / 2);
    let mut stalled = tokio::net::TcpStream::connect(app.addr).await.expect("a connection");
    stalled.write_all(chunked_import_head(&app).as_bytes()).await.expect("sent");
    stalled.write_all(chunk(begin).as_bytes()).await.expect("sent");
    while bodies_left(&app).await == 268_435_456 {
        tokio::task::yield_now().await;
    }
    // Half of it is on its way; everything else goes on, other imports included.
    let pool = operator.pool(vec![code(50_000)]).await;
    operator.claim(&pool, "phone").await.is(201);
    let path = format!("{IMPORT}?mode=graph");
    let other = send_csv(&operator.writer, &path, carrier_file(20_000..25_000)).await;
    assert_eq!(import_counts(&other.is(201).json()), [5_000, 0, 0]);
    if engine == Engine::Postgres {
        let open = "select count(*) from pg_stat_activity
                    where datname = current_database() and xact_start is not null
                    and pid <> pg_backend_pid()";
        assert_eq!(app.database.number(open).await, 0, "transactions that wait for the client");
    }
    stalled.write_all(chunk(rest).as_bytes()).await.expect("sent");
    stalled.write_all(b"0\r\n\r\n").await.expect("sent");
    let mut answer = String::new();
    stalled.read_to_string(&mut answer).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    let stock = operator.writer.get(&format!("{POOLS}/esimpool.stock")).await.is(200).json();
    assert_eq!(stock_counts(&stock), [15_001, 15_000, 1, 0, 0]);
}

async fn a_file_that_breaks_off_leaves_nothing(engine: Engine) {
    let app = TestApp::with(engine).set("limits.body_timeout", 1).start().await;
    let writer = app.writer();
    let half = chunk(&carrier_file(0..2_000));
    let mut gone = tokio::net::TcpStream::connect(app.addr).await.expect("a connection");
    gone.write_all(chunked_import_head(&app).as_bytes()).await.expect("sent");
    gone.write_all(half.as_bytes()).await.expect("sent");
    drop(gone);
    let answer = raw(app.addr, format!("{}{half}", chunked_import_head(&app)).as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert_eq!(writer.get(&format!("{POOLS}/$count")).await.text(), "0");
    assert_eq!(app.database.number("select count(*) from activation_codes").await, 0);
    // Nothing is left of it beside the database either.
    let mut left: Vec<_> = std::fs::read_dir(app.folder.path())
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .filter(|name| {
            !name.contains("esimpool.db") && !name.contains(".key") && !name.contains("development")
        })
        .collect();
    left.sort();
    assert_eq!(left, Vec::<String>::new());
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

async fn a_file_under_a_key_that_adds_nothing_is_answered_alike_for_a_day(engine: Engine) {
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
    let changes = "select count(*) from audit_events";
    assert_eq!(app.database.number(changes).await, 3, "what changed nothing is not written down");
}

async fn the_same_file_twice_at_once_fills_one_pool(engine: Engine) {
    let app = TestApp::start(engine).await;
    let writer = app.writer();
    let imports = (0..4).map(|_| send_csv(&writer, IMPORT, carrier_file(0..3_000)));
    let answers = futures_util::future::join_all(imports).await;
    let stored = answers.iter().filter(|it| it.status.as_u16() == 201).count();
    assert_eq!(stored, 1);
    for answer in answers.iter().filter(|it| it.status.as_u16() != 201) {
        // It came too late before, or while, the first was stored.
        assert!([400, 409].contains(&answer.status.as_u16()), "{}", answer.text());
    }
    assert_eq!(app.database.number("select count(*) from activation_codes").await, 3_000);
    assert_eq!(app.database.number("select count(*) from pools").await, 1);
}

async fn a_file_comes_packed_or_in_a_batch_or_in_any_pieces() {
    let app = TestApp::start(Engine::Sqlite).await;
    let writer = app.writer();
    let packed = gzip(carrier_file(0..5_000).as_bytes());
    let request =
        writer.request(Method::POST, IMPORT).header(CONTENT_TYPE, "text/csv; charset=UTF-8");
    let request = request.header("content-encoding", "gzip").body(packed);
    assert_eq!(import_counts(&Answer::of(request).await.is(201).json()), [5_000, 0, 0]);

    let file = base64::engine::general_purpose::STANDARD.encode(carrier_file(6_000..6_003));
    let batch = json!({ "requests": [{
        "id": "1", "method": "POST", "url": IMPORT.strip_prefix("/beta").expect("of beta"),
        "headers": { "Content-Type": "text/csv" }, "body": file,
    }] });
    let answers = writer.post("/beta/$batch", batch).await.is(200).json();
    let answer = &answers["responses"][0];
    assert_eq!((&answer["status"], import_counts(&answer["body"])), (&json!(201), [3, 0, 0]));

    let mut slow = tokio::net::TcpStream::connect(app.addr).await.expect("a connection");
    slow.set_nodelay(true).expect("set");
    slow.write_all(chunked_import_head(&app).as_bytes()).await.expect("sent");
    for part in carrier_file(7_000..7_040).as_bytes().chunks(7) {
        let part = std::str::from_utf8(part).expect("ASCII");
        slow.write_all(chunk(part).as_bytes()).await.expect("sent");
        slow.flush().await.expect("sent");
        tokio::task::yield_now().await;
    }
    slow.write_all(b"0\r\n\r\n").await.expect("sent");
    let mut answer = String::new();
    slow.read_to_string(&mut answer).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 201") && answer.contains("\"inserted\":40,"), "{answer}");
}

async fn what_is_no_file_is_refused() {
    let app = TestApp::with(Engine::Sqlite).set("limits.import_bytes", 10_000).start().await;
    let writer = app.writer();
    let message = writer.post(IMPORT, json!({})).await.is_refused(415, "UnsupportedMediaType");
    assert_eq!(message, "The Content-Type must be text/csv.");
    let request =
        writer.request(Method::POST, IMPORT).header(CONTENT_TYPE, "text/csv; charset=latin1");
    Answer::of(request.body("x")).await.is_refused(415, "UnsupportedMediaType");
    let message = send_csv(&writer, IMPORT, carrier_file(0..1_000)).await;
    let message = message.is_refused(413, "RequestEntityTooLarge");
    assert_eq!(message, "The request body is longer than the 10000 bytes that are allowed.");
    // One that becomes long only when it is unpacked.
    let packed = gzip(&vec![b'\n'; 100_000_000]);
    let request = writer.request(Method::POST, IMPORT).header(CONTENT_TYPE, "text/csv");
    let request = request.header("content-encoding", "gzip").body(packed[..9_000].to_vec());
    Answer::of(request).await.is_refused(413, "RequestEntityTooLarge");
    let pool = send_csv(&writer, IMPORT, carrier_file(0..1)).await.is(201).json();
    let named = format!("{}/esimpool.import?displayName=x", pool_path(&pool["pool"]));
    let message = send_csv(&writer, &named, carrier_file(1..2)).await.is_refused(400, "BadRequest");
    assert_eq!(message, "'displayName' names a new pool; this one has a name, that PATCH changes");
    let long = format!("{IMPORT}?displayName={}", "x".repeat(256));
    send_csv(&writer, &long, carrier_file(1..2)).await.is_refused(400, "BadRequest");
    let unknown = format!("{IMPORT}?partially=true");
    send_csv(&writer, &unknown, carrier_file(1..2)).await.is_refused(400, "BadRequest");
    writer.get(IMPORT).await.is_refused(405, "Request_BadRequest");
}

async fn of_many_rejected_lines_the_first_thousand_are_told() {
    let app = TestApp::start(Engine::Sqlite).await;
    let writer = app.writer();
    let file = format!("smdp.example.com\n{}", "12,MATCH-1\n".repeat(5_000));
    let refused = send_csv(&writer, IMPORT, file).await;
    let message = refused.is_refused(400, "ImportRejected");
    assert!(message.starts_with("5000 lines were rejected, and nothing was imported. Line 2,"));
    let report = refused.json();
    assert_eq!(import_counts(&report), [0, 0, 5_000]);
    let lines: Vec<_> = report["rejected"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|it| it["line"].clone())
        .collect();
    assert_eq!(lines, (2..1_002).collect::<Vec<_>>());
}
