//! The command line, with one file for each command. Depends on everything below it; the client
//! commands reach the service only through its API ([`api`]).

mod api;
mod audit;
mod banner;
mod claim;
mod codes;
mod common;
mod completions;
mod config;
mod devices;
mod files;
mod find;
mod import;
mod keys;
mod list;
mod migrate;
mod output;
mod permissions;
mod pool;
mod process_limits;
mod qr;
mod quarantine;
mod release;
mod serve;
mod stock;
mod token;

use std::io;
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
    Migrate(migrate::Migrate),
    /// Print the effective settings and the source of each
    Config,
    /// Print the response status of each operation for each kind of token, what clients used, or test
    /// permissions
    Permissions(permissions::PermissionsArguments),
    /// Import a carrier's file of codes into a running service
    Import(import::ImportArguments),
    /// Find a code, a device, a user, a label, an import or a pool by what it is known by
    Find(find::FindArguments),
    /// Print the stock of a running service's pools
    Stock(stock::StockArguments),
    /// Create, rename and remove pools, and set their thresholds
    Pool(pool::PoolArguments),
    /// Give codes to devices: to one, or to each of a file
    Claim(claim::ClaimArguments),
    /// Show the QR code of the activation code that was given to a device
    Qr(qr::QrArguments),
    /// Write a page with the QR codes of devices, to print
    Sheet(files::SheetArguments),
    /// Take back the code that a device has not installed
    Release(release::ReleaseArguments),
    /// Make a quarantined code free again
    Reinstate(release::ReinstateArguments),
    /// Record that a device no longer has its code
    Retire(release::RetireArguments),
    /// List the devices of a pool
    Devices(devices::DevicesArguments),
    /// List the codes of a pool, without their secrets
    Codes(codes::CodesArguments),
    /// Write the codes of a pool and their holders as CSV
    Export(files::ExportArguments),
    /// List what was done, newest first
    Audit(audit::AuditArguments),
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
        Some(Command::Migrate(arguments)) => migrate::migrate(common, arguments),
        Some(Command::Config) => config::config(common),
        Some(Command::Permissions(arguments)) => permissions::permissions(common, arguments),
        Some(Command::Import(arguments)) => import::import(common, arguments),
        Some(Command::Find(arguments)) => find::find(common, arguments),
        Some(Command::Stock(arguments)) => stock::stock(common, arguments),
        Some(Command::Pool(arguments)) => pool::pool(common, arguments),
        Some(Command::Claim(arguments)) => claim::claim(common, arguments),
        Some(Command::Qr(arguments)) => qr::qr(common, arguments),
        Some(Command::Sheet(arguments)) => files::sheet(common, arguments),
        Some(Command::Release(arguments)) => release::release(common, arguments),
        Some(Command::Reinstate(arguments)) => release::reinstate(common, arguments),
        Some(Command::Retire(arguments)) => release::retire(common, arguments),
        Some(Command::Devices(arguments)) => devices::devices(common, arguments),
        Some(Command::Codes(arguments)) => codes::codes(common, arguments),
        Some(Command::Export(arguments)) => files::export(common, arguments),
        Some(Command::Audit(arguments)) => audit::audit(common, arguments),
        Some(Command::Keys(command)) => keys::keys(common, command),
        Some(Command::Quarantine(arguments)) => quarantine::quarantine(common, arguments),
        Some(Command::Completions(arguments)) => {
            completions::completions(arguments, &mut Arguments::command())
        }
    };
    let code = match done {
        Ok(()) => ExitCode::SUCCESS,
        // A reader that has seen enough, such as `head`.
        Err(failure) if is_closed_pipe(&failure) => ExitCode::SUCCESS,
        Err(failure) => {
            telemetry::report_failure(&failure);
            ExitCode::FAILURE
        }
    };
    telemetry::flush();
    code
}

fn is_closed_pipe(failure: &common::Failure) -> bool {
    let kind = failure.downcast_ref::<io::Error>().map(io::Error::kind);
    kind == Some(io::ErrorKind::BrokenPipe)
}
