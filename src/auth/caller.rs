//! A verified caller.

use std::sync::Arc;

use super::{Access, Grants, Permit, Refusal};
use crate::domain::{RequestId, TenantId};

/// Who sent a verified token, and what it grants. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Caller(Arc<Identity>);

#[derive(Debug)]
struct Identity {
    issuer: Arc<str>,
    tenant: TenantId,
    principal: Principal,
    grants: Grants,
}

/// The kind of caller, by the kind of its token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// An application on behalf of a user (a token with `scp`).
    User {
        /// The user's immutable id (`oid`, else `sub`).
        user: String,
        /// The application it came through (`appid`, `azp` or `client_id`).
        app: String,
    },
    /// An application by itself.
    Application {
        /// The application (`appid`, `azp` or `client_id`, else `sub`).
        app: String,
    },
}

impl Principal {
    /// The application.
    #[must_use]
    pub fn app(&self) -> &str {
        match self {
            Self::User { app, .. } | Self::Application { app } => app,
        }
    }

    /// The user, where there is one.
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        match self {
            Self::User { user, .. } => Some(user),
            Self::Application { .. } => None,
        }
    }
}

impl Caller {
    pub(super) fn new(
        issuer: Arc<str>,
        tenant: TenantId,
        principal: Principal,
        grants: Grants,
    ) -> Self {
        Self(Arc::new(Identity { issuer, tenant, principal, grants }))
    }

    /// The issuer that says so.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.0.issuer
    }

    /// The tenant that issued the token to this caller.
    #[must_use]
    pub fn tenant(&self) -> TenantId {
        self.0.tenant
    }

    /// Who it is.
    #[must_use]
    pub fn principal(&self) -> &Principal {
        &self.0.principal
    }

    /// The permit to do `A` within one request, if the token grants any permission for it.
    pub fn permit<A: Access>(&self, request_id: RequestId) -> Result<Permit<A>, Refusal> {
        if self.0.grants.any_of(A::PERMISSIONS) {
            Ok(Permit::new(self.clone(), request_id))
        } else {
            Err(Refusal::MissingPermission { needed: A::PERMISSIONS })
        }
    }
}
