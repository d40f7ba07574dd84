//! The development issuer as an identity provider: which applications get tokens, by themselves or on
//! behalf of people.

use std::time::Duration;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{Digest, SHA256, digest};

use super::application::Application;
use super::bounded::Bounded;
use super::codes::Codes;
use super::devices::Devices;
use super::grant::Endpoint;
use super::issuer::{DevelopmentIssuer, TokenRequest};
use super::parameters::Parameters;
use super::random::Seal;
use super::refresh::RefreshTokens;
use super::refusal::GrantRefusal;
use super::scopes::audience_of;
use super::user::User;
use super::wrong::Wrong;
use crate::domain::TenantId;

/// How long a token is valid.
pub(super) const TOKEN_TTL: Duration = Duration::from_hours(1);

/// How many pages are remembered that were answered, until they expire. Further ones are refused.
const MAX_ANSWERED_PAGES: usize = 10_000;

/// The grant type of a device (RFC 8628, section 3.4).
const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// The development issuer, who is registered with it, and the sign-ins in progress, which are kept in
/// memory only.
#[derive(Debug)]
pub struct Provider {
    pub(super) issuer: DevelopmentIssuer,
    clients: Vec<Client>,
    applications: Vec<Application>,
    pub(super) users: Vec<User>,
    pub(super) seal: Seal,
    /// The sign-in pages that were answered.
    pub(super) answered: Bounded<String, ()>,
    pub(super) codes: Codes,
    pub(super) refresh_tokens: RefreshTokens,
    pub(super) devices: Devices,
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

/// An access token, how long it is valid, and what belongs to it.
#[derive(Debug)]
pub struct Granted {
    /// The access token.
    pub token: String,
    /// How long the token is valid.
    pub ttl: Duration,
    /// What a person granted.
    pub scope: Option<String>,
    /// What gets the next tokens, once.
    pub refresh_token: Option<String>,
    /// Who signed in.
    pub id_token: Option<String>,
    /// The same in Microsoft's form, which its clients ask for.
    pub client_info: Option<String>,
}

impl Granted {
    fn access(token: String) -> Self {
        Self {
            token,
            ttl: TOKEN_TTL,
            scope: None,
            refresh_token: None,
            id_token: None,
            client_info: None,
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
    /// A provider with these registered clients, applications and users. The console is an application
    /// in any case; without others, so is every page and program of this machine, and without users
    /// there are some.
    #[must_use]
    pub fn new(
        issuer: DevelopmentIssuer,
        clients: Vec<Client>,
        mut applications: Vec<Application>,
        users: Vec<User>,
    ) -> Self {
        if applications.is_empty() {
            applications.push(Application::of_this_machine());
        }
        if applications.iter().all(|known| known.id != DevelopmentIssuer::CONSOLE_APP) {
            applications.push(Application::console());
        }
        Self {
            issuer,
            clients,
            applications,
            users: if users.is_empty() { User::defaults() } else { users },
            seal: Seal::new(),
            answered: Bounded::new(MAX_ANSWERED_PAGES),
            codes: Codes::new(),
            refresh_tokens: RefreshTokens::new(),
            devices: Devices::new(),
        }
    }

    /// The issuer of its tokens.
    #[must_use]
    pub fn issuer(&self) -> &DevelopmentIssuer {
        &self.issuer
    }

    /// Whether pages of this origin are registered applications, and may thus read the answers of the
    /// token endpoint of a service at `service`.
    #[must_use]
    pub fn has_origin(&self, origin: &str, service: &str) -> bool {
        self.applications.iter().any(|known| known.redirects.has_origin(origin, service))
    }

    /// Whether an application may send people to `uri` when they have signed out.
    #[must_use]
    pub fn leads_to(&self, uri: &str, client: Option<&str>, service: &str) -> bool {
        let named = |known: &&Application| client.is_none_or(|client| client == known.id);
        let registered = |known: &Application| known.redirects.kinds(uri, service).is_registered();
        self.applications.iter().filter(named).any(registered)
    }

    /// Issues tokens.
    ///
    /// # Errors
    /// The first check that failed.
    pub fn grant(
        &self,
        endpoint: &Endpoint<'_>,
        parameters: &Parameters,
    ) -> Result<Granted, GrantRefusal> {
        endpoint.directory()?;
        match parameters.required("grant_type")? {
            "client_credentials" => self.client_credentials(endpoint, parameters),
            "authorization_code" => self.redeem_code(endpoint, parameters),
            "refresh_token" => self.refresh(endpoint, parameters),
            DEVICE_CODE => self.redeem_device(endpoint, parameters),
            other => Err(GrantRefusal::GrantType(other.to_owned())),
        }
    }

    /// A token for an application itself (RFC 6749, section 4.4).
    fn client_credentials(
        &self,
        endpoint: &Endpoint<'_>,
        parameters: &Parameters,
    ) -> Result<Granted, GrantRefusal> {
        endpoint.refuse_pages()?;
        // There is no user whose tenant it could be.
        let tenant = TenantId::parse(endpoint.tenant)
            .ok_or_else(|| GrantRefusal::Tenant(endpoint.tenant.to_owned()))?;
        let client = self.client(tenant, parameters)?;
        let request = TokenRequest {
            service: endpoint.service.to_owned(),
            permissions: client.permissions.clone(),
            delegated: false,
            tenant,
            audience: audience(parameters.required("scope")?, endpoint.service)?,
            ttl: TOKEN_TTL,
            wrong: client.wrong,
        };
        let token = self.issuer.token_for(&client.id, &request, endpoint.now);
        Ok(Granted::access(token))
    }

    fn client(&self, tenant: TenantId, parameters: &Parameters) -> Result<&Client, GrantRefusal> {
        let id = parameters.required("client_id")?;
        let matches = |client: &&Client| {
            client.id == id && client.tenant.is_none_or(|registered| registered == tenant)
        };
        // A registration in this tenant takes precedence over one for every tenant.
        let known =
            self.clients.iter().filter(matches).max_by_key(|client| client.tenant.is_some());
        let client = known
            .ok_or_else(|| GrantRefusal::Client(id.to_owned(), tenant.to_string(), "clients"))?;
        let secret = parameters.get("client_secret").ok_or(GrantRefusal::NoSecret)?;
        let secret = digest(&SHA256, secret.as_bytes());
        verify_slices_are_equal(secret.as_ref(), client.secret.as_ref())
            .map_err(|_| GrantRefusal::Secret)?;
        Ok(client)
    }

    /// The registered application with this id.
    pub(super) fn application(
        &self,
        id: &str,
        endpoint: &Endpoint<'_>,
    ) -> Result<&Application, GrantRefusal> {
        let tenant = endpoint.directory()?;
        let known = self.applications.iter().find(|known| known.id == id && known.is_in(tenant));
        known.ok_or_else(|| {
            GrantRefusal::Client(id.to_owned(), endpoint.tenant.to_owned(), "applications")
        })
    }
}

/// The audience of a scope such as `https://graph.microsoft.com/.default`.
fn audience(scope: &str, service: &str) -> Result<String, GrantRefusal> {
    let mut scopes = scope.split(' ').filter(|scope| !scope.is_empty());
    let (scope, further) = (scopes.next().unwrap_or_default(), scopes.next());
    let resource = scope.strip_suffix("/.default").filter(|resource| !resource.is_empty());
    let resource = resource.filter(|_| further.is_none()).ok_or(GrantRefusal::Scope)?;
    Ok(audience_of(resource, service).to_owned())
}
