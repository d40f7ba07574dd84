//! The permit: the only key to the data.

use std::fmt;
use std::marker::PhantomData;

use super::{Caller, Permission};
use crate::domain::{RequestId, TenantId};

/// An action that permissions allow. Sealed: there are the actions of this module and no others.
pub trait Access: sealed::Sealed + Send + Sync + 'static {
    /// One of these must be in the token, from least to most privileged.
    const PERMISSIONS: &'static [Permission];
}

/// Looking at pools and what belongs to them.
#[derive(Clone, Copy, Debug)]
pub enum Read {}

/// Changing them.
#[derive(Clone, Copy, Debug)]
pub enum Write {}

/// Taking a code out of a pool, secret included.
#[derive(Clone, Copy, Debug)]
pub enum Claim {}

impl Access for Read {
    const PERMISSIONS: &'static [Permission] =
        &[Permission::ConfigurationReadAll, Permission::ConfigurationReadWriteAll];
}

impl Access for Write {
    const PERMISSIONS: &'static [Permission] = &[Permission::ConfigurationReadWriteAll];
}

impl Access for Claim {
    const PERMISSIONS: &'static [Permission] = &[Permission::ActivationCodeClaimAll];
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Read {}
    impl Sealed for super::Write {}
    impl Sealed for super::Claim {}
}

/// Proof that a verified caller may do `A` in its tenant, within one request. Only
/// [`Caller::permit`] makes one; every operation of the store demands one. To look with it:
///
/// ```
/// # use esimpool::{auth::{Permit, Read, Write}, domain::PoolId, store::Store};
/// async fn look(store: &Store, permit: &Permit<Read>, pool: PoolId) {
///     let _ = store.pool(permit, pool).await;
/// }
/// ```
///
/// To change something with that one does not compile:
///
/// ```compile_fail,E0308
/// # use std::sync::Arc;
/// # use esimpool::{auth::{Permit, Read, Write}, domain::NewPool, store::Store};
/// async fn change(store: &Store, permit: &Permit<Read>, pool: &Arc<NewPool>) {
///     let _ = store.create_pool(permit, pool).await;
/// }
/// ```
///
/// Nor does an action of one's own, which would need no permission:
///
/// ```compile_fail,E0277
/// # use esimpool::auth::{Access, Permission};
/// enum Everything {}
/// impl Access for Everything {
///     const PERMISSIONS: &'static [Permission] = &[];
/// }
/// ```
pub struct Permit<A: Access> {
    caller: Caller,
    request_id: RequestId,
    idempotency_key: Option<IdempotencyKey>,
    action: PhantomData<A>,
}

/// What a caller says of a request that it may send again (`Idempotency-Key`): its key, and a
/// digest of the request, by which the same one is known.
#[derive(Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// The caller's own name for what it wants done once.
    pub key: String,
    /// SHA-256 of verb, path and body.
    pub digest: [u8; 32],
}

impl fmt::Debug for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdempotencyKey(…)")
    }
}

impl<A: Access> Permit<A> {
    pub(super) fn new(caller: Caller, request_id: RequestId) -> Self {
        Self { caller, request_id, idempotency_key: None, action: PhantomData }
    }

    /// The same permit for a request that may come again.
    #[must_use]
    pub fn with_idempotency_key(self, idempotency_key: Option<IdempotencyKey>) -> Self {
        Self { idempotency_key, ..self }
    }

    /// What the caller says of sending it again.
    #[must_use]
    pub fn idempotency_key(&self) -> Option<&IdempotencyKey> {
        self.idempotency_key.as_ref()
    }

    /// The tenant whose data this permit opens, and no other's.
    #[must_use]
    pub fn tenant(&self) -> TenantId {
        self.caller.tenant()
    }

    /// Who is acting.
    #[must_use]
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// The request this permit was given for.
    #[must_use]
    pub fn request_id(&self) -> RequestId {
        self.request_id
    }
}

impl<A: Access> fmt::Debug for Permit<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Permit({:?}, {})", self.caller, self.request_id)
    }
}
