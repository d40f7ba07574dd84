//! What the tests share: the real app on a free port, a database of its own for each test,
//! and named actors who speak HTTP.

pub mod actor;
pub mod app;
pub mod attack;
pub mod audit;
pub mod batch;
pub mod bodies;
pub mod canaries;
pub mod cases;
pub mod citus;
pub mod cluster;
pub mod commands;
pub mod compression;
pub mod damaged_codes;
pub mod data_folder;
pub mod data_keys;
pub mod database;
pub mod documents;
pub mod everything;
pub mod forgery;
pub mod iccid;
pub mod idempotency;
pub mod import;
pub mod issuer;
pub mod issuer_service;
pub mod lists;
pub mod methods;
pub mod operations;
pub mod operator;
pub mod plans;
pub mod postgres;
pub mod process;
pub mod provider;
pub mod proxy;
pub mod sign_in;
pub mod source;
pub mod store;
pub mod stranger;
pub mod tap;
pub mod tenancy;
pub mod tls;
pub mod triggers;

pub use actor::{Actor, Answer};
pub use app::TestApp;
pub use cases::Case;
pub(crate) use cases::cases;
pub use database::{Database, Engine};
pub use iccid::iccid;

/// The path of the pools.
pub const POOLS: &str = "/beta/deviceManagement/embeddedSIMActivationCodePools";

/// The path of the audit log.
pub const AUDIT_EVENTS: &str = "/beta/deviceManagement/auditEvents";

/// The request of Graph's documentation.
pub const EXAMPLE: &str = include_str!("../../src/cli/example.json");

/// Whether the run is to write expected texts anew: `ESIMPOOL_UPDATE_GOLDEN=1`.
pub fn updating() -> bool {
    std::env::var_os("ESIMPOOL_UPDATE_GOLDEN").is_some_and(|value| value == "1")
}

/// The activation code of that number: another number, another code, real enough for strict
/// validation.
pub fn code(number: usize) -> serde_json::Value {
    serde_json::json!({
        "integratedCircuitCardIdentifier": iccid(number),
        "matchingIdentifier": format!("MATCH-{number:06}"),
        "smdpPlusServerAddress": "smdp.example.com",
    })
}

/// The codes of the numbers from 0.
pub fn codes(count: usize) -> Vec<serde_json::Value> {
    (0..count).map(code).collect()
}

/// Sends bytes and gives back whatever comes until the server closes or pauses.
pub async fn raw(addr: std::net::SocketAddr, request: &[u8]) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let mut stream = tokio::net::TcpStream::connect(addr).await.expect("a connection");
    stream.write_all(request).await.expect("it takes the request");
    let mut answer = Vec::new();
    let mut part = [0; 4096];
    // A kept-alive connection stays open: the end of the headers is enough.
    while !answer.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut part).await {
            Ok(0) | Err(_) => break,
            Ok(length) => answer.extend_from_slice(&part[..length]),
        }
    }
    String::from_utf8_lossy(&answer).into_owned()
}

/// The memory that bodies may still take.
pub async fn bodies_left(app: &TestApp) -> u64 {
    measured(app, "request_bodies_left_bytes").await
}

/// The value of one of the service's metrics.
pub async fn measured(app: &TestApp, name: &str) -> u64 {
    let metrics = Actor::new(app.admin_addr, None).get("/metrics").await.is(200).text();
    let name = format!("esimpool_{name} ");
    let value = metrics.lines().find_map(|line| line.strip_prefix(&name)?.parse().ok());
    value.expect("a number")
}

/// The address of this machine in a network, if it is in one. Nothing is sent to learn it.
pub fn address_in_a_network() -> Option<std::net::IpAddr> {
    let socket = std::net::UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    Some(socket.local_addr().ok()?.ip()).filter(|address| !address.is_loopback())
}
