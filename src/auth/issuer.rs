//! An issuer of tokens, and what it may say.

use std::sync::Arc;

use uuid::Uuid;

use super::claim_names::{ClaimNames, Scopes};
use super::claims::Claims;
use super::issuer_name::{IssuerName, Named};
use super::keys::{JwksCache, JwksStatus, Thumbprint};
use super::token::Unverified;
use super::{Caller, Grants, Principal, Refusal, guid};
use crate::domain::{TenantId, Timestamp};

/// The tenant of personal Microsoft accounts; Graph does not support them for this API.
const PERSONAL_ACCOUNTS: Uuid = Uuid::from_u128(0x9188_040d_6c67_4c5b_b112_36a3_04b6_6dad);

/// What an issuer is trusted with: what its tokens must say, and for whom.
#[derive(Clone, Debug, Default)]
pub struct IssuerPolicy {
    /// The `iss` of its tokens, letter for letter; `{tenantid}` in it stands for the tenant.
    pub issuer: String,
    /// Any one of these must be a token's `aud`.
    pub audiences: Vec<String>,
    /// The tenants it may speak for: GUIDs or `*`; empty means the one GUID in its name.
    pub tenants: Vec<String>,
    /// The tenant of all its tokens, which name none or this one.
    pub tenant: Option<String>,
    /// The application of those of its tokens that name none.
    pub application: Option<String>,
    /// What it calls its claims.
    pub claims: ClaimNames,
}

/// Who may issue tokens for this service, with which keys, for whom.
#[derive(Debug)]
pub struct Issuer {
    name: IssuerName,
    /// The same, for its callers.
    shared_name: Arc<str>,
    tenants: Tenants,
    policy: IssuerPolicy,
    keys: JwksCache,
}

/// The tenants that an issuer may speak for.
#[derive(Debug)]
enum Tenants {
    Any,
    These(Vec<TenantId>),
    /// This one, also where the token names none.
    Fixed(TenantId),
}

/// Why an issuer cannot be set up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IssuerError {
    /// Without an audience, a token for any other service would do.
    #[error("needs 'audiences': the 'aud' that tokens for this service carry")]
    NoAudience,
    /// The issuer's URL names no tenant, and nothing else does.
    #[error(
        "needs 'tenants': its URL names none; list the tenants' GUIDs, or [\"*\"] for any (or \
         'tenant', if its tokens name none)"
    )]
    NoTenant,
    /// A tenant is a GUID.
    #[error("'tenants' holds '{0}', which is neither a GUID nor '*'")]
    BadTenant(String),
    /// So is the one of all tokens.
    #[error("'tenant' is '{0}', which is not a GUID")]
    BadFixedTenant(String),
    /// The tenant is either fixed or the token's.
    #[error("has both 'tenant' and 'tenants': give one of the two")]
    TwoTenants,
}

/// What a verified token comes to.
pub(super) struct Verified {
    pub(super) caller: Caller,
    /// When it expires, in seconds since 1970.
    pub(super) expires: i64,
    /// The key that signed it.
    pub(super) key: Thumbprint,
}

impl Issuer {
    /// An issuer that is trusted so far, and its keys.
    pub fn new(policy: IssuerPolicy, keys: JwksCache) -> Result<Self, IssuerError> {
        let name = IssuerName::new(policy.issuer.clone());
        let tenants = Tenants::of(&name, &policy)?;
        Ok(Self { shared_name: name.as_str().into(), name, tenants, policy, keys })
    }

    /// Whether an issuer can be set up like that, whatever its keys.
    pub fn check(policy: &IssuerPolicy) -> Result<(), IssuerError> {
        Tenants::of(&IssuerName::new(policy.issuer.clone()), policy).map(drop)
    }

