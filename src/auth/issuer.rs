//! An issuer of tokens, and what it may say.

use uuid::Uuid;

use super::token::{Claims, Unverified};
use super::{Caller, Grants, KeySet, Principal, Refusal};
use crate::domain::{TenantId, Timestamp};

/// The tenant of personal Microsoft accounts; Graph does not support them for this API.
const PERSONAL_ACCOUNTS: Uuid = Uuid::from_u128(0x9188_040d_6c67_4c5b_b112_36a3_04b6_6dad);
/// How far two clocks may be apart, in seconds.
const CLOCK_SKEW: i64 = 30;

/// Who may issue tokens for this service, with which keys, for whom.
#[derive(Debug)]
pub struct Issuer {
    name: String,
    audiences: Vec<String>,
    tenants: Tenants,
    keys: KeySet,
}

/// The tenants that an issuer may speak for.
#[derive(Debug)]
enum Tenants {
    Any,
    These(Vec<TenantId>),
}

/// Why an issuer cannot be set up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IssuerError {
    /// Without an audience, a token for any other service would do.
    #[error("needs 'audiences': the 'aud' that tokens for this service carry")]
    NoAudience,
    /// The issuer's URL names no tenant, and nothing else does.
    #[error("needs 'tenants': its URL names none; list the tenants' GUIDs, or [\"*\"] for any")]
    NoTenant,
    /// A tenant is a GUID.
    #[error("'tenants' holds '{0}', which is neither a GUID nor '*'")]
    BadTenant(String),
}

impl Issuer {
    /// An issuer called `name` (the `iss` of its tokens, letter for letter). `tenants` are GUIDs
    /// or `*`; empty means the one GUID in the name.
    pub fn new(
        name: String,
        audiences: Vec<String>,
        tenants: &[String],
        keys: KeySet,
    ) -> Result<Self, IssuerError> {
        let tenants = Tenants::of(&name, &audiences, tenants)?;
        Ok(Self { name, audiences, tenants, keys })
    }

    /// Whether an issuer can be set up like that, whatever its keys.
    pub fn check(name: &str, audiences: &[String], tenants: &[String]) -> Result<(), IssuerError> {
        Tenants::of(name, audiences, tenants).map(drop)
    }

    /// The `iss` of its tokens.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The caller that a token of this issuer speaks for at the moment `now`.
    pub(super) fn caller(&self, token: Unverified<'_>, now: Timestamp) -> Result<Caller, Refusal> {
        let key = self.keys.key(token.key_id()).ok_or(Refusal::UnknownKey)?;
        let claims = token.verify(key)?;
        check_lifetime(&claims, now.seconds())?;
        if !claims.audiences()?.iter().any(|given| self.audiences.iter().any(|ours| ours == given))
        {
            return Err(Refusal::WrongAudience);
        }
        let tenant = self.tenant(&claims)?;
        let (principal, grants) = principal(&claims)?;
        Ok(Caller::new(tenant, principal, grants))
    }

    fn tenant(&self, claims: &Claims) -> Result<TenantId, Refusal> {
        let tenant = claims.text("tid")?.and_then(guid).ok_or(Refusal::WrongTenant)?;
        if tenant.uuid() == PERSONAL_ACCOUNTS {
            return Err(Refusal::PersonalAccount);
        }
        match &self.tenants {
            Tenants::Any => Ok(tenant),
            Tenants::These(allowed) if allowed.contains(&tenant) => Ok(tenant),
            Tenants::These(_) => Err(Refusal::WrongTenant),
        }
    }
}

impl Tenants {
    fn of(name: &str, audiences: &[String], listed: &[String]) -> Result<Self, IssuerError> {
        if audiences.is_empty() {
            return Err(IssuerError::NoAudience);
        }
        match listed {
            [] => {
                let tenant = name.split('/').find_map(guid).ok_or(IssuerError::NoTenant)?;
                Ok(Self::These(vec![tenant]))
            }
            [any] if any == "*" => Ok(Self::Any),
            listed => {
                let tenant =
                    |text: &String| guid(text).ok_or_else(|| IssuerError::BadTenant(text.clone()));
                listed.iter().map(tenant).collect::<Result<_, _>>().map(Self::These)
            }
        }
    }
}

/// Whether a text is a GUID as tokens and URLs write it.
fn guid(text: &str) -> Option<TenantId> {
    if text.len() != 36 {
        return None;
    }
    Uuid::try_parse(text).ok().map(TenantId::from)
}

/// `exp` must stand and lie ahead; `nbf` and `iat`, where they stand, must not.
fn check_lifetime(claims: &Claims, now: i64) -> Result<(), Refusal> {
    let expires = claims.seconds("exp")?.ok_or(Refusal::Malformed)?;
    if expires.saturating_add(CLOCK_SKEW) <= now {
        return Err(Refusal::Expired);
    }
    for begins in ["nbf", "iat"] {
        if claims.seconds(begins)?.is_some_and(|begins| begins.saturating_sub(CLOCK_SKEW) > now) {
            return Err(Refusal::NotYetValid);
        }
    }
    Ok(())
}

/// Who the token speaks for. With `scp` it is delegated, and `roles` are the user's own, not the
/// application's: they do not count.
fn principal(claims: &Claims) -> Result<(Principal, Grants), Refusal> {
    // Hashes of an access token or of a code stand in id tokens only (OpenID Connect Core).
    if claims.has("at_hash") || claims.has("c_hash") {
        return Err(Refusal::NotAccessToken);
    }
    let app = claims.text("appid")?.or(claims.text("azp")?).or(claims.text("client_id")?);
    let scopes = claims.text("scp")?;
    let roles = claims.texts("roles")?;
    let kind = claims.text("idtyp")?;
    if scopes.is_some() || kind == Some("user") {
        let user = claims.text("oid")?.or(claims.text("sub")?).ok_or(Refusal::Malformed)?;
        let principal = Principal::User { user: user.to_owned(), app: app.map(str::to_owned) };
        Ok((principal, Grants::of(scopes.unwrap_or_default().split(' '))))
    } else {
        // A user's id token may carry roles too; it names no application, or not as its own.
        let itself = claims.text("oid")?.or(claims.text("sub")?).filter(|_| kind == Some("app"));
        let app = app.or(itself).ok_or(Refusal::NotAccessToken)?.to_owned();
        Ok((Principal::Application { app }, Grants::of(roles.unwrap_or_default())))
    }
}
