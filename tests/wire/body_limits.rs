//! How large bodies may be, and what they cost others.

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::{EXAMPLE, Engine, POOLS, TestApp, bodies_left, cases, codes};

cases! {
    once: [
        a_body_over_the_limit_is_refused_before_and_while_it_is_read,
        a_truncated_body_is_refused,
        a_hundred_thousand_codes_are_stored_and_one_more_is_refused,
        large_bodies_delay_no_other_request,
        bodies_share_a_memory_limit,
    ],
}

async fn a_body_over_the_limit_is_refused_before_and_while_it_is_read() {
    let app = TestApp::with(Engine::Sqlite).set("limits.body_bytes", 10_000).start().await;
    let token = app.writer_token();
    // Announced: refused before a byte of it is read.
    let head = format!(
        "POST {POOLS} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n"
    );
    let answer =
        crate::support::raw(app.addr, format!("{head}Content-Length: 10001\r\n\r\n").as_bytes())
            .await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    // Not announced: refused when it grows over the cap, although it never ends.
    let chunk = format!("1000\r\n{}\r\n", " ".repeat(0x1000));
    let answer = crate::support::raw(
        app.addr,
        format!("{head}Transfer-Encoding: chunked\r\n\r\n{}", chunk.repeat(3)).as_bytes(),
    )
    .await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    let answer = app.writer().post(POOLS, " ".repeat(10_001).into_bytes()).await;
    answer.is_refused(413, "RequestEntityTooLarge");
    app.writer().post(POOLS, " ".repeat(9_000) + EXAMPLE).await.is(201);
}

async fn a_truncated_body_is_refused() {
    let app = TestApp::start(Engine::Sqlite).await;
    let head = format!(
        "POST {POOLS} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        app.writer_token(),
        EXAMPLE.len() + 1
    );
    let mut stream = tokio::net::TcpStream::connect(app.addr).await.expect("a connection");
    stream.write_all((head + EXAMPLE).as_bytes()).await.expect("it takes the request");
    stream.shutdown().await.expect("it ends");
    let mut answer = String::new();
    drop(stream.read_to_string(&mut answer).await);
    assert!(!answer.contains("201"), "{answer}");
    assert_eq!(app.database.number("select count(*) from pools").await, 0);
}

async fn a_hundred_thousand_codes_are_stored_and_one_more_is_refused() {
    let app = TestApp::start(Engine::Sqlite).await;
    let writer = app.writer();
    let created = writer
        .post(POOLS, json!({ "displayName": "big", "activationCodes": codes(100_000) }))
        .await
        .is(201);
    let pool = created.json();
    assert_eq!(pool["activationCodeCount"], 100_000);
    assert_eq!(pool["activationCodes"][99_999]["matchingIdentifier"], "MATCH-099999");
    assert_eq!(app.database.number("select count(*) from activation_codes").await, 100_000);
    let more = writer
        .post(POOLS, json!({ "displayName": "more", "activationCodes": codes(100_001) }))
        .await;
    assert!(
        more.is_refused(400, "BadRequest")
            .contains("has 100001 codes; the maximum of one request is 100000")
    );
    writer.delete(created.header("location")).await.is(204);
    assert_eq!(app.database.number("select count(*) from activation_codes").await, 0);
}

async fn large_bodies_delay_no_other_request() {
    // On a busy machine the writers wait long for each other.
    let app = TestApp::with(Engine::Sqlite).set("database.acquire_timeout", 120).start().await;
    let body = json!({ "displayName": "big", "activationCodes": codes(40_000) }).to_string();
    let uploads: Vec<_> = (0..4)
        .map(|_| {
            let (writer, body) = (app.writer(), body.clone());
            tokio::spawn(async move { writer.post(POOLS, body.as_str()).await.is(201) })
        })
        .collect();
    // Two workers, four bodies: a worker that parsed or sealed such a body itself would answer no
    // other request else until it is done.
    let mut asked = 0;
    while !uploads.iter().any(tokio::task::JoinHandle::is_finished) {
        app.anonymous().get("/livez").await.is(200);
        asked += 1;
    }
    for upload in uploads {
        upload.await.expect("an answer");
    }
    assert!(asked > 10, "only {asked} were answered meanwhile");
}

async fn bodies_share_a_memory_limit() {
    let app = TestApp::with(Engine::Sqlite)
        .set("limits.body_bytes", 100_000)
        .set("limits.bodies_in_flight_bytes", 100_000)
        .start()
        .await;
    let head = format!(
        "POST {POOLS} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: 90000\r\n\r\n",
        app.writer_token(),
    );
    // A client sends most of a body and pauses.
    let mut hog = tokio::net::TcpStream::connect(app.addr).await.expect("a connection");
    hog.write_all((head + &" ".repeat(80_000)).as_bytes()).await.expect("it takes the request");
    // A tenant never has all of it: a quarter of the memory is left.
    while bodies_left(&app).await > 33_000 {
        tokio::task::yield_now().await;
    }
    let large = " ".repeat(50_000) + EXAMPLE;
    let answer = app.writer().post(POOLS, large.as_str()).await;
    answer.is_refused(503, "ServiceUnavailable");
    assert!(answer.header("retry-after").parse::<u32>().is_ok());
    app.writer().post(POOLS, EXAMPLE).await.is(201);
    drop(hog);
    app.writer().post(POOLS, large.as_str()).await.is(201);
}
