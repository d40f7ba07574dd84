//! The names that an issuer gives to its claims.

use super::Refusal;
use super::token_claims::TokenClaims;

/// The names of the claims that decide what a token allows; Entra's by default. A name may be a
/// path into nested claims, such as `realm_access.roles`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimNames {
    /// The tenant.
    pub tenant: String,
    /// The permissions of an application on behalf of a user.
    pub scopes: Scopes,
    /// The permissions of an application by itself: a string separated by spaces, a list of strings, or
    /// an object whose members are the permissions.
    pub roles: String,
    /// The application. Default: `appid`, else `azp`, else `client_id`.
    pub application: Option<String>,
    /// The user. Default: `oid`, else `sub`.
    pub user: Option<String>,
}

/// Where an issuer puts delegated permissions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scopes {
    /// In `scp`, as Entra writes it: one string, separated by spaces.
    Entra,
    /// In the claim of this name: a string separated by spaces, or a list of strings.
    Claim(String),
    /// In no claim: only roles count, for users and applications alike.
    Ignored,
}

impl Default for ClaimNames {
    fn default() -> Self {
        Self {
            tenant: "tid".to_owned(),
            scopes: Scopes::Entra,
            roles: "roles".to_owned(),
            application: None,
            user: None,
        }
    }
}

impl ClaimNames {
    /// The scopes of a token, or `None` if it has no such claim.
    pub(super) fn scopes<'c>(
        &self,
        claims: &'c TokenClaims,
    ) -> Result<Option<Vec<&'c str>>, Refusal> {
        let words = |scopes: Option<&'c str>| scopes.map(|scopes| scopes.split(' ').collect());
        match &self.scopes {
            Scopes::Entra => claims.string("scp").map(words),
            Scopes::Claim(name) if claims.get(name).is_some_and(serde_json::Value::is_array) => {
                claims.strings(name)
            }
            Scopes::Claim(name) => claims.string(name).map(words),
            Scopes::Ignored => Ok(None),
        }
    }

    pub(super) fn roles<'c>(&self, claims: &'c TokenClaims) -> Result<Vec<&'c str>, Refusal> {
        Ok(claims.names_at(&self.roles)?.unwrap_or_default())
    }

    /// The application that a token names.
    pub(super) fn application<'c>(
        &self,
        claims: &'c TokenClaims,
    ) -> Result<Option<&'c str>, Refusal> {
        first(claims, self.application.as_deref(), &["appid", "azp", "client_id"])
    }

    /// The user that a token names, which is the application in a token for an application.
    pub(super) fn user<'c>(&self, claims: &'c TokenClaims) -> Result<Option<&'c str>, Refusal> {
        first(claims, self.user.as_deref(), &["oid", "sub"])
    }
}

/// The string in the claim of the settings, else in the first of the usual ones that the token has.
fn first<'c>(
    claims: &'c TokenClaims,
    named: Option<&str>,
    usual: &[&str],
) -> Result<Option<&'c str>, Refusal> {
    if let Some(name) = named {
        return claims.string(name);
    }
    for name in usual {
        if let Some(text) = claims.string(name)? {
            return Ok(Some(text));
        }
    }
    Ok(None)
}
