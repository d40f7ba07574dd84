//! The settings of those who sign in to the development issuer, and of where.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::values::Secret;
use crate::auth::{Application, DevelopmentIssuer, RedirectUri, RedirectUris, User};
use crate::domain::TenantId;

/// One table `[[identity.development.applications]]`: an application that people sign in to.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ApplicationSettings {
    /// The application's id.
    pub client_id: String,
    /// The name that people see. Default: the id.
    pub name: Option<String>,
    /// The secret of a confidential client. Default: a public client. Exclusive with
    /// `client_secret_file`.
    pub client_secret: Option<Secret>,
    /// A file that contains the secret.
    pub client_secret_file: Option<PathBuf>,
    /// Where it may be sent back to.
    #[serde(default)]
    pub redirect_uris: RedirectSettings,
    /// The permissions that it may ask for. Default: any.
    pub permissions: Option<Vec<String>>,
    /// The tenant in which it is registered. Default: every tenant.
    pub tenant: Option<String>,
}

/// The redirect URIs of an application: absolute URIs, paths of the service itself, or `loopback` for
/// any URI of this machine.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct RedirectSettings {
    /// Those of pages.
    pub spa: Vec<String>,
    /// Those of servers.
    pub web: Vec<String>,
    /// Those of programs.
    pub native: Vec<String>,
}

/// One table `[[identity.development.users]]`: a person who can sign in.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct UserSettings {
    /// The object id, a GUID.
    pub id: String,
    /// The name that is shown.
    pub name: String,
    /// The user principal name.
    pub username: String,
    /// The permissions that the user can consent to. Default: any.
    pub permissions: Option<Vec<String>>,
    /// The tenant of the user. Default: a member of every tenant.
    pub tenant: Option<String>,
}

impl ApplicationSettings {
    /// The application. Its settings have no [`faults`](Self::faults).
    #[must_use]
    pub fn application(&self) -> Application {
        let uris =
            |uris: &[String]| uris.iter().filter_map(|uri| RedirectUri::parse(uri).ok()).collect();
        let RedirectSettings { spa, web, native } = &self.redirect_uris;
        let name = self.name.as_ref().unwrap_or(&self.client_id);
        let mut application = Application::new(&self.client_id, name);
        application.redirects =
            RedirectUris { spa: uris(spa), web: uris(web), native: uris(native) };
        application.permissions.clone_from(&self.permissions);
        application.tenant = self.tenant.as_deref().and_then(TenantId::parse);
        match &self.client_secret {
            Some(secret) => application.confidential(secret.expose()),
            None => application,
        }
    }

    /// The faults of this application.
    pub(super) fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if self.client_id.is_empty() {
            faults.push("needs a 'client_id'".to_owned());
        }
        if DevelopmentIssuer::AUDIENCES.contains(&self.client_id.as_str()) {
            faults.push(
                "'client_id' is Microsoft Graph itself, for which its id tokens would be access tokens"
                    .to_owned(),
            );
        }
        if self.client_secret.as_ref().is_some_and(|secret| secret.expose().is_empty()) {
            faults.push("has an empty 'client_secret'".to_owned());
        }
        let RedirectSettings { spa, web, native } = &self.redirect_uris;
        for uri in spa.iter().chain(web).chain(native) {
            if let Err(reason) = RedirectUri::parse(uri) {
                faults.push(format!("the redirect URI '{uri}' {reason}"));
            }
        }
        faults.extend(tenant_fault(self.tenant.as_deref()));
        faults
    }
}

impl UserSettings {
    /// The user. Its settings have no [`faults`](Self::faults).
    #[must_use]
    pub fn user(&self) -> User {
        User {
            id: self.id.to_lowercase(),
            name: self.name.clone(),
            username: self.username.clone(),
            permissions: self.permissions.clone(),
            tenant: self.tenant.as_deref().and_then(TenantId::parse),
        }
    }

    /// The faults of this user.
    pub(super) fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if Uuid::try_parse(&self.id).is_err() {
            faults.push(format!("'id' is '{}', which is not a GUID", self.id));
        }
        for (key, value) in [("name", &self.name), ("username", &self.username)] {
            if value.is_empty() {
                faults.push(format!("has an empty '{key}'"));
            }
        }
        faults.extend(tenant_fault(self.tenant.as_deref()));
        faults
    }
}

fn tenant_fault(tenant: Option<&str>) -> Option<String> {
    let tenant = tenant.filter(|tenant| TenantId::parse(tenant).is_none())?;
    Some(format!("'tenant' is '{tenant}', which is not a GUID"))
}
