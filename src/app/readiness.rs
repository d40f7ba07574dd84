//! Prepares the database, now or once it can be reached.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::{StartError, wiring};
use crate::config::Settings;
use crate::store::{OpenError, Prepared, Store};

/// How long a start waits for the database before it serves without.
const START_TIMEOUT: Duration = Duration::from_secs(2);
/// The pause between two attempts to reach the database.
const RETRY_INTERVAL: Duration = Duration::from_millis(500);

/// Whether the database can be used.
#[derive(Clone, Debug)]
pub enum Readiness {
    /// It cannot be reached; the service responds with 503 and tries again.
    Waiting,
    /// It can be used.
    Ready(Arc<Prepared>),
    /// It can never be used.
    Failed(Arc<OpenError>),
}

/// Prepares the database: now if it can be reached, else in the background until it can.
pub(super) async fn prepare(
    store: &Store,
    settings: &Settings,
) -> Result<watch::Receiver<Readiness>, StartError> {
    let (store, migrate) = (store.clone(), settings.database.migrate_on_start);
    let source = wiring::master_key_source(settings);
    let (sender, mut receiver) = watch::channel(Readiness::Waiting);
    tokio::spawn(async move {
        let mut tick = tokio::time::interval(RETRY_INTERVAL);
        loop {
            tick.tick().await;
            match store.prepare(migrate, &source).await {
                Ok(prepared) => break sender.send_replace(Readiness::Ready(Arc::new(prepared))),
                Err(OpenError::Unavailable(cause)) => {
                    tracing::warn!(cause, "the database cannot be reached; trying again");
                }
                Err(error) => break sender.send_replace(Readiness::Failed(Arc::new(error))),
            }
        }
    });
    let decided = receiver.wait_for(|state| !matches!(state, Readiness::Waiting));
    match tokio::time::timeout(START_TIMEOUT, decided).await.as_ref().map(|state| state.as_deref())
    {
        Ok(Ok(Readiness::Failed(error))) => return Err(StartError::Database(error.clone())),
        Ok(Ok(Readiness::Ready(_) | Readiness::Waiting) | Err(_)) | Err(_) => {}
    }
    Ok(receiver)
}

/// Waits until the database has failed, which may never happen.
pub(super) async fn failed(readiness: &mut watch::Receiver<Readiness>) -> Arc<OpenError> {
    loop {
        if let Readiness::Failed(error) = &*readiness.borrow_and_update() {
            return error.clone();
        }
        if readiness.changed().await.is_err() {
            // It is ready, which is final.
            std::future::pending::<()>().await;
        }
    }
}
