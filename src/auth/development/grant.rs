//! What a person granted to an application, and where a request for it arrived.

use super::redirect::Kinds;
use super::refusal::GrantRefusal;
use super::scopes::Scopes;
use super::user::User;
use crate::domain::{TenantId, Timestamp};

/// Where and when a request arrived at the identity provider.
#[derive(Clone, Copy, Debug)]
pub struct Endpoint<'a> {
    /// The URL of the service that the client used: `https://localhost:8443`.
    pub service: &'a str,
    /// The tenant in the path.
    pub tenant: &'a str,
    /// The origin of the page that sent the request (the header `Origin`).
    pub origin: Option<&'a str>,
    /// The time.
    pub now: Timestamp,
}

/// What a person granted to an application.
#[derive(Clone, Debug)]
pub(super) struct Grant {
    /// The application's id.
    pub(super) application: String,
    pub(super) user: User,
    pub(super) tenant: TenantId,
    pub(super) scopes: Scopes,
    /// The origin of the page that redeemed it. `None`: it was no page.
    pub(super) origin: Option<String>,
}

impl Endpoint<'_> {
    /// The tenant in the path, or `None` for those names that stand for the user's own tenant.
    pub(super) fn directory(&self) -> Result<Option<TenantId>, GrantRefusal> {
        match self.tenant {
            "common" | "organizations" => Ok(None),
            tenant => match TenantId::parse(tenant) {
                Some(tenant) => Ok(Some(tenant)),
                None => Err(GrantRefusal::Tenant(tenant.to_owned())),
            },
        }
    }

    /// Refuses a page, for what pages do not do.
    pub(super) fn refuse_pages(&self) -> Result<(), GrantRefusal> {
        self.origin.map_or(Ok(()), |origin| Err(GrantRefusal::CrossOrigin(origin.to_owned())))
    }

    /// Refuses a page that is not the application's own, and whatever is no page in its place. `own` is
    /// the origin of its redirect URI.
    pub(super) fn check_redeemer(
        &self,
        kinds: Kinds,
        own: Option<&str>,
    ) -> Result<(), GrantRefusal> {
        match self.origin {
            Some(origin) if kinds.spa && own == Some(origin) => Ok(()),
            Some(origin) => Err(GrantRefusal::CrossOrigin(origin.to_owned())),
            None if kinds.web || kinds.native => Ok(()),
            None => Err(GrantRefusal::NotCrossOrigin),
        }
    }
}

impl Grant {
    /// Refuses another application and another tenant.
    pub(super) fn check(
        &self,
        application: &str,
        endpoint: &Endpoint<'_>,
    ) -> Result<(), GrantRefusal> {
        if self.application != application {
            return Err(GrantRefusal::Grant);
        }
        match endpoint.directory()? {
            Some(tenant) if tenant != self.tenant => Err(GrantRefusal::OtherTenant),
            _ => Ok(()),
        }
    }
}
