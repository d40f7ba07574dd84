//! Why a token was refused, for the log and for developers at their own machine. An explanation
//! holds names and values that are not secret, never the token or its signature.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::{Map, Value};

use super::claim_names::{ClaimNames, Scopes};
use super::token_claims::TokenClaims;
use super::{Authenticator, Issuer, Permission, Refusal};

/// How many names of one kind an explanation lists at most.
const MAX_NAMES: usize = 30;
/// Longer strings are cut, in characters.
const MAX_STRING_CHARS: usize = 100;

/// Why a token was refused.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The check that failed, with the expected and the actual value.
    pub why: String,
    /// What the token contains, if it can be read.
    pub token: Option<TokenSummary>,
    /// Whether developers may see it: the token is not from a real issuer.
    pub may_disclose: bool,
}

impl Explanation {
    /// The names of the token's claims, for the log.
    #[must_use]
    pub fn claims(&self) -> Option<String> {
        self.token.as_ref().map(|token| token.claims.join(" "))
    }

    /// The names of the token's permissions, for the log.
    #[must_use]
    pub fn permissions(&self) -> Option<String> {
        self.token.as_ref().map(|token| token.permissions.join(" "))
    }
}

/// What a token contains. None of it is verified.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenSummary {
    /// `alg`, `typ` and `kid` of the header, if present.
    pub header: Map<String, Value>,
    /// The names of the claims.
    pub claims: Vec<String>,
    /// `delegated` (with scopes), `application`, or `any` if the issuer has no scopes.
    pub kind: &'static str,
    /// The permissions that count for this kind of token, as the token spells them.
    pub permissions: Vec<String>,
    /// Roles in a token with scopes, which do not count.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub roles_beside_scopes: Vec<String>,
    /// The values of `iss`, `aud`, the tenant's claim, `iat`, `nbf` and `exp`, if present.
    pub values: Map<String, Value>,
}

impl Authenticator {
    /// Explains why `token` was just refused.
    #[must_use]
    pub fn explain(&self, refusal: &Refusal, token: Option<&str>) -> Explanation {
        let parts = token.and_then(|token| {
            let mut parts = token.split('.');
            Some((object(parts.next()?)?, object(parts.next()?)?))
        });
        let Some((header, claims)) = parts else {
            return Explanation { why: refusal.to_string(), token: None, may_disclose: true };
        };
        let iss = claims.get("iss").and_then(Value::as_str).unwrap_or_default();
        let issuer = self.issuer(iss).map(|(_, issuer)| issuer);
        let may_disclose = issuer.is_none_or(Issuer::is_development);
        let defaults = ClaimNames::default();
        let names = issuer.map_or(&defaults, Issuer::claim_names);
        let token = TokenSummary::new(&header, claims, names);
        let why = self.why(refusal, &token, issuer);
        Explanation { why, token: Some(token), may_disclose }
    }

    fn why(&self, refusal: &Refusal, token: &TokenSummary, issuer: Option<&Issuer>) -> String {
        let value = |name: &str| {
            token.values.get(name).map_or_else(|| "absent".to_owned(), Value::to_string)
        };
        let header = |name: &str| {
            token.header.get(name).map_or_else(|| "absent".to_owned(), Value::to_string)
        };
        let now = self.now().seconds();
        match refusal {
            Refusal::NoToken
            | Refusal::NotBearer
            | Refusal::TwoHeaders
            | Refusal::TooLong
            | Refusal::NoKeysYet
            | Refusal::PersonalAccount => refusal.to_string(),
            Refusal::NotAccessToken => format!(
                "{refusal} An access token names its application in appid, azp or client_id, and has \
                 neither at_hash nor c_hash."
            ),
            Refusal::UnusableClaim(_) => format!(
                "{refusal} iss, tid, and the names of the user and of the application are strings, exp, \
                 nbf and iat are numbers, aud is a string or a list of strings, scp is a string, and roles \
                 is a string, a list of strings or an object."
            ),
            Refusal::Malformed => format!(
                "{refusal} A token is three parts of base64url around JSON, without duplicate claims, \
                 with exp."
            ),
            Refusal::UnsupportedHeader => format!(
                "typ is {}, but must be JWT or at+jwt; the header must not contain crit.",
                header("typ")
            ),
            Refusal::UnknownIssuer => {
                let known: Vec<_> = self.issuers().iter().map(Issuer::name).collect();
                format!("iss is {}; the trusted issuers are: {}.", value("iss"), known.join(", "))
            }
            Refusal::UnknownKey => format!(
                "kid is {} and alg is {}; the issuer has no such key for that algorithm.",
                header("kid"),
                header("alg")
            ),
            Refusal::BadSignature => format!(
                "The signature of this header and these claims was not made with the key {}.",
                header("kid")
            ),
            Refusal::Expired => format!("exp is {}; the time is {now}.", value("exp")),
            Refusal::NotYetValid => {
                format!("nbf is {} and iat is {}; the time is {now}.", value("nbf"), value("iat"))
            }
            Refusal::WrongAudience => {
                let ours = issuer.map(|issuer| issuer.audiences().join(", ")).unwrap_or_default();
                format!("aud is {}; it must be one of: {ours}.", value("aud"))
            }
            Refusal::WrongTenant => format!(
                "The tenant is {}; it must be the GUID of a tenant that the issuer may issue tokens for.",
                value("tid")
            ),
            Refusal::MissingPermission { needed } => token.explain_missing(needed),
        }
    }
}

