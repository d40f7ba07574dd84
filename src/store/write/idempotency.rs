//! Idempotency keys as they are stored.

use aws_lc_rs::digest::{Context, SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::auth::{Access, Caller, IdempotencyKey, Permit, Principal};
use crate::domain::{TenantId, Timestamp};
use crate::store::db::{Bind, Engine, Statement, Transaction, Unit, params};
use crate::store::error::StoreError;
use crate::store::key_locks::KeyName;
use crate::vault::TenantKeys;

/// How long a key is remembered: a day, in microseconds.
const REMEMBERED_US: i64 = 24 * 60 * 60 * 1_000_000;

/// A key, its owner, and the request it belongs to.
#[derive(Clone, Debug)]
pub(super) struct StoredKey {
    tenant: TenantId,
    caller: String,
    key: String,
    request: Vec<u8>,
}

impl StoredKey {
    pub(super) fn new<A: Access>(
        permit: &Permit<A>,
        key: &IdempotencyKey,
        keys: &TenantKeys,
    ) -> Self {
        Self {
            tenant: permit.tenant(),
            caller: caller_name(permit.caller()),
            key: key.key.clone(),
            // Keyed: the body has secrets, which could be guessed from a plain digest.
            request: keys.mac(&key.digest).to_vec(),
        }
    }

    pub(super) fn name(&self) -> KeyName {
        (self.tenant, self.caller.clone(), self.key.clone())
    }

    /// The insert that remembers the outcome of the request.
    pub(super) fn insert(&self, replay: &str, at: Timestamp) -> Statement<'static> {
        let (caller, key) = (self.caller.as_str(), self.key.as_str());
        Statement::new(
            "insert into idempotency_keys (tenant_id, caller, key, request, replay, at)
             values ($1, $2, $3, $4, $5, $6)",
            params![self.tenant, caller, key, self.request.clone(), replay, at],
        )
    }

    /// Whether a request with the key has been executed.
    pub(super) async fn is_taken(
        &self,
        transaction: &mut Transaction<'_>,
    ) -> Result<bool, StoreError> {
        let find = Statement::new(
            "select 1 as one
             from idempotency_keys
             where tenant_id = $1 and caller = $2 and key = $3",
            params![self.tenant, self.caller.as_str(), self.key.as_str()],
        );
        Ok(transaction.row::<(i32,)>(find).await?.is_some())
    }

    /// The replay of the request, if it was executed before.
    ///
    /// # Errors
    ///
    /// [`StoreError::KeyReused`] if the key belongs to another request.
    pub(super) async fn recall(
        &self,
        engine: &Engine,
        now: Timestamp,
    ) -> Result<Option<String>, StoreError> {
        let (caller, key) = (self.caller.as_str(), self.key.as_str());
        let find = Statement::new(
            "select request, replay, at
             from idempotency_keys
             where tenant_id = $1 and caller = $2 and key = $3",
            params![self.tenant, caller, key],
        );
        let unit = Unit::of("recall idempotency key", self.tenant.uuid());
        let found: Option<(Vec<u8>, String, Timestamp)> = engine.read_one(unit, find).await?;
        let expired = Timestamp::from_micros(now.micros().saturating_sub(REMEMBERED_US));
        match found {
            None => Ok(None),
            Some((_, _, at)) if at < expired => {
                let forget = Statement::new(
                    "delete from idempotency_keys
                     where tenant_id = $1 and caller = $2 and key = $3 and at < $4",
                    params![self.tenant, caller, key, expired],
                );
                let unit = Unit::of("forget idempotency key", self.tenant.uuid());
                let forgotten = engine.execute(unit, vec![forget.bind(engine.dialect())?]).await;
                forgotten.map_err(StoreError::before_commit)?;
                Ok(None)
            }
            Some((request, ..)) if request != self.request => Err(StoreError::KeyReused),
            Some((_, replay, _)) => Ok(Some(replay)),
        }
    }
}

/// A name of fixed length for a caller. Several issuers may speak for one tenant, and their names
/// for a caller have any length.
fn caller_name(caller: &Caller) -> String {
    let (kind, id, app) = match caller.principal() {
        Principal::User { user, app } => ("user", user, app.as_str()),
        Principal::Application { app } => ("application", app, ""),
    };
    let mut digest = Context::new(&SHA256);
    for part in [caller.issuer(), kind, id, app] {
        digest.update(part.as_bytes());
        digest.update(&[0]);
    }
    URL_SAFE_NO_PAD.encode(digest.finish())
}
