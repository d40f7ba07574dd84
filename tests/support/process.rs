//! The program itself, as a process that can be killed.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// The program, to be given arguments. `ESIMPOOL_PROGRAM` is another build of it, to compare with.
pub fn program() -> Command {
    let other = std::env::var_os("ESIMPOOL_PROGRAM");
    unconfigured(Command::new(other.unwrap_or_else(|| env!("CARGO_BIN_EXE_esimpool").into())))
}

/// A shell that runs this script. `$0` in it is the program.
pub fn shell(script: &str) -> Command {
    let mut command = unconfigured(Command::new("bash"));
    command.args(["-c", script, env!("CARGO_BIN_EXE_esimpool")]);
    command
}

/// A command without the settings of the test run's own environment.
fn unconfigured(mut command: Command) -> Command {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("ESIMPOOL") || name == "DATABASE_URL" {
            command.env_remove(name);
        }
    }
    command
}

/// Runs a command to its end.
pub fn run(arguments: &[&str], folder: &Path) -> Output {
    program().args(arguments).current_dir(folder).output().expect("the program runs")
}

/// A token with one permission, of the development issuer in that folder.
pub fn token(folder: &Path, permissions: &str) -> String {
    let mut arguments = vec!["--data-dir", folder.to_str().expect("a path"), "token"];
    arguments.extend(permissions.split(' ').flat_map(|name| ["--permission", name]));
    let output = run(&arguments, folder);
    String::from_utf8(output.stdout).expect("text").trim().to_owned()
}

/// How long the files without a name are that a process has open in a folder: where imports wait
/// for the rest of their lines.
pub fn nameless_files(process: u32, folder: &Path) -> Vec<u64> {
    let open = std::fs::read_dir(format!("/proc/{process}/fd")).expect("it runs");
    let is_nameless = |path: &PathBuf| {
        std::fs::read_link(path).is_ok_and(|target| {
            target.starts_with(folder) && target.to_string_lossy().ends_with(" (deleted)")
        })
    };
    let files = open.flatten().map(|entry| entry.path()).filter(is_nameless);
    files.filter_map(|path| std::fs::metadata(path).ok()).map(|file| file.len()).collect()
}

/// The processor time that a process has used, to a hundredth of a second.
pub fn cpu_time(process: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).expect("it runs");
    let after_name = stat.rsplit(')').next().expect("a name in brackets");
    let ticks = after_name.split_whitespace().skip(11).take(2);
    let ticks: u64 = ticks.map(|number| number.parse::<u64>().expect("a number")).sum();
    Duration::from_millis(ticks * 10)
}

/// The memory that a process holds, in bytes.
pub fn memory(process: u32) -> u64 {
    status_bytes(process, "VmRSS:")
}

/// The most memory that a process has held since [`forget_peak_memory`], in bytes.
pub fn peak_memory(process: u32) -> u64 {
    status_bytes(process, "VmHWM:")
}

fn status_bytes(process: u32, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("its line");
    let kilobytes: u64 =
        line.split_whitespace().next().and_then(|it| it.parse().ok()).expect("a number");
    kilobytes * 1024
}

/// Begins to measure the peak anew.
pub fn forget_peak_memory(process: u32) {
    std::fs::write(format!("/proc/{process}/clear_refs"), "5").expect("its owner may");
}

/// A running server. Killed with this value.
pub struct Server {
    child: Child,
    log: Arc<Mutex<String>>,
    reading: Option<JoinHandle<()>>,
    /// Dropped when standard error is to be read.
    unread: Option<Sender<()>>,
    pub banner: String,
    pub addr: SocketAddr,
}

impl Server {
    /// Starts a server on free ports and waits for its banner.
    pub fn start(folder: &Path, database_url: &str) -> Self {
        Self::try_start(folder, database_url, &[]).unwrap_or_else(|error| panic!("{error}"))
    }

