//! Foreign issuers: keys to sign with, and an identity provider on a port of its
//! own that can be down, slow or lying.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The tenant that issuers of the tests speak for.
pub const TENANT: &str = "11111111-2222-3333-4444-555555555555";

/// A key that no service made.
pub enum Key {
    Es256(EcdsaKeyPair),
    EdDsa(Ed25519KeyPair),
}

impl Key {
    pub fn es256() -> Self {
        let random = SystemRandom::new();
        let pkcs8 =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).expect("a key");
        Self::Es256(
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref())
                .expect("a key"),
        )
    }

    pub fn eddsa() -> Self {
        let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).expect("a key");
        Self::EdDsa(Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).expect("a key"))
    }

    /// Its public half, as a key set has it.
    pub fn jwk(&self, id: &str) -> Value {
        match self {
            Self::Es256(key) => {
                let point = &key.public_key().as_ref()[1..];
                let (x, y) = point.split_at(32);
                json!({ "kty": "EC", "crv": "P-256", "kid": id, "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y) })
            }
            Self::EdDsa(key) => {
                json!({ "kty": "OKP", "crv": "Ed25519", "use": "sig", "kid": id, "x": URL_SAFE_NO_PAD.encode(key.public_key().as_ref()) })
            }
        }
    }

    fn algorithm(&self) -> &'static str {
        if matches!(self, Self::Es256(_)) { "ES256" } else { "EdDSA" }
    }

    /// A token with these claims, by the key of that id.
    pub fn sign(&self, id: &str, claims: &Value) -> String {
        self.sign_with(&json!({ "alg": self.algorithm(), "kid": id }), claims)
    }

    pub fn sign_unnamed(&self, claims: &Value) -> String {
        self.sign_with(&json!({ "alg": self.algorithm() }), claims)
    }

    fn sign_with(&self, header: &Value, claims: &Value) -> String {
        let header = header.to_string();
        let message = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header),
            URL_SAFE_NO_PAD.encode(claims.to_string())
        );
        let signature = match self {
            Self::Es256(key) => key
                .sign(&SystemRandom::new(), message.as_bytes())
                .expect("signed")
                .as_ref()
                .to_vec(),
            Self::EdDsa(key) => key.sign(message.as_bytes()).as_ref().to_vec(),
        };
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// The claims of a good token of `issuer`: an application that may read.
pub fn claims(issuer: &str) -> Value {
    let now = esimpool::clock::Clock::system().now().seconds();
    json!({
        "iss": issuer, "aud": "api://esimpool", "tid": TENANT, "exp": now + 600, "azp": "app",
        "roles": ["DeviceManagementConfiguration.Read.All"],
    })
}

/// How an identity provider behaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Behaviour {
    Honest,
    /// Connections are cut.
    Down,
    /// The key set does not come, until that changes.
    Silent,
    /// The discovery document belongs to another issuer.
    OtherIssuer,
    /// The key set redirects to another URL.
    Redirect,
    /// The discovery document does.
    RedirectedDiscovery,
    /// The discovery document gives a file URL for the key set.
    FileUrl,
    /// The key set comes byte by byte and never ends, until that changes.
    Trickling,
    /// The key set is longer than any.
    Huge,
    /// The key set is no JSON.
    Garbage,
    /// The key set's place answers 500.
    Broken,
}

/// An identity provider.
pub struct TestIssuer {
    /// Its name, which is its URL.
    pub url: String,
    state: Arc<State>,
    accepting: JoinHandle<()>,
}

struct State {
    addr: SocketAddr,
    /// What it says its name is.
    name: Mutex<String>,
    keys: Mutex<Vec<Value>>,
    behaviour: watch::Sender<Behaviour>,
    /// How often the key set was asked for.
    asked: watch::Sender<usize>,
}

