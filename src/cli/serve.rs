//! `esimpool serve`

use tokio::signal::unix::{SignalKind, signal};

use super::{Common, Failure, banner, block_on};
use crate::app::{App, Readiness, Surroundings};
use crate::config::Secrets;
use crate::telemetry;

/// Runs the service until it is told to stop.
pub(super) fn serve(common: &Common) -> Result<(), Failure> {
    let config = common.load(Secrets::Read)?;
    let settings = &config.settings;
    telemetry::init(&settings.log).map_err(|error| format!("log.filter: {error}"))?;
    block_on(async {
        // Before anything else: whoever starts this may change their mind at once.
        let mut stop = Stop::listen()?;
        let app = tokio::select! {
            app = App::start(settings, Surroundings::default()) => app?,
            () = stop.told() => return Ok(()),
        };
        banner::print(&app, settings, common)?;
        report_readiness(&app);
        let handle = app.handle();
        tokio::spawn(async move {
            stop.told().await;
            tracing::info!("stopping: requests under way are let end; a second signal ends them");
            let drained = handle.stop(true);
            tokio::select! {
                () = drained => {}
                () = stop.told() => handle.stop(false).await,
            }
        });
        app.run().await?;
        tracing::info!("stopped");
        Ok(())
    })?
}

/// The signals that ask for an end: SIGTERM, and what Ctrl-C sends.
struct Stop {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

impl Stop {
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn told(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Says what was done to the database, now or when it comes.
fn report_readiness(app: &App) {
    let mut readiness = app.readiness();
    tokio::spawn(async move {
        let ready = readiness.wait_for(|state| !matches!(state, Readiness::Waiting)).await;
        if let Ok(Readiness::Ready(prepared)) = ready.as_deref() {
            for migration in &prepared.migrations {
                tracing::info!(migration, "schema migrated");
            }
            if let Some(path) = &prepared.new_key_file {
                tracing::warn!(
                    file = %path.display(),
                    "made a master key: from now on, a backup is the database and this file"
                );
            }
        }
    });
}
