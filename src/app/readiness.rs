//! Making the database ready, now or when it comes.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::{StartError, wiring};
use crate::config::Settings;
use crate::store::{OpenError, Prepared, Store};

/// How long a start waits for the database before it serves without.
const FIRST_PATIENCE: Duration = Duration::from_secs(2);
/// How often a database that is away is asked again.
const ASK_AGAIN: Duration = Duration::from_millis(500);

/// How far the database has been made ready.
#[derive(Clone, Debug)]
pub enum Readiness {
    /// It is away; the service answers 503 and asks again.
    Waiting,
    /// It is ready.
    Ready(Arc<Prepared>),
    /// It never will be.
    Failed(Arc<OpenError>),
}

/// Makes the database ready, now if it is there, else beside the requests until it comes.
pub(super) async fn prepare(
    store: &Store,
    settings: &Settings,
) -> Result<watch::Receiver<Readiness>, StartError> {
    let (store, migrate) = (store.clone(), settings.database.migrate_on_start);
    let source = wiring::master_key_source(settings);
    let (sender, mut receiver) = watch::channel(Readiness::Waiting);
    tokio::spawn(async move {
        let mut tick = tokio::time::interval(ASK_AGAIN);
        loop {
            tick.tick().await;
            match store.prepare(migrate, &source).await {
                Ok(prepared) => break sender.send_replace(Readiness::Ready(Arc::new(prepared))),
                Err(OpenError::Unavailable(cause)) => {
                    tracing::warn!(cause, "the database is away; asking again");
                }
                Err(error) => break sender.send_replace(Readiness::Failed(Arc::new(error))),
            }
        }
    });
    let decided = receiver.wait_for(|state| !matches!(state, Readiness::Waiting));
    match tokio::time::timeout(FIRST_PATIENCE, decided).await.as_ref().map(|state| state.as_deref())
    {
        Ok(Ok(Readiness::Failed(error))) => return Err(StartError::Database(error.clone())),
        Ok(Ok(Readiness::Ready(_) | Readiness::Waiting) | Err(_)) | Err(_) => {}
    }
    Ok(receiver)
}

/// Waits for the database to prove impossible, which may never happen.
pub(super) async fn failed(readiness: &mut watch::Receiver<Readiness>) -> Arc<OpenError> {
    loop {
        if let Readiness::Failed(error) = &*readiness.borrow_and_update() {
            return error.clone();
        }
        if readiness.changed().await.is_err() {
            // It is ready, and nobody is left to say otherwise.
            std::future::pending::<()>().await;
        }
    }
}
