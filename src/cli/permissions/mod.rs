//! `esimpool permissions`: what tokens may do, by the route table, by what clients did, and by
//! requests that are made for the purpose.

mod expectations;
mod matrix;
mod used;

use clap::{Args, Subcommand};

use super::common::{Common, Failure};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct PermissionsArguments {
    #[command(flatten)]
    matrix: matrix::MatrixArguments,
    #[command(subcommand)]
    command: Option<PermissionsCommand>,
}

#[derive(Debug, Subcommand)]
enum PermissionsCommand {
    /// Print which permissions the clients of a running service have, and which they used
    Used(used::UsedArguments),
    /// Send the requests of a file and compare the statuses with those that it expects
    Test(expectations::TestArguments),
}

/// Prints the response status of each operation for each kind of token, or runs the subcommand.
pub(super) fn permissions(
    common: &Common,
    arguments: &PermissionsArguments,
) -> Result<(), Failure> {
    match &arguments.command {
        None => matrix::print(&arguments.matrix),
        Some(PermissionsCommand::Used(arguments)) => used::used(common, arguments),
        Some(PermissionsCommand::Test(arguments)) => expectations::test(common, arguments),
    }
}
