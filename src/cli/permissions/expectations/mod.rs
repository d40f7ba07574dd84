//! `esimpool permissions test FILE`: requests with the statuses that they must be answered with.

mod file;
mod junit;
mod outcome;
mod report;
mod send;
mod tap;
mod token_source;

use std::io::{Write, stdout};
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use self::file::ExpectationFile;
use self::send::Sender;
use crate::cli::api::ConnectionArguments;
use crate::cli::common::{Common, Failure, block_on};
use crate::config::Secrets;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  esimpool permissions test expected.toml
  esimpool permissions test expected.toml --url https://graph.microsoft.com --output junit > report.xml

docs/permission-tests.md describes the file. The requests are really made: those that are answered \
with a success change what they say.")]
pub(in crate::cli) struct TestArguments {
    /// The file with the requests (TOML)
    file: PathBuf,
    /// How to print the results
    #[arg(long, visible_alias = "format", value_enum, default_value_t = ReportFormat::Table)]
    output: ReportFormat,
    #[command(flatten)]
    connection: ConnectionArguments,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ReportFormat {
    /// For people, as wide as the terminal
    Table,
    /// The Test Anything Protocol, version 13
    Tap,
    /// XML, as CI systems read it
    Junit,
}

/// Sends every request of the file, in order, and reports the results.
///
/// # Errors
/// If the file has faults, or a request was not answered as expected.
pub(super) fn test(common: &Common, arguments: &TestArguments) -> Result<(), Failure> {
    let settings = common.load(Secrets::Skip)?.settings;
    let file = ExpectationFile::read(&arguments.file)?;
    let tokens = file.tokens(&settings)?;
    let server = arguments.connection.server(&settings)?;
    let sender = Sender::new(arguments.connection.client(&server)?, server, tokens);
    let outcomes = block_on(async {
        let mut outcomes = Vec::with_capacity(file.expectations.len());
        for expectation in &file.expectations {
            outcomes.push(sender.outcome(expectation).await);
        }
        outcomes
    })?;
    let name = arguments.file.display().to_string();
    let text = match arguments.output {
        ReportFormat::Table => report::table_of(&outcomes),
        ReportFormat::Tap => tap::report(&outcomes),
        ReportFormat::Junit => junit::report(&name, &outcomes),
    };
    stdout().write_all(text.as_bytes())?;
    let failed = outcomes.iter().filter(|outcome| !outcome.is_expected()).count();
    if failed > 0 {
        let all = outcomes.len();
        return Err(
            format!("{name}: {failed} of {all} requests were not answered as expected").into()
        );
    }
    Ok(())
}
