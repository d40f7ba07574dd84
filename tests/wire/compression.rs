//! Compressed request and response bodies.

use std::io::Read;

use flate2::read::GzDecoder;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::compression::gzip;
use crate::support::{Actor, Answer, EXAMPLE, Engine, POOLS, TestApp, cases, codes};

cases! {
    once: [
        a_compressed_body_is_read_like_a_plain_one,
        a_body_that_decompresses_beyond_the_limit_is_stopped,
        a_body_with_a_wrong_content_encoding_is_refused_and_nothing_is_stored,
        long_answers_are_compressed_for_clients_that_accept_it,
    ],
}

async fn post(writer: &Actor, body: Vec<u8>) -> Answer {
    let request = writer
        .request(Method::POST, POOLS)
        .header("content-type", "application/json")
        .header("content-encoding", "gzip");
    Answer::of(request.body(body)).await
}

async fn a_compressed_body_is_read_like_a_plain_one() {
    let app = TestApp::start(Engine::Sqlite).await;
    let writer = app.writer();
    let created = post(&writer, gzip(EXAMPLE.as_bytes())).await.is(201).json();
    assert_eq!(created["displayName"], "Display Name value");
    let many = json!({ "displayName": "many", "activationCodes": codes(20_000) }).to_string();
    let packed = gzip(many.as_bytes());
    assert!(packed.len() * 5 < many.len());
    let created = post(&writer, packed).await.is(201).json();
    assert_eq!(created["activationCodeCount"], 20_000);
    // Packed in two runs, one behind the other: RFC 1952 has it so.
    let (head, tail) = EXAMPLE.as_bytes().split_at(100);
    post(&writer, [gzip(head), gzip(tail)].concat()).await.is(201);
}

async fn a_body_that_decompresses_beyond_the_limit_is_stopped() {
    let app = TestApp::with(Engine::Sqlite).set("limits.body_bytes", 1 << 20).start().await;
    let bomb = gzip(&vec![b' '; 64 << 20]);
    assert!(bomb.len() < 1 << 20, "{} bytes", bomb.len());
    post(&app.writer(), bomb).await.is_refused(413, "RequestEntityTooLarge");
    app.writer().get(POOLS).await.is(200);
}

async fn a_body_with_a_wrong_content_encoding_is_refused_and_nothing_is_stored() {
    let app = TestApp::start(Engine::Sqlite).await;
    let writer = app.writer();
    let good = gzip(EXAMPLE.as_bytes());
    let mut damaged = good.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 0xff;
    let cut = good[..good.len() - 9].to_vec();
    for body in [EXAMPLE.as_bytes().to_vec(), damaged, cut, Vec::new()] {
        post(&writer, body).await.is_refused(400, "BadRequest");
    }
    assert_eq!(writer.get(&format!("{POOLS}/$count")).await.text(), "0");
}

async fn long_answers_are_compressed_for_clients_that_accept_it() {
    let app = TestApp::start(Engine::Sqlite).await;
    let writer = app.writer();
    for _ in 0..20 {
        writer.post(POOLS, EXAMPLE).await.is(201);
    }
    let get = async |path: &str, accepted: &str| {
        let request = writer.request(Method::GET, path).header("accept-encoding", accepted);
        Answer::of(request).await.is(200)
    };
    let plain = get(POOLS, "identity").await;
    assert_eq!((plain.header("content-encoding"), plain.header("vary")), ("", "Accept-Encoding"));
    for accepted in ["gzip", "br, gzip;q=0.5", "*"] {
        let packed = get(POOLS, accepted).await;
        assert_eq!(packed.header("content-encoding"), "gzip", "{accepted}");
        let mut text = String::new();
        GzDecoder::new(packed.body.as_slice()).read_to_string(&mut text).expect("gzip");
        assert!(packed.body.len() * 3 < text.len());
        let unpacked: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(unpacked["value"], plain.json()["value"]);
    }
    let short = get(&format!("{POOLS}/$count"), "gzip").await;
    assert_eq!((short.header("content-encoding"), short.text().as_str()), ("", "20"));
}