impl TokenSummary {
    fn new(header: &Map<String, Value>, claims: Map<String, Value>, names: &ClaimNames) -> Self {
        let select = |from: &Map<String, Value>, names: &[&str]| {
            let found = names.iter().filter_map(|&name| from.get_key_value(name));
            found.map(|(name, value)| (name.clone(), short_value(value))).collect()
        };
        let values = select(&claims, &["iss", "aud", "iat", "nbf", "exp"]);
        let claims = TokenClaims::unverified(claims);
        let mut token = Self {
            header: select(header, &["alg", "typ", "kid"]),
            claims: claims.names().take(MAX_NAMES).map(short).collect(),
            values,
            ..Self::default()
        };
        if let Some(tenant) = claims.get(&names.tenant) {
            token.values.insert("tid".to_owned(), short_value(tenant));
        }
        let list = |list: Vec<&str>| list.into_iter().take(MAX_NAMES).map(short).collect();
        let roles = list(names.roles(&claims).unwrap_or_default());
        let scopes = names.scopes(&claims).unwrap_or(Some(Vec::new()));
        (token.kind, token.permissions, token.roles_beside_scopes) = match scopes {
            Some(scopes) => ("delegated", list(scopes), roles),
            None if names.scopes == Scopes::Ignored => ("any", roles, Vec::new()),
            None => ("application", roles, Vec::new()),
        };
        token
    }

    /// The permissions that the token lacks, and those of its own that resemble them.
    fn explain_missing(&self, needed: &[Permission]) -> String {
        let names: Vec<_> = needed.iter().map(|permission| permission.name()).collect();
        let has = match self.permissions.as_slice() {
            [] => "no permission".to_owned(),
            some => some.join(", "),
        };
        let mut hints = vec![format!("The token has {has}; it needs {}.", names.join(" or "))];
        let beside = |name: &&&str| self.roles_beside_scopes.iter().any(|role| role == *name);
        if let Some(name) = names.iter().find(beside) {
            hints.push(format!("{name} is in roles, which do not count in a token with scp."));
        }
        for (given, name) in
            self.permissions.iter().flat_map(|given| names.iter().map(move |name| (given, name)))
        {
            let how = if given.eq_ignore_ascii_case(name) {
                "in case only"
            } else if given.contains(name) {
                "by additional characters"
            } else if !given.is_ascii() && given.chars().count() == name.len() {
                "by look-alike letters"
            } else {
                continue;
            };
            hints.push(format!("{given} differs from {name} {how}."));
        }
        hints.join(" ")
    }
}

/// A part of a token as JSON, unverified.
fn object(part: &str) -> Option<Map<String, Value>> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

fn short(string: &str) -> String {
    string.chars().take(MAX_STRING_CHARS).collect()
}

/// A value cut to fit a line of text; nested lists and objects by their kind only.
fn short_value(value: &Value) -> Value {
    match value {
        Value::String(string) => short(string).into(),
        Value::Array(list) => list.iter().take(MAX_NAMES).map(short_item).collect(),
        other => short_item(other),
    }
}

fn short_item(value: &Value) -> Value {
    match value {
        Value::String(string) => short(string).into(),
        Value::Array(_) => "(a list)".into(),
        Value::Object(_) => "(an object)".into(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}
