//! What an issuer calls its claims.

use super::Refusal;
use super::claims::Claims;

/// The names of the claims that say what a token allows. By default they are Entra's. Each may be
/// a path into nested claims, as `realm_access.roles` is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimNames {
    /// The tenant.
    pub tenant: String,
    /// The permissions of an application on behalf of a user.
    pub scopes: Scopes,
    /// The permissions of an application by itself.
    pub roles: String,
}

/// Where delegated permissions stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scopes {
    /// In `scp`, as Entra writes it: one text, divided by blanks.
    Entra,
    /// In the claim of that name: such a text, or a list of texts.
    In(String),
    /// Nowhere: roles are all that counts, whoever has them.
    Nowhere,
}

impl Default for ClaimNames {
    fn default() -> Self {
        Self { tenant: "tid".to_owned(), scopes: Scopes::Entra, roles: "roles".to_owned() }
    }
}

impl ClaimNames {
    /// The scopes of a token, if it has the claim at all.
    pub(super) fn scopes<'c>(&self, claims: &'c Claims) -> Result<Option<Vec<&'c str>>, Refusal> {
        let words = |text: Option<&'c str>| text.map(|text| text.split(' ').collect());
        match &self.scopes {
            Scopes::Entra => claims.text("scp").map(words),
            Scopes::In(name) if claims.at(name).is_some_and(serde_json::Value::is_array) => {
                claims.texts(name)
            }
            Scopes::In(name) => claims.text(name).map(words),
            Scopes::Nowhere => Ok(None),
        }
    }

    /// The roles of a token.
    pub(super) fn roles<'c>(&self, claims: &'c Claims) -> Result<Vec<&'c str>, Refusal> {
        Ok(claims.texts(&self.roles)?.unwrap_or_default())
    }
}
