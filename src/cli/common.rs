//! What the commands share: the flags for settings, failures, and the runtime.

use std::io::stdin;
use std::num::NonZero;
use std::path::PathBuf;

use crate::config::{Config, Environment, Faults, Flags, Secrets};
use crate::domain::Timestamp;

/// Flags of every command.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Settings")]
pub(super) struct Common {
    /// Settings file (TOML); overrides the built-in settings
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Folder of the database file and the generated keys
    #[arg(long, global = true, value_name = "FOLDER")]
    data_dir: Option<String>,
    /// postgres://… or sqlite://…
    #[arg(long, global = true, value_name = "URL")]
    database_url: Option<String>,
    /// Address for clients, such as 127.0.0.1:8080
    #[arg(long, global = true, value_name = "ADDRESS")]
    listen: Option<String>,
    /// pretty, json or auto
    #[arg(long, global = true, value_name = "FORMAT")]
    log_format: Option<String>,
}

/// A failure, printed to standard error as one line.
pub(super) type Failure = Box<dyn std::error::Error>;

impl Common {
    /// Loads the settings, and prints their warnings to standard error.
    pub(super) fn load(&self, secrets: Secrets) -> Result<Config, Faults> {
        let config = self.load_quietly(secrets)?;
        for warning in config.warnings() {
            eprintln!("esimpool: warning: {warning}");
        }
        Ok(config)
    }

    pub(super) fn load_quietly(&self, secrets: Secrets) -> Result<Config, Faults> {
        let mut flags = Flags::default();
        flags.set("--data-dir", "data_dir", self.data_dir.clone());
        flags.set("--database-url", "database.url", self.database_url.clone());
        flags.set("--listen", "server.listen", self.listen.clone());
        flags.set("--log-format", "log.format", self.log_format.clone());
        Config::load(self.config.as_deref(), &Environment::of_process(), &flags, secrets)
    }
}

/// Runs asynchronous work to its end. The HTTP server has a thread per core of its own; this runtime,
/// which talks to the database, has half as many, because its threads are then woken less often.
pub(super) fn block_on<T>(work: impl Future<Output = T>) -> Result<T, Failure> {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads((cores / 2).max(1)).enable_all().build()?;
    let done = runtime.block_on(work);
    // What was aborted is not waited for.
    runtime.shutdown_background();
    Ok(done)
}

/// A time with a zone: without one it would depend on who reads it.
pub(super) fn zoned_time(text: &str) -> Result<Timestamp, String> {
    let zoned =
        text.ends_with(['Z', 'z']) || text.get(19..).is_some_and(|rest| rest.contains(['+', '-']));
    Timestamp::parse(text)
        .filter(|_| zoned)
        .ok_or_else(|| "must be a date and time with its zone: 2026-11-28T06:00:00Z".to_owned())
}

/// What a person types after a question, without the end of the line.
pub(super) fn ask(question: &str) -> Result<String, Failure> {
    eprint!("{question}");
    let mut typed = String::new();
    stdin().read_line(&mut typed)?;
    Ok(typed.trim_end_matches(['\r', '\n']).to_owned())
}
