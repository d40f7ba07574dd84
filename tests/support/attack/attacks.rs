//! What a tenant, or a caller without a token, can do to a server. Each attack goes on until it is
//! dropped.

use std::pin::Pin;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use tokio::time::{sleep, timeout};

use super::attacker::Attacker;
use crate::support::batch::{BATCH, RELATIVE, get_part};
use crate::support::compression::gzip;
use crate::support::import::{IMPORT, carrier_file, chunk};
use crate::support::{POOLS, codes};

/// An attack that goes on.
pub type Attacking = Pin<Box<dyn Future<Output = ()> + Send>>;

/// An attack: its name, and what prepares it.
pub struct Attack(pub &'static str, pub fn(Attacker) -> Attacking);

/// All of them.
pub const ATTACKS: &[Attack] = &[
    Attack("headers full of commas", full_headers),
    Attack("thousands of headers", many_headers),
    Attack("HTTP/2 without TLS", other_protocol),
    Attack("documents without end", documents),
    Attack("headers in a batch", batch_headers),
    Attack("dependsOn in a batch", batch_dependencies),
    Attack("expansions in a batch", batch_expansions),
    Attack("clients that never read", unread),
    Attack("gzip of extreme ratio", bombs),
    Attack("imports at 200 B/s", slow_imports),
    Attack("bodies that stall", stalled_bodies),
    Attack("filters of 1,000 values", wide_filters),
    Attack("filters of many functions", costly_filters),
    Attack("changes during an import", changes_during_import),
    Attack("creates by 64 impatient callers", impatient_creates),
    Attack("creates of 2,000 codes", large_creates),
    Attack("heads that never end", unfinished_heads),
    Attack("long heads that never end", long_unfinished_heads),
];

fn full_headers(attacker: Attacker) -> Attacking {
    let line = format!("accept: {}\r\n", ",".repeat(4000));
    let head = attacker.head("GET", POOLS, "none");
    repeat(attacker, 8, format!("{head}{}\r\n", line.repeat(25)).into_bytes())
}

fn many_headers(attacker: Attacker) -> Attacking {
    let lines: Vec<_> = (0..5000).map(|number| format!("x-{number}: {number}\r\n")).collect();
    let head = attacker.head("GET", POOLS, "none");
    repeat(attacker, 8, format!("{head}{}\r\n", lines.concat()).into_bytes())
}

/// The preface of HTTP/2 and a frame of settings, then headers that only say they are long.
fn other_protocol(attacker: Attacker) -> Attacking {
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    let frame = [&b"\0\x40\0\x01\x04\0\0\0\x01"[..], &[0x82; 0x4000]].concat();
    repeat(attacker, 8, [&preface[..], &frame].concat())
}

fn documents(attacker: Attacker) -> Attacking {
    let document = |path| format!("{}\r\n", attacker.head("GET", path, "none")).into_bytes();
    let (schema, page) = (document("/openapi.json"), document("/docs"));
    both(repeat(attacker.clone(), 4, schema), repeat(attacker, 4, page))
}

/// A batch of parts that are JSON already.
fn batch(attacker: &Attacker, parts: &str) -> Vec<u8> {
    let body = format!(r#"{{"requests":[{parts}]}}"#);
    attacker.request(BATCH, "application/json", body.as_bytes())
}

fn batch_headers(attacker: Attacker) -> Attacking {
    let value = "v".repeat(130);
    let headers: Vec<_> = (0..100_000).map(|number| format!(r#""h{number}":"{value}""#)).collect();
    let part = format!(
        r#"{{"id":"1","method":"GET","url":"{RELATIVE}","headers":{{{}}}}}"#,
        headers.join(",")
    );
    let request = batch(&attacker, &part);
    repeat(attacker, 4, request)
}

fn batch_dependencies(attacker: Attacker) -> Attacking {
    let ids = vec![r#""12345""#; 1_500_000].join(",");
    let part = format!(r#"{{"id":"1","method":"GET","url":"{RELATIVE}","dependsOn":[{ids}]}}"#);
    let request = batch(&attacker, &part);
    repeat(attacker, 4, request)
}

fn expansions(attacker: &Attacker) -> Vec<u8> {
    let url = format!("{RELATIVE}?$top=999&$expand=deviceStates,assignments");
    let parts: Vec<_> = (0..20).map(|id| get_part(&id.to_string(), &url).to_string()).collect();
    batch(attacker, &parts.join(","))
}

fn batch_expansions(attacker: Attacker) -> Attacking {
    let request = expansions(&attacker);
    repeat(attacker, 16, request)
}

#[expect(clippy::disallowed_methods, reason = "the pace of a client")]
fn unread(attacker: Attacker) -> Attacking {
    let list = attacker.read(&format!("{POOLS}?$top=999&$expand=deviceStates,assignments"));
    let requests = [list.repeat(100), expansions(&attacker).repeat(5)].concat();
    Box::pin(async move {
        let never_read = |_| async {
            loop {
                let mut stream = attacker.connect(false).await;
                // The server stops to read when it cannot write.
                attacker.send(&mut stream, &requests).await;
                sleep(Duration::from_mins(1)).await;
            }
        };
        join_all((0..15).map(never_read)).await;
    })
}

fn bombs(attacker: Attacker) -> Attacking {
    let file = gzip(&b"x\n".repeat(8 * 1024 * 1024));
    let head = attacker.head("POST", IMPORT, &attacker.token);
    let length = file.len();
    let head = format!(
        "{head}Content-Type: text/csv\r\nContent-Encoding: gzip\r\nContent-Length: {length}\r\n\r\n"
    );
    repeat(attacker, 16, [head.as_bytes(), &file].concat())
}

fn slow_imports(attacker: Attacker) -> Attacking {
    let head = attacker.head("POST", IMPORT, &attacker.token);
    let head = format!("{head}Content-Type: text/csv\r\nTransfer-Encoding: chunked\r\n\r\n");
    let lines = carrier_file(5_000_000..5_010_000);
    let chunks = lines.as_bytes().chunks(200);
    let chunks = chunks.map(|part| chunk(&String::from_utf8_lossy(part)).into_bytes());
    let parts = std::iter::once(head.into_bytes()).chain(chunks).collect();
    slowly(attacker, 16, parts, Duration::from_secs(1))
}

fn stalled_bodies(attacker: Attacker) -> Attacking {
    let head = attacker.head("POST", POOLS, &attacker.token);
    let head = format!("{head}Content-Type: application/json\r\nContent-Length: 33554432\r\n\r\n");
    let parts = vec![head.into_bytes(), vec![b' '; 31 * 1024 * 1024], Vec::new()];
    slowly(attacker, 8, parts, Duration::from_secs(20))
}

fn wide_filters(attacker: Attacker) -> Attacking {
    let values: Vec<String> = (0..1000).map(|number| format!("'{number:04}'")).collect();
    let filter = format!("displayName%20in%20({})", values.join(","));
    let request = attacker.read(&format!("{POOLS}?$filter={filter}"));
    repeat(attacker, 16, request)
}

fn costly_filters(attacker: Attacker) -> Attacking {
    let term = |number| format!("contains(tolower(displayName),'{number:03}z')");
    let terms: Vec<String> = (0..100).map(term).collect();
    let request = attacker.read(&format!("{POOLS}?$filter={}", terms.join("%20or%20")));
    repeat(attacker, 16, request)
}

fn changes_during_import(attacker: Attacker) -> Attacking {
    let import = format!("{}/esimpool.import", attacker.pool);
    let body = carrier_file(3_000_000..3_020_000);
    let import = attacker.request(&import, "text/csv", body.as_bytes());
    let name = json!({ "displayName": "changed" }).to_string();
    let head = attacker.head("PATCH", &attacker.pool, &attacker.token);
    let length = name.len();
    let change =
        format!("{head}Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{name}");
    both(repeat(attacker.clone(), 2, import), repeat(attacker, 24, change.into_bytes()))
}

/// Callers who do not wait for an answer, so that most of what they ask is for nobody.
fn impatient_creates(attacker: Attacker) -> Attacking {
    let body = json!({ "displayName": "Autumn", "activationCodes": codes(5) }).to_string();
    let create = attacker.request(POOLS, "application/json", body.as_bytes());
    Box::pin(async move {
        let one = |_| async {
            loop {
                drop(timeout(Duration::from_millis(100), attacker.repeat(&create)).await);
            }
        };
        join_all((0..64).map(one)).await;
    })
}

fn large_creates(attacker: Attacker) -> Attacking {
    let body = json!({ "displayName": "Winter", "activationCodes": codes(2000) }).to_string();
    let create = attacker.request(POOLS, "application/json", body.as_bytes());
    repeat(attacker, 8, create)
}

fn unfinished_heads(attacker: Attacker) -> Attacking {
    let parts = vec![b"GET /livez HTTP/1.1\r\nHost: localhost\r\n".to_vec()];
    slowly(attacker, 300, parts, Duration::from_secs(10))
}

/// As long as the parser allows.
fn long_unfinished_heads(attacker: Attacker) -> Attacking {
    let head = format!("GET /livez HTTP/1.1\r\nHost: localhost\r\nx: {}", "x".repeat(120_000));
    slowly(attacker, 300, vec![head.into_bytes()], Duration::from_secs(10))
}

/// Sends a request again and again, on so many connections at once.
fn repeat(attacker: Attacker, connections: usize, request: Vec<u8>) -> Attacking {
    Box::pin(async move {
        join_all((0..connections).map(|_| attacker.repeat(&request))).await;
    })
}

/// Sends parts of a request at intervals, again and again, on so many connections at once.
#[expect(clippy::disallowed_methods, reason = "the pace of a client")]
fn slowly(
    attacker: Attacker,
    connections: usize,
    parts: Vec<Vec<u8>>,
    pause: Duration,
) -> Attacking {
    Box::pin(async move {
        let one = |_| async {
            loop {
                let mut stream = attacker.connect(true).await;
                for part in &parts {
                    if !attacker.send(&mut stream, part).await {
                        break;
                    }
                    sleep(pause).await;
                }
            }
        };
        join_all((0..connections).map(one)).await;
    })
}

fn both(one: Attacking, other: Attacking) -> Attacking {
    Box::pin(async {
        tokio::join!(one, other);
    })
}
