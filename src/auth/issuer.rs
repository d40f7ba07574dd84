//! An issuer of tokens, and the checks on its tokens.

use std::sync::Arc;

use uuid::Uuid;

use super::claim_names::{ClaimNames, Scopes};
use super::issuer_name::{IssuerName, NameMatch};
use super::keys::{JwksCache, JwksStatus, Thumbprint};
use super::token::UnverifiedToken;
use super::token_claims::TokenClaims;
use super::{Caller, CarriedPermissions, Principal, Refusal, ServiceUrls};
use crate::domain::{TenantId, Timestamp};

/// The tenant of personal Microsoft accounts, which Graph does not support for this API.
const PERSONAL_ACCOUNTS: Uuid = Uuid::from_u128(0x9188_040d_6c67_4c5b_b112_36a3_04b6_6dad);

/// Longer names of applications are cut, in characters.
const MAX_APP_NAME_CHARS: usize = 100;

/// What an issuer is trusted with: the claims that its tokens must carry, and the tenants.
#[derive(Clone, Debug, Default)]
pub struct IssuerPolicy {
    /// The `iss` of its tokens, compared letter for letter; `{tenantid}` in it matches any tenant.
    pub issuer: String,
    /// The accepted values of `aud`.
    pub audiences: Vec<String>,
    /// The tenants that it may issue tokens for: GUIDs, or `*` for any; if empty, the GUID in its
    /// name.
    pub tenants: Vec<String>,
    /// The tenant of all its tokens, which need not name one.
    pub tenant: Option<String>,
    /// The application of tokens that name none.
    pub application: Option<String>,
    /// The names of its claims.
    pub claims: ClaimNames,
}

/// A trusted issuer and its keys.
#[derive(Debug)]
pub struct Issuer {
    name: IssuerName,
    /// The name by which its callers are known.
    shared_name: Arc<str>,
    tenants: Tenants,
    policy: IssuerPolicy,
    keys: JwksCache,
}

/// The tenants that an issuer may issue tokens for.
#[derive(Debug)]
enum Tenants {
    Any,
    Listed(Vec<TenantId>),
    /// This one, even if the token names none.
    Fixed(TenantId),
}

/// Why an issuer cannot be configured.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IssuerError {
    /// There is no audience: tokens for any other service would be accepted.
    #[error("needs 'audiences': the values of 'aud' in tokens for this service")]
    NoAudience,
    /// Neither the issuer's URL nor any setting names a tenant.
    #[error(
        "needs 'tenants', because its URL names none: list the tenants' GUIDs, or [\"*\"] for any \
         tenant; if its tokens name no tenant, set 'tenant' instead"
    )]
    NoTenant,
    /// An item of `tenants` is not a GUID.
    #[error("'tenants' holds '{0}', which is neither a GUID nor '*'")]
    BadTenant(String),
    /// `tenant` is not a GUID.
    #[error("'tenant' is '{0}', which is not a GUID")]
    BadFixedTenant(String),
    /// `tenant` and `tenants` exclude each other.
    #[error("'tenant' and 'tenants' exclude each other: remove one of them")]
    TwoTenants,
}

/// A verified token.
pub(super) struct Verified {
    pub(super) caller: Caller,
    /// In seconds since 1970.
    pub(super) expires: i64,
    /// The key that signed the token.
    pub(super) key: Thumbprint,
}

impl Issuer {
    /// An issuer with this policy and these keys.
    ///
    /// # Errors
    /// If the policy names no audience, or not exactly one source of tenants.
    pub fn new(policy: IssuerPolicy, keys: JwksCache) -> Result<Self, IssuerError> {
        let name = IssuerName::new(policy.issuer.clone());
        let tenants = Tenants::of(&name, &policy)?;
        Ok(Self { shared_name: name.as_str().into(), name, tenants, policy, keys })
    }

    /// The same issuer, whose tokens name it by any of these URLs. Its callers stay the same.
    pub(super) fn at(self, urls: ServiceUrls) -> Self {
        Self { name: IssuerName::development(urls), ..self }
    }

