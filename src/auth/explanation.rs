//! Why a token was turned away, for whoever may know it: the log, and developers at their own
//! machine. Holds names, and values that are no secret; never the token, never its signature.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::{Map, Value};

use super::claim_names::{ClaimNames, Scopes};
use super::claims::Claims;
use super::{Authenticator, DevelopmentIssuer, Issuer, Permission, Refusal};

/// The most names of one kind that are told.
const MAX_NAMES: usize = 30;
/// The longest text that is told, in characters.
const MAX_TEXT: usize = 100;

/// Why a token was turned away.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The check that failed, with what it found and what it wanted.
    pub why: String,
    /// What the token token, as far as it can be read.
    pub token: Option<TokenSummary>,
    /// Whether it may be told to developers: the token is of no issuer but the development issuer.
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

/// What a token token. Nothing of it need be true.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenSummary {
    /// `alg`, `typ` and `kid` of the header, where they stand.
    pub header: Map<String, Value>,
    /// The names of its claims.
    pub claims: Vec<String>,
    /// `scp` makes it a delegated token, else it is an application's.
    pub kind: &'static str,
    /// The permissions that count for its kind, as the token spells them.
    pub permissions: Vec<String>,
    /// Roles beside scopes, which do not count.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub roles_beside_scopes: Vec<String>,
    /// The values of `iss`, `aud`, the tenant's claim, `iat`, `nbf` and `exp`, where they stand.
    pub values: Map<String, Value>,
}

impl Authenticator {
    /// Explains why `token` was turned away just now.
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
        let may_disclose = issuer.is_none_or(|issuer| issuer.name() == DevelopmentIssuer::NAME);
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
                "{refusal} One names its application in appid, azp or client_id, and has neither \
                 at_hash nor c_hash."
            ),
            Refusal::Malformed => format!(
                "{refusal} Three parts of base64url around JSON are expected, no claim twice, \
                 and claims of the right types: iss and tid as text, roles as a list of texts, \
                 exp as a number."
            ),
            Refusal::UnsupportedHeader => format!(
                "typ is {}, where JWT or at+jwt is expected; crit must not stand in the header.",
                header("typ")
            ),
            Refusal::UnknownIssuer => {
                let known: Vec<_> = self.issuers().iter().map(Issuer::name).collect();
                format!("iss is {}; trusted are: {}.", value("iss"), known.join(", "))
            }
            Refusal::UnknownKey => format!(
                "kid is {} and alg is {}; the issuer has no such key for that algorithm.",
                header("kid"),
                header("alg")
            ),
            Refusal::BadSignature => format!(
                "The signature is not that of the key {} over this header and these claims.",
                header("kid")
            ),
            Refusal::Expired => format!("exp is {}; it is {now} now.", value("exp")),
            Refusal::NotYetValid => {
                format!("nbf is {} and iat is {}; it is {now} now.", value("nbf"), value("iat"))
            }
            Refusal::WrongAudience => {
                let ours = issuer.map(|issuer| issuer.audiences().join(", ")).unwrap_or_default();
                format!("aud is {}; one of these is expected: {ours}.", value("aud"))
            }
            Refusal::WrongTenant => format!(
                "The tenant is {}; a GUID that the issuer may speak for is expected.",
                value("tid")
            ),
            Refusal::MissingPermission { needed } => token.what_is_missing(needed),
        }
    }
}

impl TokenSummary {
    fn new(header: &Map<String, Value>, claims: Map<String, Value>, names: &ClaimNames) -> Self {
        let some = |from: &Map<String, Value>, wanted: &[&str]| {
            let found = wanted.iter().filter_map(|&name| from.get_key_value(name));
            found.map(|(name, value)| (name.clone(), short_value(value))).collect()
        };
        let values = some(&claims, &["iss", "aud", "iat", "nbf", "exp"]);
        let claims = Claims::unchecked(claims);
        let mut token = Self {
            header: some(header, &["alg", "typ", "kid"]),
            claims: claims.names().take(MAX_NAMES).map(short).collect(),
            values,
            ..Self::default()
        };
        if let Some(tenant) = claims.at(&names.tenant) {
            token.values.insert("tid".to_owned(), short_value(tenant));
        }
        let list = |list: Vec<&str>| list.into_iter().take(MAX_NAMES).map(short).collect();
        let roles = list(names.roles(&claims).unwrap_or_default());
        let scopes = names.scopes(&claims).unwrap_or(Some(Vec::new()));
        (token.kind, token.permissions, token.roles_beside_scopes) = match scopes {
            Some(scopes) => ("delegated", list(scopes), roles),
            None if names.scopes == Scopes::Nowhere => ("any", roles, Vec::new()),
            None => ("application", roles, Vec::new()),
        };
        token
    }

    /// What the token would need, and what in it comes close.
    fn what_is_missing(&self, needed: &[Permission]) -> String {
        let names: Vec<_> = needed.iter().map(|permission| permission.name()).collect();
        let has = match self.permissions.as_slice() {
            [] => "no permission".to_owned(),
            some => some.join(", "),
        };
        let mut hints = vec![format!("The token has {has}; it needs {}.", names.join(" or "))];
        let beside = |name: &&&str| self.roles_beside_scopes.iter().any(|role| role == *name);
        if let Some(name) = names.iter().find(beside) {
            hints.push(format!("{name} stands in roles, which do not count beside scp."));
        }
        for (given, name) in
            self.permissions.iter().flat_map(|given| names.iter().map(move |name| (given, name)))
        {
            let how = if given.eq_ignore_ascii_case(name) {
                "in the case of its letters"
            } else if given.contains(name) {
                "by more than the name"
            } else if !given.is_ascii() && given.chars().count() == name.len() {
                "by letters that only look alike"
            } else {
                continue;
            };
            hints.push(format!("{given} differs from {name} {how}."));
        }
        hints.join(" ")
    }
}

/// A part of a token as JSON, whatever it is worth.
fn object(part: &str) -> Option<Map<String, Value>> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

fn short(text: &str) -> String {
    text.chars().take(MAX_TEXT).collect()
}

/// A value that fits into a line: texts, numbers and lists of texts; of anything else the kind.
fn short_value(value: &Value) -> Value {
    match value {
        Value::String(text) => short(text).into(),
        Value::Array(list) => list.iter().take(MAX_NAMES).map(short_item).collect(),
        other => short_item(other),
    }
}

fn short_item(value: &Value) -> Value {
    match value {
        Value::String(text) => short(text).into(),
        Value::Array(_) => "(a list)".into(),
        Value::Object(_) => "(an object)".into(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}
