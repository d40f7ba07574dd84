//! The command line, one file a command.

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

/// Flags that every command takes.
#[derive(Clone, Debug, Default, clap::Args)]
struct Common {
    /// Settings file (TOML), over the built-in settings
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Folder of the database file and the generated keys
    #[arg(long, global = true, value_name = "FOLDER")]
    data_dir: Option<String>,
    /// postgres://… or sqlite://…
    #[arg(long, global = true, value_name = "URL")]
    database_url: Option<String>,
    /// Address for clients, as 127.0.0.1:8080
    #[arg(long, global = true, value_name = "ADDRESS")]
    listen: Option<String>,
    /// pretty, json or auto
    #[arg(long, global = true, value_name = "FORMAT")]
    log_format: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the service (what happens without a command, too)
    Serve,
    /// Print a token of the development issuer
    Token(token::TokenArguments),
    /// Bring the database's schema up to date
    Migrate,
    /// Print the settings in force and where each came from
    Config,
    /// Print what each operation answers to each kind of token
    Permissions(permissions::PermissionsArguments),
    /// Send a carrier's file of codes to a running service
    Import(import::ImportArguments),
    /// Print what is left in a running service's pools
    Stock(stock::StockArguments),
    /// Show the QR code of the code that a device has
    Qr(qr::QrArguments),
    /// Change the keys that the database is encrypted with
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Print a shell's completions of this command line
    Completions(completions::CompletionsArguments),
}

/// A failure in one clear line, for standard error.
type Failure = Box<dyn std::error::Error>;

impl Common {
    /// The settings that files, the environment and these flags make together.
    fn load(&self, secrets: Secrets) -> Result<Config, Faults> {
        let mut flags = Flags::default();
        flags.set("--data-dir", "data_dir", self.data_dir.clone());
        flags.set("--database-url", "database.url", self.database_url.clone());
        flags.set("--listen", "server.listen", self.listen.clone());
        flags.set("--log-format", "log.format", self.log_format.clone());
        Config::load(self.config.as_deref(), &Environment::of_process(), &flags, secrets)
    }
}

/// Does what the arguments say. 0: done. 1: failed, for the reason on standard error. (Wrong
/// usage ends with 2, in clap.)
#[must_use]
pub fn run(arguments: &Arguments) -> ExitCode {
    let Arguments { common, command } = arguments;
    let done = match command {
        None | Some(Command::Serve) => serve::serve(common),
        Some(Command::Token(token)) => token::token(common, token),
        Some(Command::Migrate) => migrate::migrate(common),
        Some(Command::Config) => config::config(common),
        Some(Command::Permissions(format)) => permissions::permissions(format),
        Some(Command::Import(file)) => import::import(common, file),
        Some(Command::Stock(whose)) => stock::stock(common, whose),
        Some(Command::Qr(whose)) => qr::qr(common, whose),
        Some(Command::Keys(command)) => keys::keys(common, command),
        Some(Command::Completions(shell)) => completions::completions(shell),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("esimpool: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// Runs a command that waits for things. What talks to the database shares the processors with what
/// talks to clients, which has a thread for each: with half as many it is woken less often.
fn block_on<T>(work: impl Future<Output = T>) -> Result<T, Failure> {
    let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    Ok(runtime.worker_threads((processors / 2).max(1)).enable_all().build()?.block_on(work))
}
