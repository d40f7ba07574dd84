//! A verified caller.

use std::sync::Arc;

use super::Grants;
use crate::domain::TenantId;

/// The holder of a verified token, and what the token grants. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Caller(Arc<Identity>);

#[derive(Debug)]
struct Identity {
    issuer: Arc<str>,
    tenant: TenantId,
    principal: Principal,
    grants: Grants,
}

/// A user or an application, by the kind of token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// An application on behalf of a user (a token with `scp`).
    User {
        /// The user's immutable id (`oid`, else `sub`).
        user: String,
        /// The application in use (`appid`, `azp` or `client_id`).
        app: String,
    },
    /// An application by itself.
    Application {
        /// The application (`appid`, `azp` or `client_id`, else `sub`).
        app: String,
    },
}

impl Principal {
    /// The id of the application.
    #[must_use]
    pub fn app(&self) -> &str {
        match self {
            Self::User { app, .. } | Self::Application { app } => app,
        }
    }

    /// The id of the user, or `None` for an application by itself.
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

    /// The name of the token's issuer, which is the same for all tokens of one issuer.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.0.issuer
    }

    /// The tenant that the token was issued for.
    #[must_use]
    pub fn tenant(&self) -> TenantId {
        self.0.tenant
    }

    /// The user or application.
    #[must_use]
    pub fn principal(&self) -> &Principal {
        &self.0.principal
    }

    pub(super) fn grants(&self) -> Grants {
        self.0.grants
    }
}
