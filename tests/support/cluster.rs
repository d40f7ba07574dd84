//! A private Postgres cluster from server binaries on this machine, which ends with the process
//! that started it. The tests and the benchmark share it.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use sqlx::{Connection, PgConnection};
use tempfile::TempDir;

/// A private server: its folder, and the process that keeps it.
pub struct Cluster {
    keeper: Child,
    folder: Option<TempDir>,
}

/// The folder of `initdb` and `postgres`: on PATH, where pg_config says, or where Debian has them.
pub fn binaries() -> Option<PathBuf> {
    let has_server =
        |folder: &PathBuf| folder.join("initdb").is_file() && folder.join("postgres").is_file();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).find(has_server);
    let from_config = || {
        let output = Command::new("pg_config").arg("--bindir").output().ok()?;
        Some(PathBuf::from(String::from_utf8(output.stdout).ok()?.trim())).filter(has_server)
    };
    let debian = || {
        let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
        let folders = versions.flatten().map(|version| version.path().join("bin"));
        folders.filter(has_server).max()
    };
    on_path.or_else(from_config).or_else(debian)
}

impl Cluster {
    /// Starts a server of these binaries with further settings, each `name=value`, and waits until
    /// it is ready.
    pub fn start(binaries: &Path, settings: &[&str]) -> Result<Self, String> {
        let mut cluster = Self::spawn(binaries, settings)?;
        cluster.wait_until_ready()?;
        Ok(cluster)
    }

    /// The URL of a database in it, without the database's name.
    pub fn server_url(&self) -> String {
        format!("postgres://postgres@{}", self.folder().display().to_string().replace('/', "%2F"))
    }

    /// The folder of its data and its socket.
    pub fn folder(&self) -> &Path {
        self.folder.as_ref().expect("removed at the end only").path()
    }

    /// Ends it and removes its folder.
    pub fn stop(&mut self) {
        // The keeper ends the server when its standard input closes.
        drop(self.keeper.stdin.take());
        self.keeper.wait().expect("the keeper ends");
        drop(self.folder.take());
    }

    fn spawn(binaries: &Path, settings: &[&str]) -> Result<Self, String> {
        let error = |error: std::io::Error| error.to_string();
        // A short path: a socket's has room for about a hundred signs.
        let folder = TempDir::with_prefix("esim").map_err(error)?;
        let account = unprivileged()?;
        if let Some((user, group)) = account {
            chown(folder.path(), Some(user), Some(group)).map_err(error)?;
        }
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).map_err(error)?;
        let command = |program: &Path| {
            let mut command = Command::new(program);
            command.current_dir(folder.path()).env_remove("PGDATA").stdout(Stdio::null());
            if let Some((user, group)) = account {
                command.uid(user).gid(group);
            }
            command
        };
        let data = folder.path().join("data");
        // Sorted by a linguistic locale, as the servers of this world are, so that a forgotten
        // `collate "C"` shows.
        let locales = [
            &["--locale-provider=icu", "--icu-locale=en-US"][..],
            &["--locale=en_US.UTF-8"][..],
            &["--locale=C.UTF-8"][..],
        ];
        let initialised = locales.iter().any(|locale| {
            drop(fs::remove_dir_all(&data));
            let mut initdb = command(&binaries.join("initdb"));
            initdb.args([
                "--username=postgres",
                "--auth=trust",
                "--encoding=UTF8",
                "--no-sync",
                "-D",
            ]);
            initdb.arg(&data).args(*locale).stderr(Stdio::null());
            initdb.status().is_ok_and(|status| status.success())
        });
        if !initialised {
            return Err("initdb failed".to_owned());
        }
        // The keeper outlives nobody: when this process ends, however it ends, its standard input
        // closes, and it ends the server.
        let keeper = r#""$0" "$@" & server=$!; read -r _; kill -INT $server; wait $server"#;
        let log = fs::File::create(folder.path().join("log")).map_err(error)?;
        let mut keep = command(Path::new("/bin/sh"));
        keep.args(["-c", keeper]).arg(binaries.join("postgres")).arg("-D").arg(&data);
        keep.arg("-k").arg(folder.path());
        for setting in ["listen_addresses=", "max_connections=300"].iter().chain(settings) {
            keep.args(["-c", setting]);
        }
        let keeper = keep.stdin(Stdio::piped()).stderr(log).spawn().map_err(error)?;
        Ok(Self { keeper, folder: Some(folder) })
    }

    fn wait_until_ready(&mut self) -> Result<(), String> {
        let url = format!("{}/postgres", self.server_url());
        let runtime = tokio::runtime::Runtime::new().map_err(|error| error.to_string())?;
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(30) {
            if runtime.block_on(PgConnection::connect(&url)).is_ok() {
                return Ok(());
            }
            if self.keeper.try_wait().is_ok_and(|ended| ended.is_some()) {
                break;
            }
            std::thread::park_timeout(Duration::from_millis(20));
        }
        let log = fs::read_to_string(self.folder().join("log")).unwrap_or_default();
        Err(format!("it never became ready: {log}"))
    }
}

/// Postgres refuses to run as root: the account to run it under instead, where that is needed.
fn unprivileged() -> Result<Option<(u32, u32)>, String> {
    let me = fs::metadata("/proc/self").map_err(|error| error.to_string())?;
    if me.uid() != 0 {
        return Ok(None);
    }
    let accounts = fs::read_to_string("/etc/passwd").map_err(|error| error.to_string())?;
    let account = ["postgres", "nobody"].iter().find_map(|name| {
        let line = accounts.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    });
    account.map(Some).ok_or_else(|| "this is root, and there is no other account".to_owned())
}
