//! The development issuer as an identity provider: which applications get tokens, and why others do
//! not. Messages and codes are Entra's, so that its clients behave as they do there.

use std::time::Duration;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{Digest, SHA256, digest};

use super::issuer::{DevelopmentIssuer, TokenRequest};
use super::wrong::Wrong;
use crate::domain::{TenantId, Timestamp};

/// How long a token is valid.
const TOKEN_TTL: Duration = Duration::from_hours(1);

/// The development issuer and its registered applications.
#[derive(Debug)]
pub struct Provider {
    issuer: DevelopmentIssuer,
    clients: Vec<Client>,
}

/// A registered application.
#[derive(Clone, Debug)]
pub struct Client {
    id: String,
    /// SHA-256 of the secret.
    secret: Digest,
    permissions: Vec<String>,
    tenant: Option<TenantId>,
    wrong: Option<&'static Wrong>,
}

/// A token request: the parameters of RFC 6749 section 4.4, of which any may be missing.
#[derive(Debug, Default)]
pub struct GrantRequest {
    /// `client_credentials`
    pub grant_type: Option<String>,
    /// The id of the application.
    pub client_id: Option<String>,
    /// The secret of the application.
    pub client_secret: Option<String>,
    /// `https://graph.microsoft.com/.default`
    pub scope: Option<String>,
}

/// A token for an application, and how long it is valid.
#[derive(Debug)]
pub struct Granted {
    /// The access token.
    pub token: String,
    /// How long the token is valid.
    pub ttl: Duration,
}

/// Why an application gets no token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GrantRefusal {
    /// The body is not a form, or has a duplicate parameter.
    #[error("The request body must be a form (application/x-www-form-urlencoded): {0}.")]
    Form(&'static str),
    /// A parameter is missing.
    #[error("The request body must contain the following parameter: '{0}'.")]
    Missing(&'static str),
    /// The grant type is not `client_credentials`.
    #[error("The app requested an unsupported grant type '{0}'. Use client_credentials.")]
    GrantType(String),
    /// The tenant in the path is not a GUID.
    #[error("Tenant '{0}' not found. Use a GUID as the tenant; any GUID is accepted.")]
    Tenant(String),
    /// The application is not registered in the tenant.
    #[error(
        "Application with identifier '{0}' was not found in the directory '{1}'. Register \
         applications in the settings (identity.development.clients)."
    )]
    Client(String, TenantId),
    /// The request has no secret.
    #[error("'client_secret' is required for the 'client_credentials' grant type.")]
    NoSecret,
    /// The secret is wrong.
    #[error("Invalid client secret provided.")]
    Secret,
    /// The scope is not that of a whole service.
    #[error(
        "The provided value for the input parameter 'scope' is not valid. Client credential flows \
         must have a scope value with /.default suffixed to the resource identifier (application \
         ID URI), as https://graph.microsoft.com/.default."
    )]
    Scope,
}

impl GrantRefusal {
    /// The OAuth error code (RFC 6749 section 5.2).
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

    /// Entra's error number (`AADSTS…`).
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
    /// An application with its secret and the permissions of its tokens, registered in one tenant or
    /// (`None`) in every one; `wrong` is the fault of its tokens, if they are to have one.
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
    /// A provider with these registered applications.
    #[must_use]
    pub fn new(issuer: DevelopmentIssuer, clients: Vec<Client>) -> Self {
        Self { issuer, clients }
    }

    /// The issuer of its tokens.
    #[must_use]
    pub fn issuer(&self) -> &DevelopmentIssuer {
        &self.issuer
    }

    /// Issues a token in `tenant` at `now`, as the issuer at the URL `service`. A scope whose host `is_here` means this service, so the
    /// token is issued for Graph's audience.
    ///
    /// # Errors
    /// The first check that failed.
    pub fn grant(
        &self,
        service: &str,
        tenant: &str,
        request: &GrantRequest,
        is_here: impl Fn(&str) -> bool,
        now: Timestamp,
    ) -> Result<Granted, GrantRefusal> {
        let tenant =
            TenantId::parse(tenant).ok_or_else(|| GrantRefusal::Tenant(tenant.to_owned()))?;
        match request.grant_type.as_deref() {
            None => return Err(GrantRefusal::Missing("grant_type")),
            Some("client_credentials") => {}
            Some(other) => return Err(GrantRefusal::GrantType(other.to_owned())),
        }
        let client = self.client(tenant, request)?;
        let scope = request.scope.as_deref().ok_or(GrantRefusal::Missing("scope"))?;
        let request = TokenRequest {
            service: service.to_owned(),
            permissions: client.permissions.clone(),
            delegated: false,
            tenant,
            audience: audience(scope, is_here)?,
            ttl: TOKEN_TTL,
            wrong: client.wrong,
        };
        let token = self.issuer.token_for(&client.id, &request, now);
        Ok(Granted { token, ttl: TOKEN_TTL })
    }

    fn client(&self, tenant: TenantId, request: &GrantRequest) -> Result<&Client, GrantRefusal> {
        let id = request.client_id.as_deref().ok_or(GrantRefusal::Missing("client_id"))?;
        let matches = |client: &&Client| {
            client.id == id && client.tenant.is_none_or(|registered| registered == tenant)
        };
        // A registration in this tenant takes precedence over one for every tenant.
        let known =
            self.clients.iter().filter(matches).max_by_key(|client| client.tenant.is_some());
        let client = known.ok_or_else(|| GrantRefusal::Client(id.to_owned(), tenant))?;
        let secret = request.client_secret.as_deref().ok_or(GrantRefusal::NoSecret)?;
        let secret = digest(&SHA256, secret.as_bytes());
        verify_slices_are_equal(secret.as_ref(), client.secret.as_ref())
            .map_err(|_| GrantRefusal::Secret)?;
        Ok(client)
    }
}

/// The audience of a scope such as `https://graph.microsoft.com/.default`.
fn audience(scope: &str, is_here: impl Fn(&str) -> bool) -> Result<String, GrantRefusal> {
    let mut scopes = scope.split(' ').filter(|scope| !scope.is_empty());
    let (scope, further) = (scopes.next().unwrap_or_default(), scopes.next());
    let resource = scope.strip_suffix("/.default").filter(|resource| !resource.is_empty());
    let resource = resource.filter(|_| further.is_none()).ok_or(GrantRefusal::Scope)?;
    let address = resource.strip_prefix("https://").or_else(|| resource.strip_prefix("http://"));
    let host = address.and_then(|address| address.split('/').next());
    // Microsoft's clients derive the scope from the address that they call.
    let here = host.is_some_and(is_here);
    Ok(if here { DevelopmentIssuer::AUDIENCE } else { resource }.to_owned())
}
