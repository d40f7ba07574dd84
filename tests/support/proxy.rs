//! A way to the database that can be closed: what an outage looks like from here.

use std::net::SocketAddr;
use std::path::PathBuf;

use sqlx::postgres::PgConnectOptions;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A TCP port that leads to a Postgres, while it is open.
pub struct Proxy {
    /// The database's URL by way of this port.
    pub url: String,
    gate: watch::Sender<Gate>,
    accepting: JoinHandle<()>,
}

/// What the way is like.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gate {
    Open,
    /// Connections are cut.
    Closed,
    /// Connections stay, and nothing goes through them any more.
    Silent,
    /// What is sent goes through, old connections and new ones; no answer comes back.
    Mute,
}

#[derive(Clone)]
enum Target {
    Socket(PathBuf),
    Port(String),
}

impl Proxy {
    pub async fn start(url: &str) -> Self {
        let options: PgConnectOptions = url.parse().expect("a URL");
        let target = if options.get_host().starts_with('/') {
            Target::Socket(
                PathBuf::from(options.get_host()).join(format!(".s.PGSQL.{}", options.get_port())),
            )
        } else {
            Target::Port(format!("{}:{}", options.get_host(), options.get_port()))
        };
        let target = match options.get_socket() {
            Some(folder) => Target::Socket(folder.join(format!(".s.PGSQL.{}", options.get_port()))),
            None => target,
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let addr: SocketAddr = listener.local_addr().expect("an address");
        let (credentials, rest) =
            url.trim_start_matches("postgres://").split_once('@').expect("a user");
        let name = rest.rsplit('/').next().expect("a database");
        let (gate, watched) = watch::channel(Gate::Open);
        let accepting = tokio::spawn(accept(listener, target, watched));
        Self { url: format!("postgres://{credentials}@{addr}/{name}"), gate, accepting }
    }

    /// Cuts every connection, and every new one at once.
    pub fn close(&self) {
        self.gate.send_replace(Gate::Closed);
    }

    /// Swallows what is sent from now on: a cable was pulled.
    pub fn fall_silent(&self) {
        self.gate.send_replace(Gate::Silent);
    }

    /// Swallows every answer from now on, until it opens again; what was sent is received.
    pub fn fall_mute(&self) {
        self.gate.send_replace(Gate::Mute);
    }

    /// Lets new connections through again.
    pub fn open(&self) {
        self.gate.send_replace(Gate::Open);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, target: Target, gate: watch::Receiver<Gate>) {
    while let Ok((client, _)) = listener.accept().await {
        let (target, mut gate) = (target.clone(), gate.clone());
        if *gate.borrow() == Gate::Closed {
            continue;
        }
        tokio::spawn(async move {
            let changed = async |gates: &[Gate], gate: &mut watch::Receiver<Gate>| {
                drop(gate.wait_for(|gate| gates.contains(gate)).await);
            };
            let mut of_answers = gate.clone();
            tokio::select! {
                () = changed(&[Gate::Closed, Gate::Silent], &mut gate) => {}
                () = forward(client, &target, &mut of_answers) => return,
            }
            // Held open and not listened to, until it is closed at last.
            if *gate.borrow() == Gate::Silent {
                changed(&[Gate::Closed], &mut gate).await;
            }
        });
    }
}

async fn forward(client: TcpStream, target: &Target, gate: &mut watch::Receiver<Gate>) {
    match target {
        Target::Socket(path) => {
            if let Ok(server) = UnixStream::connect(path).await {
                exchange(client, server, gate).await;
            }
        }
        Target::Port(address) => {
            if let Ok(server) = TcpStream::connect(address).await {
                exchange(client, server, gate).await;
            }
        }
    }
}

/// Copies both ways until a side ends. Answers that come while the gate is mute are lost, and so are
/// all that follow them.
async fn exchange(
    client: TcpStream,
    server: impl AsyncRead + AsyncWrite,
    gate: &mut watch::Receiver<Gate>,
) {
    let (mut from_client, mut to_client) = tokio::io::split(client);
    let (mut from_server, mut to_server) = tokio::io::split(server);
    let answers = async {
        let mute = async { drop(gate.wait_for(|gate| *gate == Gate::Mute).await) };
        tokio::select! {
            biased;
            () = mute => {}
            _ = tokio::io::copy(&mut from_server, &mut to_client) => return,
        }
        drop(tokio::io::copy(&mut from_server, &mut tokio::io::sink()).await);
    };
    tokio::select! {
        () = answers => {}
        _ = tokio::io::copy(&mut from_client, &mut to_server) => {}
    }
}
