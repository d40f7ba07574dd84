//! Logging to standard error. Nothing that the running service writes waits for a reader: lines are
//! queued for a thread that writes them, and dropped and counted if too many are queued.

mod output;

use std::backtrace::{Backtrace, BacktraceStatus};
use std::fmt::Display;
use std::io::{self, IsTerminal, stderr, stdout};
use std::panic::PanicHookInfo;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use tracing_subscriber::filter::{ParseError, Targets};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{Log, LogFormat};
use output::Output;

/// How long the end of the program waits for what is not written yet.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(2);

/// Standard error, once logging has started, and standard output, once something is printed.
static LOG: OnceLock<Output> = OnceLock::new();
static STDOUT: OnceLock<Output> = OnceLock::new();

/// Why logging cannot start.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The filter is invalid.
    #[error("log.filter: {0}")]
    Filter(#[from] ParseError),
    /// No thread can be started.
    #[error("the log: {0}")]
    Thread(#[from] io::Error),
}

/// Starts logging to standard error, also of panics. Further calls in the same process have no effect.
///
/// # Errors
/// If the filter is invalid, or no thread can be started.
pub fn init(settings: &Log) -> Result<(), LogError> {
    let filter: Targets = settings.filter.parse()?;
    if LOG.get().is_some() {
        return Ok(());
    }
    let log = Output::start("log", stderr(), settings.buffer_bytes, output::REST, report_dropped)?;
    let log = LOG.get_or_init(|| log);
    let pretty = match settings.format {
        LogFormat::Pretty => true,
        LogFormat::Json => false,
        LogFormat::Auto => stderr().is_terminal(),
    };
    let lines = tracing_subscriber::fmt::layer().with_writer(move || log.clone());
    let lines = if pretty {
        lines.with_ansi(stderr().is_terminal()).boxed()
    } else {
        lines.json().flatten_event(true).boxed()
    };
    drop(tracing_subscriber::registry().with(lines.with_filter(filter)).try_init());
    // The default hook writes to standard error by itself, and would wait for its reader.
    std::panic::set_hook(Box::new(log_panic));
    Ok(())
}

/// Prints to standard output without waiting for its reader.
///
/// # Errors
/// If no thread can be started.
pub fn print(text: &str) -> io::Result<()> {
    if STDOUT.get().is_none() {
        // The text is short, and nothing else is printed.
        drop(STDOUT.set(Output::start("stdout", stdout(), text.len(), output::REST, |_| {})?));
    }
    if let Some(stdout) = STDOUT.get() {
        stdout.push(text.as_bytes());
    }
    Ok(())
}

/// Writes the failure of the program to standard error: without waiting, if logging has started.
pub fn report_failure(failure: &dyn Display) {
    match LOG.get() {
        Some(log) => log.push(format!("esimpool: {failure}\n").as_bytes()),
        None => eprintln!("esimpool: {failure}"),
    }
}

/// Waits until everything is written, but no longer than two seconds: what is left then is lost.
pub fn flush() {
    let started = Instant::now();
    for output in [&LOG, &STDOUT].into_iter().filter_map(OnceLock::get) {
        output.flush(FLUSH_TIMEOUT.saturating_sub(started.elapsed()));
    }
}

/// How many lines of the log were dropped, or could not be written.
#[must_use]
pub fn dropped_lines() -> u64 {
    LOG.get().map_or(0, Output::dropped)
}

fn report_dropped(lines: u64) {
    tracing::warn!(lines, "lines of the log were dropped: standard error was read too slowly");
}

fn log_panic(panic: &PanicHookInfo<'_>) {
    let (thread, backtrace) = (std::thread::current(), Backtrace::capture());
    let backtrace = (backtrace.status() == BacktraceStatus::Captured).then_some(backtrace);
    tracing::error!(
        thread = thread.name(),
        location = panic.location().map(tracing::field::display),
        backtrace = backtrace.map(tracing::field::display),
        "panicked: {}",
        panic.payload_as_str().unwrap_or("(no message)")
    );
}