    /// The `iss` of its tokens.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name.as_str()
    }

    /// What a token must be for.
    pub(super) fn audiences(&self) -> &[String] {
        &self.policy.audiences
    }

    /// How its keys are.
    #[must_use]
    pub fn status(&self) -> JwksStatus {
        self.keys.status()
    }

    /// Waits until its keys are known, or could not be had at first.
    pub async fn first_fetch(&self) {
        self.keys.first_fetch().await;
    }

    pub(super) fn claim_names(&self) -> &ClaimNames {
        &self.policy.claims
    }

    /// Whether its name is a pattern, which gives way to a name in full.
    pub(super) fn is_template(&self) -> bool {
        self.name.is_template()
    }

    /// Whether a token with this `iss` is this issuer's to judge.
    pub(super) fn issues(&self, iss: &str) -> bool {
        self.name.named(iss).is_some()
    }

    /// Whether that key is still among its keys.
    pub(super) fn has_key(&self, key: Thumbprint) -> bool {
        self.keys.keys().has(key)
    }

    /// What a token of this issuer comes to at the moment `now`, where two clocks may be `skew`
    /// seconds apart. Waits for a key that is not known yet.
    pub(super) async fn verify(
        &self,
        token: Unverified<'_>,
        now: Timestamp,
        skew: i64,
    ) -> Result<Verified, Refusal> {
        let key_id = token.key_id();
        let keys = self.keys.keys_with(|keys| keys.key(key_id).is_some()).await;
        if keys.is_empty() {
            return Err(Refusal::NoKeysYet);
        }
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
        let (principal, grants) = self.principal(&claims)?;
        Ok(Verified {
            caller: Caller::new(self.shared_name.clone(), tenant, principal, grants),
            expires,
            key: key.mark(),
        })
    }

    fn tenant(&self, claims: &Claims) -> Result<TenantId, Refusal> {
        let claimed = claims.text(&self.policy.claims.tenant);
        let tenant = match self.tenants {
            // Of that name there may be anything; but a tenant is a tenant.
            Tenants::Fixed(only) => claimed.ok().flatten().and_then(guid).unwrap_or(only),
            Tenants::Any | Tenants::These(_) => {
                claimed?.and_then(guid).ok_or(Refusal::WrongTenant)?
            }
        };
        if tenant.uuid() == PERSONAL_ACCOUNTS {
            return Err(Refusal::PersonalAccount);
        }
        let named = claims.text("iss")?.and_then(|iss| self.name.named(iss));
        if let Some(Named::For(other)) = named
            && other != tenant
        {
            return Err(Refusal::WrongTenant);
        }
        let allowed = match &self.tenants {
            Tenants::Any => true,
            Tenants::These(these) => these.contains(&tenant),
            Tenants::Fixed(only) => *only == tenant,
        };
        if allowed { Ok(tenant) } else { Err(Refusal::WrongTenant) }
    }

    /// Who the token speaks for. With scopes it is delegated, and its roles are the user's own,
    /// not the application's: they do not count.
    fn principal(&self, claims: &Claims) -> Result<(Principal, Grants), Refusal> {
        let names = &self.policy.claims;
        if is_other_kind_of_token(claims) {
            return Err(Refusal::NotAccessToken);
        }
        let scopes = names.scopes(claims)?;
        let roles = names.roles(claims)?;
        let kind = claims.text("idtyp")?;
        let delegated = scopes.is_some() || kind == Some("user");
        let user = claims.text("oid")?.or(claims.text("sub")?);
        let app = claims.text("appid")?.or(claims.text("azp")?).or(claims.text("client_id")?);
        // An access token names its application (RFC 9068 section 2.2). A user's id token may carry
        // scopes and roles too; it names none, or not as its own.
        let app = app
            .or(self.policy.application.as_deref())
            .or(user.filter(|_| kind == Some("app") && !delegated))
            .ok_or(Refusal::NotAccessToken)?;
        let counts = |user: &&str| delegated || (names.scopes == Scopes::Nowhere && *user != app);
        let principal = match user.filter(counts) {
            Some(user) => Principal::User { user: user.to_owned(), app: app.to_owned() },
            None if kind == Some("user") => return Err(Refusal::NotAccessToken),
            None => Principal::Application { app: app.to_owned() },
        };
        let granted = if delegated { scopes.unwrap_or_default() } else { roles };
        Ok((principal, Grants::of(granted)))
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
            let tenant = guid(tenant).ok_or_else(|| IssuerError::BadFixedTenant(tenant.clone()));
            return tenant.map(Self::Fixed);
        }
        match policy.tenants.as_slice() {
            [] => Ok(Self::These(vec![name.tenant().ok_or(IssuerError::NoTenant)?])),
            [any] if any == "*" => Ok(Self::Any),
            listed => {
                let tenant =
                    |text: &String| guid(text).ok_or_else(|| IssuerError::BadTenant(text.clone()));
                listed.iter().map(tenant).collect::<Result<_, _>>().map(Self::These)
            }
        }
    }
}

/// `exp` must stand and lie ahead; `nbf` and `iat`, where they stand, must not. Gives `exp`.
fn check_lifetime(claims: &Claims, now: i64, skew: i64) -> Result<i64, Refusal> {
    let expires = claims.seconds("exp")?.ok_or(Refusal::Malformed)?;
    if expires.saturating_add(skew) <= now {
        return Err(Refusal::Expired);
    }
    for begins in ["nbf", "iat"] {
        if claims.seconds(begins)?.is_some_and(|begins| begins.saturating_sub(skew) > now) {
            return Err(Refusal::NotYetValid);
        }
    }
    Ok(expires)
}

/// Whether the claims are those of an id token or a refresh token. Hashes of an access token or of
/// a code stand in id tokens only (OpenID Connect Core); Keycloak says in `typ` what it made.
fn is_other_kind_of_token(claims: &Claims) -> bool {
    let other = ["ID", "Refresh", "Offline", "Logout"];
    claims.has("at_hash")
        || claims.has("c_hash")
        || claims.text("typ").is_ok_and(|typ| typ.is_some_and(|typ| other.contains(&typ)))
}
