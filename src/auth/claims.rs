//! The claims of a token, by the names that its issuer gives them.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::Refusal;

/// The claims of a token, no two of one name.
pub(super) struct Claims(Map<String, Value>);

impl Claims {
    /// Claims of a token that nobody has verified, to be talked about and not to be believed.
    pub(super) fn unchecked(claims: Map<String, Value>) -> Self {
        Self(claims)
    }

    /// Whether there is such a claim.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The names of all claims.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The claim at `path`: one of that very name, else within others, as in
    /// `resource_access.esimpool.roles`. A name may hold dots itself.
    pub(super) fn at(&self, path: &str) -> Option<&Value> {
        within(&self.0, path)
    }

    /// A claim that is text where it stands.
    pub(super) fn text(&self, path: &str) -> Result<Option<&str>, Refusal> {
        self.at(path).map(|value| value.as_str().ok_or(Refusal::Malformed)).transpose()
    }

    /// A moment in whole seconds, where it stands. RFC 7519 allows fractions.
    pub(super) fn seconds(&self, name: &str) -> Result<Option<i64>, Refusal> {
        let Some(value) = self.0.get(name) else {
            return Ok(None);
        };
        #[expect(
            clippy::cast_possible_truncation,
            reason = "saturates, which is as far as time goes"
        )]
        let whole = value.as_i64().or_else(|| value.as_f64().map(|seconds| seconds.floor() as i64));
        whole.map(Some).ok_or(Refusal::Malformed)
    }

    /// A list of texts where it stands.
    pub(super) fn texts(&self, path: &str) -> Result<Option<Vec<&str>>, Refusal> {
        let Some(value) = self.at(path) else {
            return Ok(None);
        };
        let list = value.as_array().ok_or(Refusal::Malformed)?;
        list.iter()
            .map(|text| text.as_str().ok_or(Refusal::Malformed))
            .collect::<Result<_, _>>()
            .map(Some)
    }

    /// `aud`: one text or a list of them (RFC 7519 section 4.1.3).
    pub(super) fn audiences(&self) -> Result<Vec<&str>, Refusal> {
        match self.0.get("aud") {
            Some(Value::String(audience)) => Ok(vec![audience]),
            _ => Ok(self.texts("aud")?.unwrap_or_default()),
        }
    }
}

impl<'de> Deserialize<'de> for Claims {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Once;

        impl<'de> Visitor<'de> for Once {
            type Value = Map<String, Value>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of claims")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut claims = Map::new();
                while let Some((name, value)) = map.next_entry::<String, Value>()? {
                    if claims.insert(name, value).is_some() {
                        return Err(A::Error::custom("a claim stands twice"));
                    }
                }
                Ok(claims)
            }
        }

        deserializer.deserialize_map(Once).map(Self)
    }
}

/// The value at `path` in an object: the longest name that is there wins.
fn within<'v>(object: &'v Map<String, Value>, path: &str) -> Option<&'v Value> {
    object.get(path).or_else(|| {
        path.rmatch_indices('.')
            .find_map(|(dot, _)| within(object.get(&path[..dot])?.as_object()?, &path[dot + 1..]))
    })
}