impl TestIssuer {
    /// One that publishes these keys.
    pub async fn start(keys: &[Value]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let addr = listener.local_addr().expect("an address");
        let url = format!("http://{addr}/{TENANT}");
        let state = Arc::new(State {
            addr,
            name: Mutex::new(url.clone()),
            keys: Mutex::new(keys.to_vec()),
            behaviour: watch::Sender::new(Behaviour::Honest),
            asked: watch::Sender::new(0),
        });
        let serving = state.clone();
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(serving.clone().answer(client));
            }
        });
        Self { url, state, accepting }
    }

    /// From now on it publishes these keys.
    pub fn rotate(&self, keys: &[Value]) {
        *self.state.keys.lock().expect("no panic") = keys.to_vec();
    }

    /// From now on it says that this is its name.
    pub fn rename(&self, name: &str) {
        name.clone_into(&mut self.state.name.lock().expect("no panic"));
    }

    pub fn behave(&self, behaviour: Behaviour) {
        self.state.behaviour.send_replace(behaviour);
    }

    /// How often its key set was asked for.
    pub fn asked(&self) -> usize {
        *self.state.asked.borrow()
    }

    /// Waits until its key set was asked for so often.
    pub async fn asked_at_least(&self, times: usize) {
        let mut asked = self.state.asked.subscribe();
        asked.wait_for(|asked| *asked >= times).await.expect("it is there");
    }

    /// This issuer in the settings, with further keys of its table.
    pub fn settings(&self, further: &str) -> String {
        format!("{{ issuer = '{}', audiences = ['api://esimpool']{further} }}", self.url)
    }

    /// The claims of a good token.
    pub fn claims(&self) -> Value {
        claims(&self.url)
    }
}

impl Drop for TestIssuer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl State {
    async fn answer(self: Arc<Self>, mut client: TcpStream) {
        let mut request = Vec::new();
        let mut part = [0; 1024];
        while !request.windows(4).any(|end| end == b"\r\n\r\n") {
            match client.read(&mut part).await {
                Ok(0) | Err(_) => return,
                Ok(length) => request.extend_from_slice(&part[..length]),
            }
        }
        let discovery = String::from_utf8_lossy(&request).contains("openid-configuration");
        if !discovery {
            self.asked.send_modify(|asked| *asked += 1);
        }
        let mut behaviour = self.behaviour.subscribe();
        let keys = format!("http://{}/keys", self.addr);
        let honest = || if discovery { self.discovery(&keys) } else { self.key_set() };
        let now = behaviour.wait_for(|it| discovery || *it != Behaviour::Silent).await;
        let now = now.expect("it is there").clone();
        let (status, body) = match now {
            Behaviour::Down => return,
            Behaviour::Broken if !discovery => ("500 Internal Server Error", String::new()),
            Behaviour::OtherIssuer if discovery => {
                ("200 OK", self.discovery(&keys).replace(TENANT, "somebody-else"))
            }
            Behaviour::Redirect if !discovery => {
                ("302 Found\r\nlocation: /elsewhere", String::new())
            }
            Behaviour::RedirectedDiscovery if discovery => {
                ("302 Found\r\nlocation: /elsewhere/openid-configuration", String::new())
            }
            Behaviour::FileUrl if discovery => ("200 OK", self.discovery("file:///keys")),
            Behaviour::Trickling if !discovery => return trickle(client, behaviour).await,
            Behaviour::Huge if !discovery => ("200 OK", "x".repeat(300 * 1024)),
            Behaviour::Garbage if !discovery => ("200 OK", "<html>".to_owned()),
            _ => ("200 OK", honest()),
        };
        let head = format!(
            "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            body.len()
        );
        drop(client.write_all((head + &body).as_bytes()).await);
    }

    fn discovery(&self, keys: &str) -> String {
        let name = self.name.lock().expect("no panic").clone();
        json!({ "issuer": name, "jwks_uri": keys }).to_string()
    }

    fn key_set(&self) -> String {
        json!({ "keys": *self.keys.lock().expect("no panic") }).to_string()
    }
}

/// An answer that goes on until the client leaves or the behaviour changes.
async fn trickle(mut client: TcpStream, behaviour: watch::Receiver<Behaviour>) {
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n";
    let mut written = client.write_all(head).await;
    let mut tick = tokio::time::interval(std::time::Duration::from_millis(50));
    while written.is_ok() && *behaviour.borrow() == Behaviour::Trickling {
        tick.tick().await;
        written = client.write_all(b" ").await;
    }
}
