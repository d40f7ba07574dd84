//! A way to the database that can be closed: what an outage looks like from here.

use std::net::SocketAddr;
use std::path::PathBuf;

use sqlx::postgres::PgConnectOptions;
use tokio::io::copy_bidirectional;
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
            let mut client = client;
            let changed = async {
                drop(gate.wait_for(|gate| *gate != Gate::Open).await);
            };
            tokio::select! {
                () = changed => {}
                () = forward(&mut client, &target) => return,
            }
            if *gate.borrow() == Gate::Silent {
                // Held open and not listened to, until it is closed at last.
                drop(gate.wait_for(|gate| *gate == Gate::Closed).await);
            }
        });
    }
}

async fn forward(client: &mut TcpStream, target: &Target) {
    match target {
        Target::Socket(path) => {
            if let Ok(mut server) = UnixStream::connect(path).await {
                drop(copy_bidirectional(client, &mut server).await);
            }
        }
        Target::Port(address) => {
            if let Ok(mut server) = TcpStream::connect(address).await {
                drop(copy_bidirectional(client, &mut server).await);
            }
        }
    }
}
