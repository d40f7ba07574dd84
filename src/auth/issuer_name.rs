//! The `iss` of an issuer's tokens: one string, a template with the tenant in it, or, for the
//! development issuer, each URL of the service.

use super::ServiceUrls;
use crate::domain::TenantId;

/// Entra's placeholder in the discovery document of multi-tenant applications.
const PLACEHOLDER: &str = "{tenantid}";

/// The `iss` of an issuer's tokens.
#[derive(Debug)]
pub(super) struct IssuerName {
    name: String,
    form: Form,
}

#[derive(Debug)]
enum Form {
    /// The name itself, letter for letter.
    Exact,
    /// The name, letter for letter, but for the placeholder at this byte offset.
    Template(usize),
    /// The name at any URL of this service.
    Development(ServiceUrls),
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
        let form = name.find(PLACEHOLDER).map_or(Form::Exact, Form::Template);
        Self { name, form }
    }

    /// The name of the development issuer of a service with these URLs.
    pub(super) fn development(urls: ServiceUrls) -> Self {
        let name = ServiceUrls::issuer_name(urls.default_url(), PLACEHOLDER);
        Self { name, form: Form::Development(urls) }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.name
    }

    /// Whether it matches more than one `iss`.
    pub(super) fn is_template(&self) -> bool {
        !matches!(self.form, Form::Exact)
    }

    pub(super) fn is_development(&self) -> bool {
        matches!(self.form, Form::Development(_))
    }

    /// The tenant in the name of a single-tenant issuer: its first path segment that is a GUID.
    pub(super) fn tenant(&self) -> Option<TenantId> {
        self.name.split('/').find_map(TenantId::parse)
    }

    /// How `iss` matches this name, or `None` if it does not.
    pub(super) fn matches(&self, iss: &str) -> Option<NameMatch> {
        match &self.form {
            Form::Exact => (self.name == iss).then_some(NameMatch::Exact),
            Form::Template(start) => {
                let after = &self.name[start + PLACEHOLDER.len()..];
                let tenant = iss.strip_prefix(&self.name[..*start])?.strip_suffix(after)?;
                TenantId::parse(tenant).map(NameMatch::Tenant)
            }
            Form::Development(urls) => urls.tenant_of(iss).map(NameMatch::Tenant),
        }
    }
}
