//! The `iss` of an issuer's tokens: one string, or a template with the tenant in it.

use crate::domain::TenantId;

/// Entra's placeholder in the discovery document of multi-tenant applications.
const PLACEHOLDER: &str = "{tenantid}";

/// The `iss` of an issuer's tokens, compared letter for letter.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct IssuerName {
    name: String,
    /// The byte offset of the placeholder.
    placeholder: Option<usize>,
}

/// How a token's `iss` matches an issuer's name.
pub(super) enum NameMatch {
    /// Exactly; it says nothing about a tenant.
    Exact,
    /// By the template, with this tenant in it.
    Tenant(TenantId),
}

impl IssuerName {
    pub(super) fn new(name: String) -> Self {
        let placeholder = name.find(PLACEHOLDER);
        Self { name, placeholder }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.name
    }

    pub(super) fn is_template(&self) -> bool {
        self.placeholder.is_some()
    }

    /// The tenant in the name of a single-tenant issuer: its first path segment that is a GUID.
    pub(super) fn tenant(&self) -> Option<TenantId> {
        self.name.split('/').find_map(TenantId::parse)
    }

    /// How `iss` matches this name, or `None` if it does not.
    pub(super) fn matches(&self, iss: &str) -> Option<NameMatch> {
        let Some(start) = self.placeholder else {
            return (self.name == iss).then_some(NameMatch::Exact);
        };
        let after = &self.name[start + PLACEHOLDER.len()..];
        let tenant = iss.strip_prefix(&self.name[..start])?.strip_suffix(after)?;
        TenantId::parse(tenant).map(NameMatch::Tenant)
    }
}
