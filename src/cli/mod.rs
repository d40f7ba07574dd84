//! The command line, with one file for each command. Depends on everything below it; the client
//! commands reach the service only through its API ([`api`]).

mod api;
mod banner;
mod completions;
mod config;
mod import;
mod keys;
mod migrate;
mod permissions;
mod qr;
mod serve;
mod stock;
mod table;
mod token;

use std::num::NonZero;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{Config, Environment, Faults, Flags, Secrets};

/// Microsoft Graph's beta API for Intune eSIM activation code pools, self-hosted.
#[derive(Debug, Parser)]
#[command(name = "esimpool", version, about, disable_help_subcommand = true)]
pub struct Arguments {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Option<Command>,
}

/// Flags of every command.
#[derive(Clone, Debug, Default, clap::Args)]
struct Common {
    /// Settings file (TOML); overrides the built-in settings
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
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

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the service (the default command)
    Serve,
    /// Print a token of the development issuer
    Token(token::TokenArguments),
    /// Migrate the database schema
    Migrate,
    /// Print the effective settings and the source of each
    Config,
    /// Print the response status of each operation for each kind of token
    Permissions(permissions::PermissionsArguments),
    /// Import a carrier's file of codes into a running service
    Import(import::ImportArguments),
    /// Print the stock of a running service's pools
    Stock(stock::StockArguments),
    /// Show the QR code of the activation code that was given to a device
    Qr(qr::QrArguments),
    /// Manage the keys that encrypt the database
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Print the completion script for a shell
    Completions(completions::CompletionsArguments),
}

/// A failure, printed to standard error as one line.
type Failure = Box<dyn std::error::Error>;

impl Common {
    /// Loads the settings, and prints their warnings to standard error.
    fn load(&self, secrets: Secrets) -> Result<Config, Faults> {
        let config = self.load_quietly(secrets)?;
        for warning in config.warnings() {
            eprintln!("esimpool: warning: {warning}");
        }
        Ok(config)
    }

    fn load_quietly(&self, secrets: Secrets) -> Result<Config, Faults> {
        let mut flags = Flags::default();
        flags.set("--data-dir", "data_dir", self.data_dir.clone());
        flags.set("--database-url", "database.url", self.database_url.clone());
        flags.set("--listen", "server.listen", self.listen.clone());
        flags.set("--log-format", "log.format", self.log_format.clone());
        Config::load(self.config.as_deref(), &Environment::of_process(), &flags, secrets)
    }
}

/// Runs the command. The exit code is 0 on success and 1 on failure, with the reason on standard
/// error. (For wrong usage, clap exits with 2.)
#[must_use]
pub fn run(arguments: &Arguments) -> ExitCode {
    let Arguments { common, command } = arguments;
    let done = match command {
        None | Some(Command::Serve) => serve::serve(common),
        Some(Command::Token(arguments)) => token::token(common, arguments),
        Some(Command::Migrate) => migrate::migrate(common),
        Some(Command::Config) => config::config(common),
        Some(Command::Permissions(arguments)) => permissions::permissions(arguments),
        Some(Command::Import(arguments)) => import::import(common, arguments),
        Some(Command::Stock(arguments)) => stock::stock(common, arguments),
        Some(Command::Qr(arguments)) => qr::qr(common, arguments),
        Some(Command::Keys(command)) => keys::keys(common, command),
        Some(Command::Completions(arguments)) => completions::completions(arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("esimpool: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// Runs asynchronous work to its end. The HTTP server has a thread per core of its own; this runtime,
/// which talks to the database, has half as many, because its threads are then woken less often.
fn block_on<T>(work: impl Future<Output = T>) -> Result<T, Failure> {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    Ok(runtime.worker_threads((cores / 2).max(1)).enable_all().build()?.block_on(work))
}