    /// Checks a policy without any keys.
    ///
    /// # Errors
    /// As [`Issuer::new`].
    pub fn check(policy: &IssuerPolicy) -> Result<(), IssuerError> {
        Tenants::of(&IssuerName::new(policy.issuer.clone()), policy).map(drop)
    }

    /// The `iss` of its tokens.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name.as_str()
    }

    /// Whether it is the development issuer.
    pub(super) fn is_development(&self) -> bool {
        self.name.is_development()
    }

    /// The accepted values of `aud`.
    pub(super) fn audiences(&self) -> &[String] {
        &self.policy.audiences
    }

    /// The state of its keys.
    #[must_use]
    pub fn status(&self) -> JwksStatus {
        self.keys.status()
    }

    /// Waits until its keys are known or the first fetch has failed.
    pub async fn first_fetch(&self) {
        self.keys.first_fetch().await;
    }

    pub(super) fn claim_names(&self) -> &ClaimNames {
        &self.policy.claims
    }

    pub(super) fn is_template(&self) -> bool {
        self.name.is_template()
    }

    /// Whether tokens with this `iss` are from this issuer.
    pub(super) fn issues(&self, iss: &str) -> bool {
        self.name.matches(iss).is_some()
    }

    /// Whether this key is still among its keys.
    pub(super) fn has_key(&self, key: Thumbprint) -> bool {
        self.keys.keys().is_some_and(|keys| keys.contains(key))
    }

    /// Verifies a token of this issuer at time `now`, tolerating `skew` seconds between the clocks.
    /// Waits for a key that is not known yet.
    pub(super) async fn verify(
        &self,
        token: UnverifiedToken<'_>,
        now: Timestamp,
        skew: i64,
    ) -> Result<Verified, Refusal> {
        let key_id = token.key_id();
        let keys = self.keys.keys_with(|keys| keys.key(key_id).is_some()).await;
        let keys = keys.ok_or(Refusal::NoKeysYet)?;
        let key = keys.key(key_id).ok_or(Refusal::UnknownKey)?;
        let claims = token.verify(key)?;
        let expires = check_lifetime(&claims, now.seconds(), skew)?;
        let audiences = claims.audiences()?;
        if !audiences.iter().any(|given| self.policy.audiences.iter().any(|ours| ours == given)) {
            return Err(Refusal::WrongAudience);
        }
        let tenant = self.tenant(&claims)?;
        if key.tenant.is_some_and(|only| only != tenant) {
            return Err(Refusal::UnknownKey);
        }
        let (principal, permissions) = self.principal(&claims)?;
        let (issuer, app_name) = (self.shared_name.clone(), app_name(&claims));
        Ok(Verified {
            caller: Caller::new(issuer, tenant, principal, app_name, permissions),
            expires,
            key: key.thumbprint(),
        })
    }

    fn tenant(&self, claims: &TokenClaims) -> Result<TenantId, Refusal> {
        let claimed = claims.string(&self.policy.claims.tenant);
        let tenant = match self.tenants {
            // The claim may hold anything, but if it names a tenant, it must be the right one.
            Tenants::Fixed(only) => {
                claimed.ok().flatten().and_then(TenantId::parse).unwrap_or(only)
            }
            Tenants::Any | Tenants::Listed(_) => {
                claimed?.and_then(TenantId::parse).ok_or(Refusal::WrongTenant)?
            }
        };
        if tenant.uuid() == PERSONAL_ACCOUNTS {
            return Err(Refusal::PersonalAccount);
        }
        let named = claims.string("iss")?.and_then(|iss| self.name.matches(iss));
        if let Some(NameMatch::Tenant(other)) = named
            && other != tenant
        {
            return Err(Refusal::WrongTenant);
        }
        let allowed = match &self.tenants {
            Tenants::Any => true,
            Tenants::Listed(listed) => listed.contains(&tenant),
            Tenants::Fixed(only) => *only == tenant,
        };
        if allowed { Ok(tenant) } else { Err(Refusal::WrongTenant) }
    }

    /// The user or application of a token, and its permissions. A token with scopes is delegated:
    /// its roles are the user's own rather than the application's, and do not count.
    fn principal(&self, claims: &TokenClaims) -> Result<(Principal, CarriedPermissions), Refusal> {
        let names = &self.policy.claims;
        if is_not_access_token(claims) {
            return Err(Refusal::NotAccessToken);
        }
        let scopes = names.scopes(claims)?;
        let roles = names.roles(claims)?;
        let kind = claims.string("idtyp")?;
        let delegated = scopes.is_some() || kind == Some("user");
        let (user, app) = (names.user(claims)?, names.application(claims)?);
        // An access token names its application (RFC 9068 section 2.2). An id token may carry scopes
        // and roles too, but names no application, or another one.
        let app = app
            .or(self.policy.application.as_deref())
            .or(user.filter(|_| kind == Some("app") && !delegated))
            .ok_or(Refusal::NotAccessToken)?;
        let is_user = |user: &&str| delegated || (names.scopes == Scopes::Ignored && *user != app);
        let principal = match user.filter(is_user) {
            Some(user) => Principal::User { user: user.to_owned(), app: app.to_owned() },
            None if kind == Some("user") => return Err(Refusal::NotAccessToken),
            None => Principal::Application { app: app.to_owned() },
        };
        let granted = if delegated { scopes.unwrap_or_default() } else { roles };
        Ok((principal, CarriedPermissions::of(&granted)))
    }
}

