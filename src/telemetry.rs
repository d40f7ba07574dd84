//! Logging to standard error.

use std::io::{IsTerminal, stderr};

use tracing_subscriber::filter::{ParseError, Targets};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{Log, LogFormat};

/// Starts logging to standard error. Further calls in the same process have no effect.
///
/// # Errors
/// If the filter is invalid.
pub fn init(settings: &Log) -> Result<(), ParseError> {
    let filter: Targets = settings.filter.parse()?;
    let pretty = match settings.format {
        LogFormat::Pretty => true,
        LogFormat::Json => false,
        LogFormat::Auto => stderr().is_terminal(),
    };
    let lines = tracing_subscriber::fmt::layer().with_writer(stderr);
    let lines = if pretty {
        lines.with_ansi(stderr().is_terminal()).boxed()
    } else {
        lines.json().flatten_event(true).boxed()
    };
    // Only tests start several services in one process, which share the first one's logger.
    drop(tracing_subscriber::registry().with(lines.with_filter(filter)).try_init());
    Ok(())
}
