//! The types of the `identity` section.

use std::path::PathBuf;

use serde::{Deserialize, Serialize, Serializer};

use super::sign_in::{ApplicationSettings, UserSettings};
use super::values::{Secret, Switch, section};
use crate::auth::{self, DevelopmentIssuer, IssuerPolicy, Scopes};
use crate::domain::TenantId;

section! {
    /// `identity.…`
    Identity {
        clock_skew: u32,
        key_refresh: u64,
        key_cooldown: u64,
        key_max_age: u64,
        token_cache_size: usize,
        development: Development,
        issuers: Vec<IssuerSettings>,
    }
}
section! {
    /// `identity.development.…`
    Development {
        enabled: Switch,
        allow_remote: bool,
        clients: Vec<ClientSettings>,
        applications: Vec<ApplicationSettings>,
        users: Vec<UserSettings>,
    }
}

/// One table `[[identity.issuers]]`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct IssuerSettings {
    /// The `iss` of its tokens.
    #[serde(serialize_with = "masked")]
    pub issuer: String,
    /// The accepted values of `aud`.
    pub audiences: Vec<String>,
    /// The tenants that it may issue tokens for: GUIDs, or `*` for any. Default: the GUID in its URL.
    #[serde(default)]
    pub tenants: Vec<String>,
    /// The tenant of all its tokens, which need not name one.
    pub tenant: Option<String>,
    /// The application of tokens that name none.
    pub application: Option<String>,
    /// The file of its JWKS document.
    pub jwks_file: Option<PathBuf>,
    /// The URL of its JWKS document. Default: from the discovery document.
    #[serde(serialize_with = "masked_option")]
    pub jwks_url: Option<String>,
    /// The URL of its discovery document. Default: below the issuer's URL, as OpenID Connect defines
    /// it.
    #[serde(serialize_with = "masked_option")]
    pub discovery_url: Option<String>,
    /// The certificates to trust instead of the system's, in PEM.
    pub ca_file: Option<PathBuf>,
    /// The names of its claims.
    #[serde(default)]
    pub claims: ClaimSettings,
}

/// The hosts of Entra's issuers.
const ENTRA: [&str; 2] = ["login.microsoftonline.com", "sts.windows.net"];

/// The names of an issuer's claims. Default: Entra's.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimSettings {
    /// Default: `tid`.
    pub tenant: Option<String>,
    /// Default: `scp`. Empty: only roles count.
    pub scopes: Option<String>,
    /// Default: `roles`.
    pub roles: Option<String>,
    /// Default: `appid`, else `azp`, else `client_id`.
    pub application: Option<String>,
    /// Default: `oid`, else `sub`.
    pub user: Option<String>,
}

/// One table `[[identity.development.clients]]`: an application that gets tokens from the
/// development issuer.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ClientSettings {
    /// The application's id.
    pub client_id: String,
    /// The secret. Exclusive with `client_secret_file`.
    pub client_secret: Option<Secret>,
    /// A file that contains the secret.
    pub client_secret_file: Option<PathBuf>,
    /// The permissions of its tokens; any strings.
    pub permissions: Vec<String>,
    /// The tenant in which it is registered. Default: every tenant.
    pub tenant: Option<String>,
    /// The fault of its tokens, from `esimpool token --wrong list`.
    pub wrong: Option<String>,
}

impl IssuerSettings {
    /// The policy for the issuer's tokens.
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

    /// The faults that show without looking at files or the network.
    pub(super) fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let authority = self.issuer.split("://").nth(1).unwrap_or(&self.issuer).split('/').next();
        if authority.is_some_and(|authority| authority.contains('@')) {
            faults.push(
                "'issuer' must not contain a user or a password, since it is compared with the \
                 tokens' iss; 'discovery_url' and 'jwks_url' may"
                    .to_owned(),
            );
        }
        if let Err(error) = auth::Issuer::check(&self.policy()) {
            faults.push(error.to_string());
        }
        let sources = [
            ("jwks_file", self.jwks_file.is_some()),
            ("jwks_url", self.jwks_url.is_some()),
            ("discovery_url", self.discovery_url.is_some()),
        ];
        let given: Vec<_> =
            sources.iter().filter(|(_, given)| *given).map(|(key, _)| *key).collect();
        if given.len() > 1 {
            faults.push(format!("{} exclude each other: remove all but one", given.join(" and ")));
        } else {
            match self.key_source() {
                Err(error) => faults.push(error.to_string()),
                Ok(auth::KeySource::Http(keys)) if keys.is_exposed() => faults.push(format!(
                    "its keys would be fetched over plain http from another machine ({keys}), and could be \
                     replaced in transit: use https, or 'jwks_file'"
                )),
                Ok(_) => {}
            }
        }
        let graphs = |audience: &String| DevelopmentIssuer::AUDIENCES.contains(&audience.as_str());
        let entra = authority.is_some_and(|host| ENTRA.contains(&host));
        if let Some(audience) = self.audiences.iter().find(|audience| entra && graphs(audience)) {
            faults.push(format!(
                "'audiences' holds '{audience}', which is Microsoft Graph: only Graph can verify the tokens \
                 that Entra issues for it; register an application of your own and name it here"
            ));
        }
        if self.tenant.is_some() && self.claims.tenant.is_some() {
            faults.push(
                "'tenant' and 'claims.tenant' exclude each other: remove one of them".to_owned(),
            );
        }
        faults
    }

    /// The source of its keys.
    ///
    /// # Errors
    /// If a URL is invalid.
    pub fn key_source(&self) -> Result<auth::KeySource, auth::FetchError> {
        if let Some(path) = &self.jwks_file {
            return Ok(auth::KeySource::File(path.clone()));
        }
        let ca_file = self.ca_file.clone();
        let keys = if let Some(url) = &self.jwks_url {
            auth::HttpKeys::at(url, ca_file)
        } else {
            // Entra publishes the keys of all tenants together, under the name 'common'.
            let base = self.issuer.replace("{tenantid}", "common");
            let standard =
                format!("{}/.well-known/openid-configuration", base.trim_end_matches('/'));
            let document = self.discovery_url.as_ref().unwrap_or(&standard);
            auth::HttpKeys::discovered(self.issuer.clone(), document, ca_file)
        };
        keys.map(auth::KeySource::Http)
    }
}

fn masked<S: Serializer>(url: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&auth::masked_url(url))
}

#[expect(clippy::ref_option, reason = "as serde calls it")]
fn masked_option<S: Serializer>(url: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
    url.as_deref().map(auth::masked_url).serialize(serializer)
}

impl ClaimSettings {
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
            application: self.application.clone(),
            user: self.user.clone(),
        }
    }
}

impl ClientSettings {
    /// The faults of this client.
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
                "'wrong' is '{wrong}', which is unknown; 'esimpool token --wrong list' prints the values"
            ));
        }
        faults
    }
}
