//! The external programs that the benchmark needs.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::cluster;

/// The paths of the programs.
#[derive(Debug)]
pub struct Tools {
    /// The folder of the Postgres server binaries, if they are installed.
    pub server: Option<PathBuf>,
    pub pgbench: PathBuf,
    pub psql: PathBuf,
}

impl Tools {
    /// Finds the programs.
    ///
    /// # Errors
    /// What to install.
    pub fn find(own_server: bool) -> Result<Self, String> {
        let server = cluster::binaries();
        let client = |name: &str| {
            let bundled = server.as_ref().map(|folder| folder.join(name));
            bundled.filter(|path| path.is_file()).unwrap_or_else(|| PathBuf::from(name))
        };
        let tools = Self { pgbench: client("pgbench"), psql: client("psql"), server };
        let mut missing = Vec::new();
        for (program, package) in [(&*tools.pgbench, "postgresql"), (&*tools.psql, "postgresql")] {
            if !runs(program) {
                missing.push((program.display().to_string(), package));
            }
        }
        if own_server && tools.server.is_none() {
            missing.push(("the Postgres server".to_owned(), "postgresql"));
        }
        if !runs(Path::new("wrk")) {
            missing.push(("wrk".to_owned(), "wrk"));
        }
        if missing.is_empty() {
            return Ok(tools);
        }
        let mut packages: Vec<_> = missing.iter().map(|(_, package)| *package).collect();
        packages.dedup();
        let missing: Vec<_> = missing.into_iter().map(|(name, _)| name).collect();
        Err(format!(
            "not installed: {}; on Debian and Ubuntu: apt-get install {}",
            missing.join(", "),
            packages.join(" ")
        ))
    }
}

/// Whether a program can be started. Its exit code is ignored, because wrk has no option that exits
/// with 0.
pub fn runs(program: &Path) -> bool {
    let mut command = Command::new(program);
    command.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok()
}

/// The folder of the scripts.
pub fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("benches")
}
