//! How many connections clients may open.

use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::support::{Engine, TestApp, cases, raw};

cases! {
    once: [a_connection_too_many_waits_until_another_ends],
}

/// More than anything here takes.
const LONG: Duration = Duration::from_secs(40);
/// Enough for the number of workers to divide it, whatever that is.
const MAX_CONNECTIONS: usize = 16;

async fn a_connection_too_many_waits_until_another_ends() {
    let app =
        TestApp::with(Engine::Sqlite).set("server.max_connections", MAX_CONNECTIONS).start().await;
    let request = b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    // More than are accepted, on any number of workers. None sends anything, so each is closed when
    // the time for its head is over.
    let mut idle = Vec::new();
    for _ in 0..MAX_CONNECTIONS * 4 {
        idle.push(TcpStream::connect(app.addr).await.expect("the system takes it"));
    }
    let mut waiting = Box::pin(raw(app.addr, request));
    let soon = timeout(Duration::from_millis(500), &mut waiting).await;
    assert!(soon.is_err(), "it is answered beside {MAX_CONNECTIONS} others");
    drop(idle);
    let answer = timeout(LONG, waiting).await.expect("it is accepted");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}