    /// The same with further environment; or what it said on standard error when it ended.
    pub fn try_start(
        folder: &Path,
        database_url: &str,
        environment: &[(&str, &str)],
    ) -> Result<Self, String> {
        Self::start_by(program(), folder, database_url, environment)
    }

    /// The same by another command, which becomes the program.
    pub fn start_by(
        command: Command,
        folder: &Path,
        database_url: &str,
        environment: &[(&str, &str)],
    ) -> Result<Self, String> {
        let mut server = Self::start_unread(command, folder, database_url, environment)?;
        server.read_log();
        Ok(server)
    }

    /// The same, but its standard error is not read before [`read_log`](Self::read_log).
    pub fn start_unread(
        mut command: Command,
        folder: &Path,
        database_url: &str,
        environment: &[(&str, &str)],
    ) -> Result<Self, String> {
        let mut child = command
            .current_dir(folder)
            .env("ESIMPOOL__SERVER__LISTEN", "127.0.0.1:0")
            .env("ESIMPOOL__ADMIN__LISTEN", "127.0.0.1:0")
            .env("ESIMPOOL__SERVER__DRAIN", "0")
            .env("ESIMPOOL__DATA_DIR", folder)
            .env("DATABASE_URL", database_url)
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut stderr = BufReader::new(child.stderr.take().expect("piped"));
        let log = Arc::new(Mutex::new(String::new()));
        let written = log.clone();
        let (unread, read) = channel();
        let reading = std::thread::spawn(move || {
            // Until the sender is dropped.
            let _ = read.recv();
            let mut line = String::new();
            while stderr.read_line(&mut line).is_ok_and(|length| length > 0) {
                written.lock().expect("a log").push_str(&line);
                line.clear();
            }
        });
        let mut banner = String::new();
        let mut lines = BufReader::new(child.stdout.take().expect("piped"));
        while !banner.ends_with("}'\n\n") {
            if lines.read_line(&mut banner).expect("text") == 0 {
                drop(unread);
                child.wait().expect("it ended");
                reading.join().expect("text");
                return Err(log.lock().expect("a log").clone());
            }
        }
        let url = banner.split("http://").nth(1).expect("a URL in the banner");
        let addr = url.split('/').next().expect("an address").parse().expect("an address");
        Ok(Self { child, log, reading: Some(reading), unread: Some(unread), banner, addr })
    }

    /// The process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The metrics, as Prometheus reads them.
    pub async fn admin_metrics(&self) -> String {
        let line = self.banner.lines().find(|line| line.trim_start().starts_with("metrics"));
        let url = line.and_then(|line| line.split_whitespace().nth(1)).expect("a URL");
        super::Actor::new(self.addr, None).get(url).await.is(200).text()
    }

    /// SIGKILL: no goodbye.
    pub fn kill(mut self) {
        self.child.kill().expect("it was running");
        self.child.wait().expect("it ended");
    }

    /// Ends it, and gives everything that it wrote to standard error.
    pub fn end_and_read_log(mut self) -> String {
        self.signal();
        self.read_log();
        self.child.wait().expect("it ended");
        self.reading.take().expect("ended once").join().expect("text");
        self.log()
    }

    /// From now on its standard error is read.
    pub fn read_log(&mut self) {
        self.unread = None;
    }

    /// What it wrote to standard error so far.
    pub fn log(&self) -> String {
        self.log.lock().expect("a log").clone()
    }

    /// SIGTERM, and how it ended.
    pub fn terminate(mut self) -> i32 {
        self.signal_and_wait()
    }

    /// How it ends.
    pub fn wait(mut self) -> i32 {
        self.child.wait().expect("it ended").code().unwrap_or(-1)
    }

    /// SIGTERM.
    pub fn signal(&self) {
        let pid = self.pid().to_string();
        Command::new("kill").args(["-TERM", &pid]).status().expect("kill runs");
    }

    fn signal_and_wait(&mut self) -> i32 {
        self.signal();
        self.child.wait().expect("it ended").code().unwrap_or(-1)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
