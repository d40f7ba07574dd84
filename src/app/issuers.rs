//! Opens the configured issuers and keeps their keys fresh.

use std::time::Duration;

use tokio::task::JoinSet;

use super::StartError;
use crate::auth::{FetchError, Issuer, KeyLimits, KeySet, KeySetError, KeySource, Refresher};
use crate::config::Identity;

/// How long the start waits for the issuers' keys. Then the service starts without them.
const FIRST_FETCH_TIMEOUT: Duration = Duration::from_secs(2);

/// The configured issuers, and the background tasks that refresh their keys, which end when the set
/// is dropped. An issuer that cannot be reached does not prevent the start, but an unusable file
/// does.
pub(super) async fn open(identity: &Identity) -> Result<(Vec<Issuer>, JoinSet<()>), StartError> {
    let mut issuers = Vec::new();
    let mut refreshers = JoinSet::new();
    let limits = KeyLimits {
        refresh: Duration::from_secs(identity.key_refresh),
        cooldown: Duration::from_secs(identity.key_cooldown),
        max_age: Duration::from_secs(identity.key_max_age),
    };
    for settings in &identity.issuers {
        let issuer = &settings.issuer;
        let failed = |cause| StartError::Keys { issuer: issuer.clone(), cause };
        let source = settings.key_source().map_err(failed)?;
        let known = initial_keys(&source).await.map_err(failed)?;
        let (keys, refresher) = Refresher::new(source, known, limits);
        let failed = |cause| StartError::Issuer { issuer: issuer.clone(), cause };
        issuers.push(Issuer::new(settings.policy(), keys).map_err(failed)?);
        refreshers.spawn(refresher.run());
    }
    Ok((issuers, refreshers))
}

/// The keys to start with: those of a file; none yet from a URL.
async fn initial_keys(source: &KeySource) -> Result<Option<KeySet>, FetchError> {
    match source {
        KeySource::File(_) => match source.fetch().await? {
            keys if keys.is_empty() => Err(KeySetError::NoUsableKey.into()),
            keys => Ok(Some(keys)),
        },
        KeySource::Http(keys) => {
            keys.check()?;
            Ok(None)
        }
    }
}

/// Waits until every issuer's keys were fetched once, or the timeout has passed.
pub(super) async fn first_keys(issuers: &[Issuer]) {
    let fetched = async {
        for issuer in issuers {
            issuer.first_fetch().await;
        }
    };
    drop(tokio::time::timeout(FIRST_FETCH_TIMEOUT, fetched).await);
}
