//! The heads of requests, sent to a running service.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::LazyLock;
use std::time::Duration;

use esimpool::app::{App, Surroundings};
use esimpool::config::{Config, Environment, Flags, Secrets};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// More than any answer takes.
const PATIENCE: Duration = Duration::from_secs(20);

static SERVICE: LazyLock<Service> = LazyLock::new(Service::start);

struct Service {
    addr: SocketAddr,
    _folder: TempDir,
    _runtime: Runtime,
}

/// The bytes of a connection: whatever they are, the service answers or closes, and no answer is a
/// fault of its own.
pub fn heads(input: &[u8]) {
    let mut stream = TcpStream::connect(SERVICE.addr).expect("it listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    // It may have answered and closed already.
    drop(stream.write_all(input));
    drop(stream.shutdown(Shutdown::Write));
    let mut answer = Vec::new();
    if let Err(error) = stream.read_to_end(&mut answer) {
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "no answer");
    }
    let answer = String::from_utf8_lossy(&answer);
    assert!(!answer.contains("HTTP/1.1 500"), "{answer}");
}

impl Service {
    fn start() -> Self {
        let folder = TempDir::new().expect("a folder");
        let data_dir = folder.path().to_str().expect("a path");
        let variables = [
            ("ESIMPOOL__DATA_DIR", data_dir),
            ("ESIMPOOL__SERVER__LISTEN", "127.0.0.1:0"),
            ("ESIMPOOL__ADMIN__LISTEN", "127.0.0.1:0"),
        ];
        let environment = Environment::of(variables);
        let config = Config::load(None, &environment, &Flags::default(), Secrets::Read);
        let settings = config.expect("good settings").settings;
        let runtime = Runtime::new().expect("a runtime");
        let app = runtime.block_on(App::start(&settings, Surroundings::default()));
        let app = app.expect("it starts");
        let addr = app.addr();
        runtime.spawn(app.run());
        Self { addr, _folder: folder, _runtime: runtime }
    }
}
