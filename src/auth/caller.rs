//! A verified caller.

use std::sync::Arc;

use super::{CarriedPermissions, Grants};
use crate::domain::TenantId;

/// The holder of a verified token, and what the token grants. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Caller(Arc<Identity>);

#[derive(Debug)]
struct Identity {
    issuer: Arc<str>,
    tenant: TenantId,
    principal: Principal,
    app_name: Option<String>,
    permissions: CarriedPermissions,
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
        app_name: Option<String>,
        permissions: CarriedPermissions,
    ) -> Self {
        Self(Arc::new(Identity { issuer, tenant, principal, app_name, permissions }))
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

    /// The name of the application, if the token has one (`app_displayname`). Nothing vouches for it.
    #[must_use]
    pub fn app_name(&self) -> Option<&str> {
        self.0.app_name.as_deref()
    }

    /// The permissions that the token carries.
    #[must_use]
    pub fn permissions(&self) -> &CarriedPermissions {
        &self.0.permissions
    }

    pub(super) fn grants(&self) -> Grants {
        self.0.permissions.grants()
    }
}
