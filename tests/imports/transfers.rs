//! How a file reaches the service and the database.

use base64::Engine as _;
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::compression::gzip;
use crate::support::database::execute;
use crate::support::import::{
    IMPORT, carrier_file, chunk, chunked_import_head, import_counts, pool_path, pooled_iccids,
    send_csv,
};
use crate::support::operator::{Operator, stock_counts};
use crate::support::{Answer, Engine, POOLS, TestApp, bodies_left, cases, code, iccid, raw};

cases! {
    both: [
        a_long_file_is_stored_in_order_and_one_bad_line_leaves_nothing,
        a_stalled_client_delays_no_other_request,
        a_truncated_file_leaves_nothing,
    ],
    postgres: [
        few_codes_are_inserted_and_many_are_copied,
    ],
    once: [
        a_file_is_accepted_compressed_in_a_batch_and_in_chunks,
        a_body_that_is_not_a_csv_file_is_refused,
    ],
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

async fn a_stalled_client_delays_no_other_request(engine: Engine) {
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
                    and backend_type = 'client backend' and pid <> pg_backend_pid()";
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

async fn a_truncated_file_leaves_nothing(engine: Engine) {
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

async fn a_file_is_accepted_compressed_in_a_batch_and_in_chunks() {
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

async fn a_body_that_is_not_a_csv_file_is_refused() {
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
    assert_eq!(
        message,
        "'displayName' names a new pool; to rename this pool, PATCH its displayName"
    );
    let long = format!("{IMPORT}?displayName={}", "x".repeat(256));
    send_csv(&writer, &long, carrier_file(1..2)).await.is_refused(400, "BadRequest");
    let unknown = format!("{IMPORT}?partially=true");
    send_csv(&writer, &unknown, carrier_file(1..2)).await.is_refused(400, "BadRequest");
    writer.get(IMPORT).await.is_refused(405, "Request_BadRequest");
}
