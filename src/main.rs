//! The program: parses its arguments and runs the command.

use std::process::ExitCode;

use clap::Parser;
use esimpool::cli;

fn main() -> ExitCode {
    cli::run(&cli::Arguments::parse())
}
