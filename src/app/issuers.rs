//! Opening the issuers that the settings name, and keeping their keys fresh.

use std::time::Duration;

use tokio::task::JoinSet;

use super::StartError;
use crate::auth::{Authenticator, FetchError, Issuer, KeySet, KeySource, Refresher};
use crate::config::Identity;

/// How long a start waits for issuers' keys before it serves without.
const FIRST_PATIENCE: Duration = Duration::from_secs(2);

/// The issuers of the settings, and what keeps their keys fresh as long as it is kept itself. It
/// runs beside the requests, on the runtime that calls this. A file that cannot be used is a
/// reason not to start; an issuer that cannot be reached is none.
pub(super) async fn open(identity: &Identity) -> Result<(Vec<Issuer>, JoinSet<()>), StartError> {
    let mut issuers = Vec::new();
    let mut refreshing = JoinSet::new();
    for settings in &identity.issuers {
        let issuer = &settings.issuer;
        let failed = |cause| StartError::Keys { issuer: issuer.clone(), cause };
        let source = settings.key_source().map_err(failed)?;
        let known = known(issuer, &source).await.map_err(failed)?;
        let (every, cooldown) = (identity.key_refresh, identity.key_cooldown);
        let (every, cooldown) = (Duration::from_secs(every), Duration::from_secs(cooldown));
        let (keys, refresher) = Refresher::new(source, known, every, cooldown);
        let failed = |cause| StartError::Issuer { issuer: issuer.clone(), cause };
        issuers.push(Issuer::new(settings.policy(), keys).map_err(failed)?);
        refreshing.spawn(refresher.run());
    }
    Ok((issuers, refreshing))
}

/// The keys that must be there already.
async fn known(issuer: &str, source: &KeySource) -> Result<KeySet, FetchError> {
    match source {
        KeySource::File(_) => source.fetch().await,
        KeySource::Http(keys) => {
            keys.check()?;
            if keys.is_exposed() {
                tracing::warn!(
                    issuer,
                    source = %keys,
                    "keys come over plain http: whoever is on the way can put others in their place"
                );
            }
            Ok(KeySet::default())
        }
    }
}

/// Waits a little until every issuer was asked once.
pub(super) async fn first_keys(authenticator: &Authenticator) {
    let all = async {
        for issuer in authenticator.issuers() {
            issuer.first_fetch().await;
        }
    };
    drop(tokio::time::timeout(FIRST_PATIENCE, all).await);
}
