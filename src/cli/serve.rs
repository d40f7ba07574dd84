//! `esimpool serve`

use tokio::signal::unix::{SignalKind, signal};

use super::{Common, Failure, banner, block_on};
use crate::app::{App, Readiness, Surroundings};
use crate::telemetry;

/// Runs the service until it is told to stop.
pub(super) fn serve(common: &Common) -> Result<(), Failure> {
    let config = common.load()?;
    let settings = &config.settings;
    telemetry::init(&settings.log).map_err(|error| format!("log.filter: {error}"))?;
    block_on(async {
        let app = App::start(settings, Surroundings::default()).await?;
        banner::print(&app, settings, common)?;
        report_readiness(&app);
        let handle = app.handle();
        let (mut terminate, mut interrupt) =
            (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        tokio::spawn(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            tracing::info!("stopping: requests under way are let end");
            handle.stop(true).await;
        });
        app.run().await?;
        tracing::info!("stopped");
        Ok(())
    })?
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
