//! What is to happen once, however often it is asked for.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use aws_lc_rs::digest::{Context, SHA256};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tokio::sync::OwnedMutexGuard;

use super::arguments::args;
use super::sql::Sql;
use super::statement::Statement;
use super::{Store, StoreError};
use crate::auth::{Access, Caller, IdempotencyKey, Permit, Principal};
use crate::domain::{TenantId, Timestamp};
use crate::vault::TenantKeys;

/// How long a key is remembered, in microseconds: a day.
const REMEMBERED: i64 = 24 * 60 * 60 * 1_000_000;

/// A key, whose it is, and which request it belongs to.
#[derive(Clone, Debug)]
pub(super) struct Key {
    tenant: TenantId,
    caller: String,
    name: String,
    request: Vec<u8>,
}

impl Key {
    pub(super) fn new<A: Access>(
        permit: &Permit<A>,
        idempotency_key: &IdempotencyKey,
        keys: &TenantKeys,
    ) -> Self {
        Self {
            tenant: permit.tenant(),
            caller: name_of(permit.caller()),
            name: idempotency_key.key.clone(),
            // The body holds secrets; a digest that anybody can compute would let them be guessed.
            request: keys.keyed(&idempotency_key.digest).to_vec(),
        }
    }

    /// Writes the insert that remembers what a request came to.
    pub(super) fn insert(&self, outcome: &str, at: Timestamp, sql: &mut Sql) {
        sql.push(
            "insert into idempotency_keys (tenant_id, caller, key, request, outcome, at)
             values (",
        );
        let (caller, key) = (self.caller.as_str(), self.name.as_str());
        sql.list(args![self.tenant, caller, key, self.request.clone(), outcome, at]).push(")");
    }
}

/// A name of fixed length for whoever has the key: of one tenant several issuers may tell, and what
/// they call a caller has any length.
fn name_of(caller: &Caller) -> String {
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

impl Store {
    /// What the request of this key came to, if it has been made: its memo. Another request under
    /// the same key is refused.
    pub(super) async fn recall(
        &self,
        key: &Key,
        now: Timestamp,
    ) -> Result<Option<String>, StoreError> {
        let (caller, name) = (key.caller.as_str(), key.name.as_str());
        let found = Statement::new(
            "select request, outcome, at from idempotency_keys
             where tenant_id = $1 and caller = $2 and key = $3",
            args![key.tenant, caller, name],
        );
        let found: Option<(Vec<u8>, String, Timestamp)> = self.0.engine.read_one(found).await?;
        let expired = Timestamp::from_micros(now.micros().saturating_sub(REMEMBERED));
        match found {
            None => Ok(None),
            Some((_, _, at)) if at < expired => {
                let forget = Statement::new(
                    "delete from idempotency_keys
                     where tenant_id = $1 and caller = $2 and key = $3 and at < $4",
                    args![key.tenant, caller, name, expired],
                );
                let forget = forget.encode(self.0.engine.dialect())?;
                self.0.engine.apply(vec![forget]).await?;
                Ok(None)
            }
            Some((request, ..)) if request != key.request => Err(StoreError::KeyReused),
            Some((_, outcome, _)) => Ok(Some(outcome)),
        }
    }
}

/// Requests of one key wait for each other here, and hold nothing else meanwhile.
#[derive(Debug, Default)]
pub(super) struct Turns(Mutex<HashMap<KeyName, Weak<Turn>>>);

/// Tenant, caller and key.
type KeyName = (TenantId, String, String);
type Turn = tokio::sync::Mutex<()>;

impl Turns {
    /// So many keys are kept before those that nobody waits for are dropped.
    const MANY: usize = 1024;

    /// Waits for the turn of this request. The next one's comes when this is dropped.
    pub(super) async fn take(&self, key: &Key) -> OwnedMutexGuard<()> {
        let turn = {
            let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if turns.len() >= Self::MANY {
                turns.retain(|_, turn| turn.strong_count() > 0);
            }
            let name = (key.tenant, key.caller.clone(), key.name.clone());
            let known = turns.get(&name).and_then(Weak::upgrade);
            known.unwrap_or_else(|| {
                let turn = Arc::new(Turn::new(()));
                turns.insert(name, Arc::downgrade(&turn));
                turn
            })
        };
        turn.lock_owned().await
    }
}
