//! The claims of a token, looked up by name and type.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::Refusal;

/// The claims of a token. Their names are unique.
pub(super) struct TokenClaims(Map<String, Value>);

impl TokenClaims {
    /// Claims whose signature has not been checked: to be reported, never to be trusted.
    pub(super) fn unverified(claims: Map<String, Value>) -> Self {
        Self(claims)
    }

    pub(super) fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The claim at `path`: a claim of that name, or else one nested in others, as in
    /// `resource_access.esimpool.roles`. A name may itself contain dots.
    pub(super) fn get(&self, path: &str) -> Option<&Value> {
        get_nested(&self.0, path)
    }

    /// The claim at `path`, which must be a string if present.
    pub(super) fn string(&self, path: &str) -> Result<Option<&str>, Refusal> {
        match self.get(path) {
            Some(value) if !value.is_string() => Err(unusable(path)),
            value => Ok(value.and_then(Value::as_str)),
        }
    }

    /// A timestamp in seconds since 1970, rounded down; RFC 7519 allows fractions.
    pub(super) fn seconds(&self, name: &str) -> Result<Option<i64>, Refusal> {
        let Some(value) = self.0.get(name) else {
            return Ok(None);
        };
        #[expect(
            clippy::cast_possible_truncation,
            reason = "saturates at the earliest and latest timestamp"
        )]
        let whole = value.as_i64().or_else(|| value.as_f64().map(|seconds| seconds.floor() as i64));
        whole.map(Some).ok_or_else(|| unusable(name))
    }

    /// The claim at `path`, which must be a list of strings if present.
    pub(super) fn strings(&self, path: &str) -> Result<Option<Vec<&str>>, Refusal> {
        let Some(value) = self.get(path) else {
            return Ok(None);
        };
        let list = value.as_array().ok_or_else(|| unusable(path))?;
        list.iter()
            .map(|item| item.as_str().ok_or_else(|| unusable(path)))
            .collect::<Result<_, _>>()
            .map(Some)
    }

    /// The names in the claim at `path`, in each form that issuers write: a string separated by spaces,
    /// a list of strings, or an object whose members are the names. A member that is null or false names
    /// nothing.
    pub(super) fn names_at(&self, path: &str) -> Result<Option<Vec<&str>>, Refusal> {
        match self.get(path) {
            Some(Value::String(names)) => Ok(Some(names.split(' ').collect())),
            Some(Value::Object(members)) => {
                let held = |value: &Value| !value.is_null() && *value != Value::Bool(false);
                let names = members.iter().filter(|(_, value)| held(value));
                Ok(Some(names.map(|(name, _)| name.as_str()).collect()))
            }
            _ => self.strings(path),
        }
    }

    /// `aud`: a string or a list of strings (RFC 7519 section 4.1.3).
    pub(super) fn audiences(&self) -> Result<Vec<&str>, Refusal> {
        match self.0.get("aud") {
            Some(Value::String(audience)) => Ok(vec![audience]),
            _ => Ok(self.strings("aud")?.unwrap_or_default()),
        }
    }
}

fn unusable(claim: &str) -> Refusal {
    Refusal::UnusableClaim(claim.to_owned())
}

impl<'de> Deserialize<'de> for TokenClaims {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct UniqueNames;

        impl<'de> Visitor<'de> for UniqueNames {
            type Value = Map<String, Value>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of claims")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut claims = Map::new();
                while let Some((name, value)) = map.next_entry::<String, Value>()? {
                    if claims.insert(name, value).is_some() {
                        return Err(A::Error::custom("duplicate claim"));
                    }
                }
                Ok(claims)
            }
        }

        deserializer.deserialize_map(UniqueNames).map(Self)
    }
}

/// The value at `path` in an object; the longest matching name wins.
fn get_nested<'v>(object: &'v Map<String, Value>, path: &str) -> Option<&'v Value> {
    object.get(path).or_else(|| {
        path.rmatch_indices('.').find_map(|(dot, _)| {
            get_nested(object.get(&path[..dot])?.as_object()?, &path[dot + 1..])
        })
    })
}