impl Tenants {
    fn of(name: &IssuerName, policy: &IssuerPolicy) -> Result<Self, IssuerError> {
        if policy.audiences.is_empty() {
            return Err(IssuerError::NoAudience);
        }
        if let Some(tenant) = &policy.tenant {
            if !policy.tenants.is_empty() {
                return Err(IssuerError::TwoTenants);
            }
            let tenant =
                TenantId::parse(tenant).ok_or_else(|| IssuerError::BadFixedTenant(tenant.clone()));
            return tenant.map(Self::Fixed);
        }
        match policy.tenants.as_slice() {
            [] => Ok(Self::Listed(vec![name.tenant().ok_or(IssuerError::NoTenant)?])),
            [any] if any == "*" => Ok(Self::Any),
            listed => {
                let tenant = |guid: &String| {
                    TenantId::parse(guid).ok_or_else(|| IssuerError::BadTenant(guid.clone()))
                };
                listed.iter().map(tenant).collect::<Result<_, _>>().map(Self::Listed)
            }
        }
    }
}

/// Checks that `exp` is present and in the future, and that `nbf` and `iat` are not. Returns `exp`.
fn check_lifetime(claims: &TokenClaims, now: i64, skew: i64) -> Result<i64, Refusal> {
    let expires = claims.seconds("exp")?.ok_or(Refusal::Malformed)?;
    if expires.saturating_add(skew) <= now {
        return Err(Refusal::Expired);
    }
    for name in ["nbf", "iat"] {
        if claims.seconds(name)?.is_some_and(|start| start.saturating_sub(skew) > now) {
            return Err(Refusal::NotYetValid);
        }
    }
    Ok(expires)
}

/// The name that Entra gives to the application in its v1 tokens. One of another form is no name.
fn app_name(claims: &TokenClaims) -> Option<String> {
    let name = claims.string("app_displayname").ok()??;
    Some(name.chars().take(MAX_APP_NAME_CHARS).collect())
}

/// Whether the claims are those of an id token or a refresh token. Only id tokens carry the hash of
/// an access token or a code (OpenID Connect Core section 3.3.2.11); Keycloak names the kind of
/// token in `typ`.
fn is_not_access_token(claims: &TokenClaims) -> bool {
    let other = ["ID", "Refresh", "Offline", "Logout"];
    claims.contains("at_hash")
        || claims.contains("c_hash")
        || claims.string("typ").is_ok_and(|typ| typ.is_some_and(|typ| other.contains(&typ)))
}
