//! The command line, with one file for each command. Depends on everything below it; the client
//! commands reach the service only through its API ([`api`]).

mod api;
mod banner;
mod common;
mod completions;
mod config;
mod import;
mod keys;
mod migrate;
mod permissions;
mod process_limits;
mod qr;
mod quarantine;
mod serve;
mod stock;
mod table;
mod token;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use crate::telemetry;
use common::Common;

/// Microsoft Graph's beta API for Intune eSIM activation code pools, self-hosted.
#[derive(Debug, Parser)]
#[command(name = "esimpool", version, about, disable_help_subcommand = true)]
pub struct Arguments {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Option<Command>,
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
    /// Put the codes aside that were free at a time: after a backup of that time was restored
    Quarantine(quarantine::QuarantineArguments),
    /// Print the completion script for a shell
    Completions(completions::CompletionsArguments),
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
        Some(Command::Quarantine(arguments)) => quarantine::quarantine(common, arguments),
        Some(Command::Completions(arguments)) => {
            completions::completions(arguments, &mut Arguments::command())
        }
    };
    let code = match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            telemetry::report_failure(&failure);
            ExitCode::FAILURE
        }
    };
    telemetry::flush();
    code
}
