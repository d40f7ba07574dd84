//! A hostile tenant: its tokens, its data, and connections that speak as clients do not.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use esimpool::auth::Permission;
use esimpool::clock::Clock;
use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use crate::support::app::{development_issuer, tenant_id, token_request};
use crate::support::import::pool_path;
use crate::support::{Actor, POOLS, code};

/// No answer takes longer; a connection that is given up is opened again.
const PATIENCE: Duration = Duration::from_secs(30);

/// Who attacks, and how much it has sent.
#[derive(Clone)]
pub struct Attacker {
    addr: SocketAddr,
    /// May do everything in its own tenant.
    pub token: String,
    /// May only read there.
    pub read_token: String,
    /// The path of a pool with codes.
    pub pool: String,
    sent: Arc<AtomicU64>,
}

/// A token of a tenant with these permissions, from the server's own issuer.
pub fn token(folder: &Path, tenant: &str, permissions: &[Permission]) -> String {
    let names: Vec<_> = permissions.iter().map(|permission| permission.name()).collect();
    let mut request = token_request(tenant_id(tenant), &names);
    request.ttl = Duration::from_hours(3);
    development_issuer(folder).token(&request, Clock::system().now())
}

impl Attacker {
    /// A tenant with enough data for answers of some megabytes.
    pub async fn settle(addr: SocketAddr, folder: &Path) -> Self {
        let all = [Permission::ConfigurationReadWriteAll, Permission::ActivationCodeClaimAll];
        let token_of = |permissions: &[Permission]| token(folder, "attacker", permissions);
        let (token, read_token) = (token_of(&all), token_of(&[Permission::ConfigurationReadAll]));
        let actor = Actor::new(addr, Some(&token));
        let workers = (0..8).map(|worker| fill(actor.clone(), worker));
        let pools = join_all(workers).await;
        let pool = pools[0].clone();
        Self { addr, token, read_token, pool, sent: Arc::default() }
    }

    /// The head of a request with a token, ready for the lines of its other headers.
    pub fn head(&self, method: &str, path: &str, token: &str) -> String {
        let Self { addr, .. } = self;
        format!("{method} {path} HTTP/1.1\r\nHost: {addr}\r\nAuthorization: Bearer {token}\r\n")
    }

    /// A whole request with a body.
    pub fn request(&self, path: &str, content_type: &str, body: &[u8]) -> Vec<u8> {
        let head = self.head("POST", path, &self.token);
        let length = body.len();
        let head =
            format!("{head}Content-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n");
        [head.as_bytes(), body].concat()
    }

    /// A request that reads.
    pub fn read(&self, path: &str) -> Vec<u8> {
        format!("{}\r\n", self.head("GET", path, &self.read_token)).into_bytes()
    }

    /// Opens a connection; with a small window if the client means not to read.
    pub async fn connect(&self, reads: bool) -> TcpStream {
        loop {
            let socket = TcpSocket::new_v4().expect("a socket");
            if !reads {
                socket.set_recv_buffer_size(4096).expect("a small window");
            }
            if let Ok(Ok(stream)) = timeout(PATIENCE, socket.connect(self.addr)).await {
                return stream;
            }
        }
    }

    /// Sends bytes, until the server does not take more. Returns whether it took all.
    pub async fn send(&self, stream: &mut TcpStream, bytes: &[u8]) -> bool {
        for part in bytes.chunks(64 * 1024) {
            match timeout(PATIENCE, stream.write_all(part)).await {
                Ok(Ok(())) => self
                    .sent
                    .fetch_add(u64::try_from(part.len()).expect("small"), Ordering::Relaxed),
                _ => return false,
            };
        }
        true
    }

    /// Sends a request again and again on new connections, and reads every answer.
    pub async fn repeat(&self, request: &[u8]) {
        loop {
            let mut stream = self.connect(true).await;
            self.send(&mut stream, request).await;
            let mut answer = vec![0; 64 * 1024];
            // Half closed: the server ends the connection when it has answered.
            drop(stream.shutdown().await);
            while matches!(timeout(PATIENCE, stream.read(&mut answer)).await, Ok(Ok(1..))) {}
        }
    }

    /// The bytes sent since the last call.
    pub fn take_sent(&self) -> u64 {
        self.sent.swap(0, Ordering::Relaxed)
    }
}

/// Creates pools with long names and device states. Returns the path of one.
async fn fill(actor: Actor, worker: usize) -> String {
    let mut path = String::new();
    for number in 0..30 {
        let first = (worker * 30 + number) * 40;
        let codes: Vec<Value> = (first..first + 40).map(code).collect();
        let name = format!("{number:03}-{}", "x".repeat(200));
        let body = json!({ "displayName": name, "activationCodes": codes });
        path = pool_path(&actor.post(POOLS, body).await.is(201).json());
    }
    for device in 0..30 {
        let body = json!({ "deviceName": format!("{device:02}-{}", "y".repeat(200)) });
        actor.post(&format!("{path}/esimpool.claim"), body).await.is(201);
    }
    path
}
