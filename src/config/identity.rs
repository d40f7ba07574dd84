//! `identity.…` as types.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::sections::section;
use super::{Secret, Switch};
use crate::auth::{self, IssuerPolicy, Scopes};
use crate::domain::TenantId;

section! {
    /// `identity.…`
    Identity {
        clock_skew: u32,
        key_refresh: u64,
        key_cooldown: u64,
        remembered_tokens: usize,
        development: Development,
        issuers: Vec<Issuer>,
    }
}
section! {
    /// `identity.development.…`
    Development { enabled: Switch, allow_remote: bool, clients: Vec<Client> }
}

/// One `[[identity.issuers]]`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Issuer {
    /// The `iss` of its tokens.
    pub issuer: String,
    /// Any one of these must be a token's `aud`.
    pub audiences: Vec<String>,
    /// The tenants it may speak for: GUIDs or `*`. Default: the GUID in its URL.
    #[serde(default)]
    pub tenants: Vec<String>,
    /// The tenant of all its tokens, which name none or this one.
    pub tenant: Option<String>,
    /// The application of those of its tokens that name none.
    pub application: Option<String>,
    /// Its keys, as a JWKS document on this machine.
    pub jwks_file: Option<PathBuf>,
    /// Where its JWKS document is. Default: where discovery says.
    pub jwks_url: Option<String>,
    /// Where its discovery document is. Default: below the issuer's URL, as OpenID Connect has it.
    pub discovery_url: Option<String>,
    /// The certificates to trust instead of the machine's, in PEM.
    pub ca_file: Option<PathBuf>,
    /// What it calls its claims.
    #[serde(default)]
    pub claims: Claims,
}

/// What an issuer calls its claims. Default: Entra's names.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    /// Default: `tid`.
    pub tenant: Option<String>,
    /// Default: `scp`. Empty: only roles count.
    pub scopes: Option<String>,
    /// Default: `roles`.
    pub roles: Option<String>,
}

/// One `[[identity.development.clients]]`: an application that gets tokens from the development
/// issuer.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Client {
    /// Its id.
    pub client_id: String,
    /// Its secret, …
    pub client_secret: Option<Secret>,
    /// … or a file that holds it.
    pub client_secret_file: Option<PathBuf>,
    /// What its tokens grant; any text.
    pub permissions: Vec<String>,
    /// The one tenant it is registered in. Default: every tenant.
    pub tenant: Option<String>,
    /// What is wrong with its tokens: a kind of `esimpool token --wrong list`.
    pub wrong: Option<String>,
}

impl Issuer {
    /// What the issuer is trusted with.
    #[must_use]
    pub fn policy(&self) -> IssuerPolicy {
        IssuerPolicy {
            issuer: self.issuer.clone(),
            audiences: self.audiences.clone(),
            tenants: self.tenants.clone(),
            tenant: self.tenant.clone(),
            application: self.application.clone(),
            claims: self.claims.names(),
        }
    }

    /// What cannot be, whatever the machine and the network are like.
    pub(super) fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if let Err(error) = auth::Issuer::check(&self.policy()) {
            faults.push(error.to_string());
        }
        let places = [
            ("jwks_file", self.jwks_file.is_some()),
            ("jwks_url", self.jwks_url.is_some()),
            ("discovery_url", self.discovery_url.is_some()),
        ];
        let given: Vec<_> =
            places.iter().filter(|(_, given)| *given).map(|(key, _)| *key).collect();
        if given.len() > 1 {
            faults.push(format!("has {}: give one of them at most", given.join(" and ")));
        } else if let Err(error) = self.key_source() {
            faults.push(error.to_string());
        }
        if self.tenant.is_some() && self.claims.tenant.is_some() {
            faults.push("has both 'tenant' and 'claims.tenant': give one of the two".to_owned());
        }
        faults
    }

    /// Where its keys come from.
    pub fn key_source(&self) -> Result<auth::KeySource, auth::FetchError> {
        if let Some(path) = &self.jwks_file {
            return Ok(auth::KeySource::File(path.clone()));
        }
        let ca_file = self.ca_file.clone();
        let keys = if let Some(url) = &self.jwks_url {
            auth::HttpKeys::at(url, ca_file)
        } else {
            // Entra publishes the keys of all tenants together under the name 'common'.
            let below = self.issuer.replace("{tenantid}", "common");
            let standard =
                format!("{}/.well-known/openid-configuration", below.trim_end_matches('/'));
            let document = self.discovery_url.as_ref().unwrap_or(&standard);
            auth::HttpKeys::discovered(self.issuer.clone(), document, ca_file)
        };
        keys.map(auth::KeySource::Http)
    }
}

impl Claims {
    fn names(&self) -> auth::ClaimNames {
        let defaults = auth::ClaimNames::default();
        auth::ClaimNames {
            tenant: self.tenant.clone().unwrap_or(defaults.tenant),
            scopes: match self.scopes.as_deref() {
                None => Scopes::Entra,
                Some("") => Scopes::Ignored,
                Some(name) => Scopes::Claim(name.to_owned()),
            },
            roles: self.roles.clone().unwrap_or(defaults.roles),
        }
    }
}

impl Client {
    /// What cannot be.
    pub(super) fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if self.client_id.is_empty() {
            faults.push("needs a 'client_id'".to_owned());
        }
        match (&self.client_secret, &self.client_secret_file) {
            (None, None) => faults.push("needs 'client_secret' or 'client_secret_file'".to_owned()),
            (Some(secret), None) if secret.expose().is_empty() => {
                faults.push("has an empty 'client_secret'".to_owned());
            }
            _ => {}
        }
        if let Some(tenant) = &self.tenant
            && TenantId::parse(tenant).is_none()
        {
            faults.push(format!("'tenant' is '{tenant}', which is not a GUID"));
        }
        if let Some(wrong) = &self.wrong
            && auth::Wrong::named(wrong).is_none()
        {
            faults.push(format!(
                "'wrong' is '{wrong}', which is no kind; 'esimpool token --wrong list' prints them"
            ));
        }
        faults
    }
}
