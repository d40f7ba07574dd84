//! Clients that do not read their responses, and responses that nobody could pay for.

use std::time::Duration;

use esimpool::auth::Permission;
use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use crate::support::batch::{RELATIVE, get_part, send_batch};
use crate::support::bodies::{device_state, new_pool};
use crate::support::{Actor, Engine, POOLS, TestApp, cases, measured};

cases! {
    once: [
        a_client_that_does_not_read_is_disconnected_and_its_memory_is_free_again,
        a_client_that_reads_slowly_but_steadily_gets_everything,
    ],
    both: [the_lists_in_a_batch_share_its_length],
}

/// More than anything here takes.
const LONG: Duration = Duration::from_secs(40);

/// A pool with device states whose list is longer than what the buffers of a connection hold.
async fn long_list(writer: &Actor) -> String {
    let pool = new_pool(writer).await;
    let path = format!("{pool}/deviceStates");
    let mut state = device_state();
    // Each of these characters takes six in JSON.
    for name in ["deviceName", "userName", "stateDetails"] {
        state[name] = "\u{1}".repeat(255).into();
    }
    for _ in 0..16 {
        let states = (0..50).map(|_| writer.post(&path, state.clone()));
        join_all(states).await.into_iter().for_each(|answer| drop(answer.is(201)));
    }
    format!("{path}?$top=999")
}

async fn request(app: &TestApp, path: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4096).expect("a small buffer");
    let mut stream = socket.connect(app.addr).await.expect("a connection");
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {}\r\n\r\n",
        app.writer_token()
    );
    stream.write_all(request.as_bytes()).await.expect("it takes the request");
    stream
}

async fn left(app: &TestApp) -> u64 {
    measured(app, "responses_left_bytes").await
}

async fn a_client_that_does_not_read_is_disconnected_and_its_memory_is_free_again() {
    let app = TestApp::with(Engine::Sqlite).set("limits.body_timeout", 2).start().await;
    let path = long_list(&app.writer()).await;
    let whole = left(&app).await;
    let mut streams = Vec::new();
    for _ in 0..4 {
        streams.push(request(&app, &path).await);
    }
    let held = async {
        while left(&app).await == whole {
            tokio::task::yield_now().await;
        }
    };
    timeout(LONG, held).await.expect("the responses are in memory");
    let other = app.tenant("fabrikam").caller(Permission::ConfigurationReadWriteAll);
    other.get(&format!("{POOLS}?$top=999")).await.is(200);
    let free = async {
        while left(&app).await < whole {
            tokio::task::yield_now().await;
        }
    };
    timeout(LONG, free).await.expect("long before the clients read");
    let length = app.writer().get(&path).await.is(200).body.len();
    for mut stream in streams {
        let mut received = Vec::new();
        // The connection is reset, or ends early.
        drop(timeout(LONG, stream.read_to_end(&mut received)).await.expect("it ends"));
        assert!(received.len() < length, "{} of {length}", received.len());
    }
}

#[expect(clippy::disallowed_methods, reason = "the client has to be slow")]
async fn a_client_that_reads_slowly_but_steadily_gets_everything() {
    let app = TestApp::with(Engine::Sqlite).set("limits.body_timeout", 2).start().await;
    let path = long_list(&app.writer()).await;
    let length = app.writer().get(&path).await.is(200).body.len();
    let mut stream = request(&app, &path).await;
    let (mut received, mut part) = (0, vec![0; 256 * 1024]);
    let all = async {
        loop {
            match stream.read(&mut part).await.expect("no reset") {
                0 => break,
                bytes => received += bytes,
            }
            // At least a megabyte in a second: not as fast as it could.
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(LONG, all).await.expect("it ends");
    assert!(received > length, "{received} with the head, of {length}");
}

async fn the_lists_in_a_batch_share_its_length(engine: Engine) {
    const BYTES: usize = 60_000;

    let app = TestApp::with(engine).set("limits.batch_response_bytes", BYTES).start().await;
    let writer = app.writer();
    let whole = left(&app).await;
    for _ in 0..30 {
        let pool = json!({ "displayName": "\u{1F4F6}".repeat(200) });
        writer.post(POOLS, pool).await.is(201);
    }
    let parts: Vec<_> = (0..20)
        .map(|n| get_part(&n.to_string(), &format!("{RELATIVE}?$expand=assignments,deviceStates")))
        .collect();
    let responses = send_batch(&writer, Value::Array(parts)).await;
    let length: usize = responses.iter().map(|part| part["body"].to_string().len()).sum();
    assert!(length < BYTES + 20 * 1000, "{length} bytes");
    assert_eq!(responses.len(), 20);
    for part in &responses {
        assert_eq!(part["status"], 200, "{part}");
        let next = part["body"]["@odata.nextLink"].as_str().expect("it was cut");
        writer.get(next).await.is(200);
    }
    assert_eq!(left(&app).await, whole, "all of it is free again");
}
