//! The development issuer as an identity provider: which applications get tokens, and what they
//! are told otherwise. Entra's words and codes, so that its clients show what they show there.

use std::time::Duration;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{Digest, SHA256, digest};

use super::{DevelopmentIssuer, TokenRequest, Wrong};
use crate::auth::guid;
use crate::domain::{TenantId, Timestamp};

/// How long a token is good for.
const TTL: Duration = Duration::from_hours(1);

/// The development issuer, and who gets tokens from it.
#[derive(Debug)]
pub struct Provider {
    issuer: DevelopmentIssuer,
    clients: Vec<Client>,
}

/// An application that may ask for tokens.
#[derive(Clone, Debug)]
pub struct Client {
    id: String,
    secret: Digest,
    permissions: Vec<String>,
    tenant: Option<TenantId>,
    wrong: Option<&'static Wrong>,
}

/// What an application asks for: the parameters of RFC 6749 section 4.4.
#[derive(Debug, Default)]
pub struct GrantRequest {
    /// `client_credentials`
    pub grant_type: Option<String>,
    /// Who it is.
    pub client_id: Option<String>,
    /// What proves it.
    pub client_secret: Option<String>,
    /// `https://graph.microsoft.com/.default`
    pub scope: Option<String>,
}

/// A token for an application.
#[derive(Debug)]
pub struct Granted {
    /// The token.
    pub token: String,
    /// How long it is good for.
    pub ttl: Duration,
}

/// Why an application gets no token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GrantRefusal {
    /// Not a form, or one that says something twice.
    #[error("The request body must be a form (application/x-www-form-urlencoded): {0}.")]
    Form(&'static str),
    /// Something is missing.
    #[error("The request body must contain the following parameter: '{0}'.")]
    Missing(&'static str),
    /// There is one grant.
    #[error("The app requested an unsupported grant type '{0}'. Supported is client_credentials.")]
    GrantType(String),
    /// The tenant in the path is none.
    #[error("Tenant '{0}' not found. A tenant is named by its GUID; any GUID will do.")]
    Tenant(String),
    /// No such application in that tenant.
    #[error(
        "Application with identifier '{0}' was not found in the directory '{1}'. The settings name \
         the applications (identity.development.clients)."
    )]
    Client(String, TenantId),
    /// Something else than a secret.
    #[error("'client_secret' is required for the 'client_credentials' grant type.")]
    NoSecret,
    /// Another secret.
    #[error("Invalid client secret provided.")]
    Secret,
    /// Not the scope of a service.
    #[error(
        "The provided value for the input parameter 'scope' is not valid. Client credential flows \
         must have a scope value with /.default suffixed to the resource identifier (application \
         ID URI), as https://graph.microsoft.com/.default."
    )]
    Scope,
}

impl GrantRefusal {
    /// OAuth's word for it (RFC 6749 section 5.2).
    #[must_use]
    pub fn error(&self) -> &'static str {
        match self {
            Self::Form(_) | Self::Missing(_) | Self::Tenant(_) => "invalid_request",
            Self::GrantType(_) => "unsupported_grant_type",
            Self::Client(..) => "unauthorized_client",
            Self::NoSecret | Self::Secret => "invalid_client",
            Self::Scope => "invalid_scope",
        }
    }

    /// Entra's number for it.
    #[must_use]
    pub fn code(&self) -> u32 {
        match self {
            Self::Form(_) => 90100,
            Self::Missing(_) => 900_144,
            Self::GrantType(_) => 70003,
            Self::Tenant(_) => 90002,
            Self::Client(..) => 700_016,
            Self::NoSecret => 7_000_216,
            Self::Secret => 7_000_215,
            Self::Scope => 1_002_012,
        }
    }
}

impl Client {
    /// An application with its secret and what its tokens grant: in one tenant, or in each; and
    /// what is wrong with them, if anything is to be.
    #[must_use]
    pub fn new(
        id: &str,
        secret: &str,
        permissions: Vec<String>,
        tenant: Option<TenantId>,
        wrong: Option<&'static Wrong>,
    ) -> Self {
        let (id, secret) = (id.to_owned(), digest(&SHA256, secret.as_bytes()));
        Self { id, secret, permissions, tenant, wrong }
    }
}

impl Provider {
    /// An identity provider for these applications.
    #[must_use]
    pub fn new(issuer: DevelopmentIssuer, clients: Vec<Client>) -> Self {
        Self { issuer, clients }
    }

    /// Who signs its tokens.
    #[must_use]
    pub fn issuer(&self) -> &DevelopmentIssuer {
        &self.issuer
    }

    /// The token that an application gets in `tenant` at the moment `now`. A scope of a host that
    /// `is_here` is this very service, which goes by Graph's name.
    pub fn grant(
        &self,
        tenant: &str,
        request: &GrantRequest,
        is_here: impl Fn(&str) -> bool,
        now: Timestamp,
    ) -> Result<Granted, GrantRefusal> {
        let tenant = guid(tenant).ok_or_else(|| GrantRefusal::Tenant(tenant.to_owned()))?;
        match request.grant_type.as_deref() {
            None => return Err(GrantRefusal::Missing("grant_type")),
            Some("client_credentials") => {}
            Some(other) => return Err(GrantRefusal::GrantType(other.to_owned())),
        }
        let client = self.client(tenant, request)?;
        let scope = request.scope.as_deref().ok_or(GrantRefusal::Missing("scope"))?;
        let request = TokenRequest {
            permissions: client.permissions.clone(),
            delegated: false,
            tenant,
            audience: audience(scope, is_here)?,
            ttl: TTL,
            wrong: client.wrong,
        };
        let token = self.issuer.token_for(&client.id, &request, now);
        Ok(Granted { token, ttl: TTL })
    }

    fn client(&self, tenant: TenantId, request: &GrantRequest) -> Result<&Client, GrantRefusal> {
        let id = request.client_id.as_deref().ok_or(GrantRefusal::Missing("client_id"))?;
        let there = |client: &&Client| {
            client.id == id && client.tenant.is_none_or(|registered| registered == tenant)
        };
        // Registered in this very tenant, else in every one.
        let known = self.clients.iter().filter(there).max_by_key(|client| client.tenant.is_some());
        let client = known.ok_or_else(|| GrantRefusal::Client(id.to_owned(), tenant))?;
        let secret = request.client_secret.as_deref().ok_or(GrantRefusal::NoSecret)?;
        let secret = digest(&SHA256, secret.as_bytes());
        verify_slices_are_equal(secret.as_ref(), client.secret.as_ref())
            .map_err(|_| GrantRefusal::Secret)?;
        Ok(client)
    }
}

/// The service that a scope is for, by the name that its tokens carry.
fn audience(scope: &str, is_here: impl Fn(&str) -> bool) -> Result<String, GrantRefusal> {
    let mut scopes = scope.split(' ').filter(|scope| !scope.is_empty());
    let (scope, further) = (scopes.next().unwrap_or_default(), scopes.next());
    let resource = scope.strip_suffix("/.default").filter(|resource| !resource.is_empty());
    let resource = resource.filter(|_| further.is_none()).ok_or(GrantRefusal::Scope)?;
    let address = resource.strip_prefix("https://").or_else(|| resource.strip_prefix("http://"));
    let host = address.and_then(|address| address.split('/').next());
    // Microsoft's clients make the scope from the address that they call.
    let here = host.is_some_and(is_here);
    Ok(if here { DevelopmentIssuer::AUDIENCE } else { resource }.to_owned())
}
