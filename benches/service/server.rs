//! The service: the real program, with its default settings.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

/// A running service. Dropping it ends the process.
pub struct Server {
    child: Child,
    /// Kept open, so that the service can write to it.
    _stdout: BufReader<ChildStdout>,
    /// `http://127.0.0.1:…`
    pub url: String,
}

/// A build of the service: its program.
#[derive(Clone, Debug)]
pub struct Build(PathBuf);

impl Build {
    /// The build that this benchmark was compiled with.
    pub fn this() -> Self {
        Self(env!("CARGO_BIN_EXE_esimpool").into())
    }

    /// Another build.
    pub fn at(program: &Path) -> Self {
        Self(program.to_owned())
    }

    /// Starts the service with its built-in settings on free ports. `folder` is for its keys and its
    /// log.
    pub fn start(&self, folder: &Path, database: &str) -> Result<Server, String> {
        let failed = |error: std::io::Error| format!("the service does not start: {error}");
        let log = File::options().create(true).append(true).open(folder.join("log"));
        let mut child = self
            .command()
            .current_dir(folder)
            .env("ESIMPOOL__SERVER__LISTEN", "127.0.0.1:0")
            .env("ESIMPOOL__ADMIN__LISTEN", "127.0.0.1:0")
            .env("ESIMPOOL__DATA_DIR", folder)
            .env("DATABASE_URL", database)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log.map_err(failed)?)
            .spawn()
            .map_err(failed)?;
        let mut stdout = BufReader::new(child.stdout.take().ok_or("no standard output")?);
        let mut banner = String::new();
        while !banner.ends_with("}'\n\n") {
            if stdout.read_line(&mut banner).map_err(failed)? == 0 {
                drop(child.wait());
                let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
                let last = log.lines().last().unwrap_or("its log is empty");
                return Err(format!("the service does not start: {last}"));
            }
        }
        let url = banner.split_once("http://").and_then(|(_, rest)| rest.split('/').next());
        let url = format!("http://{}", url.ok_or("the banner names no address")?);
        Ok(Server { child, _stdout: stdout, url })
    }

    /// A token of the development issuer in `folder` with the permissions for all operations on a
    /// tenant.
    pub fn token(&self, folder: &Path, tenant: &str) -> Result<String, String> {
        let mut command = self.command();
        command.args(["--data-dir"]).arg(folder).args(["token", "--ttl", "7d", "--tenant", tenant]);
        for permission in
            ["DeviceManagementConfiguration.ReadWrite.All", "EmbeddedSIMActivationCode.Claim.All"]
        {
            command.args(["--permission", permission]);
        }
        let output = command.output().map_err(|error| error.to_string())?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// The program, without settings from this environment.
    fn command(&self) -> Command {
        let mut command = Command::new(&self.0);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("ESIMPOOL") || name == "DATABASE_URL" {
                command.env_remove(name);
            }
        }
        command
    }
}

impl Server {
    /// The process id.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Kills the process.
    pub fn end(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}
