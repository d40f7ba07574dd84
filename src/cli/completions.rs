//! `esimpool completions`

use std::io::{Write, stdout};

use clap::{Args, Command};
use clap_complete::{Shell, generate};

use super::common::Failure;

#[derive(Debug, Args)]
pub(super) struct CompletionsArguments {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the script by which a shell completes the arguments of `program`.
pub(super) fn completions(
    arguments: &CompletionsArguments,
    program: &mut Command,
) -> Result<(), Failure> {
    let mut script = Vec::new();
    generate(arguments.shell, program, "esimpool", &mut script);
    stdout().write_all(&script)?;
    Ok(())
}
