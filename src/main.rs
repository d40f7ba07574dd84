//! The program: parses its arguments and runs the command.

use std::process::ExitCode;

use clap::Parser;
use esimpool::cli;

/// Returns memory to the system within seconds after a peak.
#[cfg(not(target_env = "msvc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    cli::run(&cli::Arguments::parse())
}
