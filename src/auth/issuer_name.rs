//! The `iss` of an issuer's tokens: one text, or one for each tenant.

use super::guid;
use crate::domain::TenantId;

/// Entra's own placeholder, as it stands in the discovery document of many tenants.
const PLACEHOLDER: &str = "{tenantid}";

/// The `iss` of an issuer's tokens, letter for letter.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct IssuerName {
    text: String,
    /// How long the text before the tenant is.
    tenant_at: Option<usize>,
}

/// What a token's `iss` says, where it is the issuer's name.
pub(super) enum Named {
    /// Nothing about a tenant.
    Plainly,
    /// It is for this tenant, and no other.
    For(TenantId),
}

impl IssuerName {
    pub(super) fn new(text: String) -> Self {
        let tenant_at = text.find(PLACEHOLDER);
        Self { text, tenant_at }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether each tenant has a name of its own.
    pub(super) fn is_template(&self) -> bool {
        self.tenant_at.is_some()
    }

    /// The tenant in the name, where it is one tenant's.
    pub(super) fn tenant(&self) -> Option<TenantId> {
        self.text.split('/').find_map(guid)
    }

    /// What `iss` says, if it is this name.
    pub(super) fn named(&self, iss: &str) -> Option<Named> {
        let Some(at) = self.tenant_at else {
            return (self.text == iss).then_some(Named::Plainly);
        };
        let after = &self.text[at + PLACEHOLDER.len()..];
        let tenant = iss.strip_prefix(&self.text[..at])?.strip_suffix(after)?;
        guid(tenant).map(Named::For)
    }
}
