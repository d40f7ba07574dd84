//! `esimpool serve`

use std::io::{IsTerminal, stdout};
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

use super::banner;
use super::common::{Common, Failure, block_on};
use super::process_limits;
use crate::app::{App, Readiness, Surroundings};
use crate::config::Secrets;
use crate::telemetry;

/// Runs the service until a signal stops it.
pub(super) fn serve(common: &Common) -> Result<(), Failure> {
    let config = common.load_quietly(Secrets::Read)?;
    let settings = &config.settings;
    telemetry::init(&settings.log)?;
    process_limits::adjust(settings.server.core_dumps);
    for warning in config.warnings() {
        tracing::warn!("{warning}");
    }
    let surroundings = Surroundings {
        token_command: Some(banner::token_command(settings, common)),
        ..Surroundings::default()
    };
    block_on(async {
        // Before anything else, so that a signal during the start is not lost.
        let mut signals = StopSignals::listen()?;
        let app = tokio::select! {
            app = App::start(settings, surroundings) => app?,
            () = signals.received() => return Ok(()),
        };
        telemetry::print(&banner::text(&app, settings, common))?;
        report_readiness(&app);
        // A service on a terminal has no load balancer in front of it.
        let drain = if stdout().is_terminal() { 0 } else { settings.server.drain };
        let drain = Duration::from_secs(drain);
        let stopper = app.stopper();
        let second_signal = async {
            signals.received().await;
            tracing::info!(
                drain_s = drain.as_secs(),
                "stopping: in-flight requests are allowed to finish; a second signal aborts them"
            );
            tokio::select! {
                () = async { stopper.stop(drain).await; std::future::pending().await } => {}
                () = signals.received() => {}
            }
        };
        tokio::select! {
            ended = app.run() => ended?,
            () = second_signal => return Err("aborted by a second signal".into()),
        }
        tracing::info!("stopped");
        Ok(())
    })?
}

/// The signals that stop the service: SIGTERM and SIGINT (Ctrl-C).
struct StopSignals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

impl StopSignals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn received(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Logs what was done to the database once it is ready.
fn report_readiness(app: &App) {
    let mut readiness = app.readiness();
    tokio::spawn(async move {
        let ready = readiness.wait_for(|state| !matches!(state, Readiness::Waiting)).await;
        if let Ok(Readiness::Ready(prepared)) = ready.as_deref() {
            for migration in &prepared.migrations {
                tracing::info!(migration, "schema migrated");
            }
            for warning in &prepared.warnings {
                tracing::warn!("{warning}");
            }
            if let Some(path) = &prepared.new_key_file {
                tracing::warn!(
                    file = %path.display(),
                    "generated a master key; from now on, a backup must include the database and this file"
                );
            }
        }
    });
}
