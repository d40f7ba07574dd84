//! The permit: the only key to the data.

use std::fmt;
use std::marker::PhantomData;

use super::{Caller, Permission, Refusal};
use crate::domain::{RequestId, TenantId};

/// An action that a permission allows. Sealed: this module defines all of them.
pub trait Access: sealed::Sealed + Send + Sync + 'static {
    /// The token must grant at least one of these. Ordered from least to most privileged.
    const PERMISSIONS: &'static [Permission];
}

/// Reading pools and what belongs to them.
#[derive(Clone, Copy, Debug)]
pub enum Read {}

/// Changing pools and what belongs to them.
#[derive(Clone, Copy, Debug)]
pub enum Write {}

/// Reading the audit log, for which Graph has other permissions than for pools.
#[derive(Clone, Copy, Debug)]
pub enum ReadAudit {}

/// Giving a code to a device, or revealing the secret of a code.
#[derive(Clone, Copy, Debug)]
pub enum Claim {}

impl Access for Read {
    const PERMISSIONS: &'static [Permission] =
        &[Permission::ConfigurationReadAll, Permission::ConfigurationReadWriteAll];
}

impl Access for Write {
    const PERMISSIONS: &'static [Permission] = &[Permission::ConfigurationReadWriteAll];
}

impl Access for ReadAudit {
    const PERMISSIONS: &'static [Permission] =
        &[Permission::AppsReadAll, Permission::AppsReadWriteAll];
}

impl Access for Claim {
    const PERMISSIONS: &'static [Permission] = &[Permission::ActivationCodeClaimAll];
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Read {}
    impl Sealed for super::Write {}
    impl Sealed for super::ReadAudit {}
    impl Sealed for super::Claim {}
}

/// Proof that a verified caller may do `A` in its tenant, within one request. Only
/// [`Caller::permit`] creates one, and every operation of the store requires one:
///
/// ```
/// # use esimpool::{auth::{Permit, Read, Write}, domain::PoolId, store::Store};
/// async fn look(store: &Store, permit: &Permit<Read>, pool: PoolId) {
///     let _ = store.pool(permit, pool).await;
/// }
/// ```
///
/// A write with a read permit does not compile:
///
/// ```compile_fail,E0308
/// # use std::sync::Arc;
/// # use esimpool::{auth::{Permit, Read, Write}, domain::NewPool, store::Store};
/// async fn change(store: &Store, permit: &Permit<Read>, pool: &Arc<NewPool>) {
///     let _ = store.create_pool(permit, pool).await;
/// }
/// ```
///
/// Neither does an action defined elsewhere, which would need no permission:
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

/// The `Idempotency-Key` of a request that the caller may repeat, with a digest that tells whether
/// a later request under the same key is the same request.
#[derive(Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// The key, chosen by the caller.
    pub key: String,
    /// SHA-256 of the method, path and body.
    pub digest: [u8; 32],
}

impl fmt::Debug for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdempotencyKey(…)")
    }
}

impl Caller {
    /// The permit to do `A` within one request.
    ///
    /// # Errors
    /// [`Refusal::MissingPermission`] if the token grants none of `A`'s permissions.
    pub fn permit<A: Access>(&self, request_id: RequestId) -> Result<Permit<A>, Refusal> {
        if !self.grants().any_of(A::PERMISSIONS) {
            return Err(Refusal::MissingPermission { needed: A::PERMISSIONS });
        }
        let caller = self.clone();
        Ok(Permit { caller, request_id, idempotency_key: None, action: PhantomData })
    }
}

impl<A: Access> Permit<A> {
    /// The same permit, with the idempotency key of the request.
    #[must_use]
    pub fn with_idempotency_key(self, idempotency_key: Option<IdempotencyKey>) -> Self {
        Self { idempotency_key, ..self }
    }

    /// The idempotency key of the request, if it has one.
    #[must_use]
    pub fn idempotency_key(&self) -> Option<&IdempotencyKey> {
        self.idempotency_key.as_ref()
    }

    /// Whether the caller could get a permit to do `B` as well.
    #[must_use]
    pub fn may<B: Access>(&self) -> bool {
        self.caller.grants().any_of(B::PERMISSIONS)
    }

    /// The only tenant whose data this permit gives access to.
    #[must_use]
    pub fn tenant(&self) -> TenantId {
        self.caller.tenant()
    }

    /// The caller that the permit was given to.
    #[must_use]
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// The request that the permit was given for.
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
