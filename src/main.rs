//! The program: arguments, and what they ask for.

use std::process::ExitCode;

use clap::Parser;
use esimpool::cli;

fn main() -> ExitCode {
    cli::run(&cli::Arguments::parse())
}
