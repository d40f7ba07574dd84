//! The applications that people can sign in to.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{Digest, SHA256, digest};

use super::issuer::DevelopmentIssuer;
use super::parameters::Parameters;
use super::redirect::{RedirectUri, RedirectUris};
use super::refusal::GrantRefusal;
use crate::auth::Permission;
use crate::domain::TenantId;

/// An application that gets tokens on behalf of people.
#[derive(Clone, Debug)]
pub struct Application {
    /// The client id.
    pub id: String,
    /// The name that people see when they sign in.
    pub name: String,
    /// SHA-256 of its secret. `None`: a public client.
    secret: Option<Digest>,
    /// Where it may be sent back to.
    pub redirects: RedirectUris,
    /// The permissions that it may ask for. `None`: any.
    pub permissions: Option<Vec<String>>,
    /// The tenant in which it is registered. `None`: every tenant.
    pub tenant: Option<TenantId>,
}

impl Application {
    /// A public client without redirect URIs, registered in every tenant, that may ask for anything.
    #[must_use]
    pub fn new(id: &str, name: &str) -> Self {
        Self {
            id: id.to_owned(),
            name: name.to_owned(),
            secret: None,
            redirects: RedirectUris::default(),
            permissions: None,
            tenant: None,
        }
    }

    /// The same application with a secret.
    #[must_use]
    pub fn confidential(self, secret: &str) -> Self {
        Self { secret: Some(digest(&SHA256, secret.as_bytes())), ..self }
    }

    /// The application of a service whose settings name none: any page or program of this machine.
    pub(super) fn of_this_machine() -> Self {
        let loopback = || vec![RedirectUri::Loopback];
        let redirects = RedirectUris { spa: loopback(), web: Vec::new(), native: loopback() };
        let name = "esimpool development application";
        Self { redirects, ..Self::new(DevelopmentIssuer::PUBLIC_APP, name) }
    }

    /// The console of the service.
    pub(super) fn console() -> Self {
        let here = vec![RedirectUri::Here(DevelopmentIssuer::CONSOLE_PATH.to_owned())];
        let redirects = RedirectUris { spa: here, ..RedirectUris::default() };
        Self { redirects, ..Self::new(DevelopmentIssuer::CONSOLE_APP, "esimpool console") }
    }

    pub(super) fn is_in(&self, tenant: Option<TenantId>) -> bool {
        tenant.is_none() || self.tenant.is_none() || self.tenant == tenant
    }

    /// Whether the application may ask for a permission.
    pub(super) fn may_ask(&self, permission: &str) -> bool {
        let has = |all: &Vec<String>| all.iter().any(|it| it.eq_ignore_ascii_case(permission));
        self.permissions.as_ref().is_none_or(has)
    }

    /// What `.default` stands for.
    pub(super) fn default_permissions(&self) -> Vec<String> {
        let all = || Permission::ALL.map(|permission| permission.name().to_owned()).to_vec();
        self.permissions.clone().unwrap_or_else(all)
    }

    pub(super) fn is_public(&self) -> bool {
        self.secret.is_none()
    }

    /// Checks that a request is by the application itself.
    pub(super) fn authenticate(&self, parameters: &Parameters) -> Result<(), GrantRefusal> {
        match (&self.secret, parameters.get("client_secret")) {
            (None, None) => Ok(()),
            (None, Some(_)) => Err(GrantRefusal::Public),
            (Some(_), None) => Err(GrantRefusal::Confidential),
            (Some(known), Some(secret)) => {
                let secret = digest(&SHA256, secret.as_bytes());
                verify_slices_are_equal(secret.as_ref(), known.as_ref())
                    .map_err(|_| GrantRefusal::Secret)
            }
        }
    }
}
