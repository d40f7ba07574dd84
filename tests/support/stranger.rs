//! An independent OpenID provider.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// `oauth2-mock-server`, on a port of its own. Ended with this value.
pub struct Stranger {
    child: Child,
    /// The issuer's name.
    pub url: String,
}

impl Stranger {
    /// Starts the one that is installed in this folder, and waits until it says who it is.
    pub fn start(clients: &Path) -> Self {
        let program = clients.join("node_modules/.bin/oauth2-mock-server");
        let mut child = Command::new("node")
            .arg(program)
            .args(["-a", "localhost", "-p", "0"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("node is there");
        let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let mut names = lines
            .map_while(Result::ok)
            .filter_map(|line| line.strip_prefix("OAuth 2 issuer is ").map(str::to_owned));
        let url = names.next().expect("it says who it is");
        Self { child, url }
    }

    /// Ends it now.
    pub fn end(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        self.end();
    }
}
