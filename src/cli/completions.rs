//! `esimpool completions`

use std::io::{Write, stdout};

use clap::{Args, CommandFactory};
use clap_complete::{Shell, generate};

use super::{Arguments, Failure};

#[derive(Debug, Args)]
pub(super) struct CompletionsArguments {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the completion script for a shell.
pub(super) fn completions(arguments: &CompletionsArguments) -> Result<(), Failure> {
    let mut script = Vec::new();
    generate(arguments.shell, &mut Arguments::command(), "esimpool", &mut script);
    stdout().write_all(&script)?;
    Ok(())
}
