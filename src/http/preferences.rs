//! What a client says of the answer that it wants: `Accept` and `Prefer`.

use actix_web::http::header::{ACCEPT, ACCEPT_ENCODING, HeaderMap};

use crate::protocol::Metadata;

/// What was asked for, once a request.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Preferences {
    /// Whether JSON will do.
    pub(super) json: bool,
    pub(super) metadata: Metadata,
    /// Whether the answer may be compressed.
    pub(super) gzip: bool,
    pub(super) returns: Option<Return>,
    pub(super) page_size: Option<u32>,
}

/// What a change answers (`Prefer: return=…`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Return {
    /// Nothing but that it happened.
    Minimal,
    /// The entity.
    Representation,
}

impl Preferences {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let mut preferences = Self { json: !headers.contains_key(ACCEPT), ..Self::default() };
        for range in values(headers, ACCEPT.as_str()) {
            preferences.accept(&range);
        }
        for coding in values(headers, ACCEPT_ENCODING.as_str()) {
            let mut parts = coding.split(';').map(str::trim);
            let gzip =
                parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip") || name == "*");
            preferences.gzip |= gzip && !parts.any(|part| part.replace(' ', "") == "q=0");
        }
        for preference in values(headers, "prefer") {
            preferences.prefer(&preference);
        }
        preferences
    }

    /// One media range: `application/json;odata.metadata=none;q=0.9`.
    fn accept(&mut self, range: &str) {
        let mut parts = range.split(';').map(|part| part.trim().to_ascii_lowercase());
        let kind = parts.next().unwrap_or_default();
        let parameters: Vec<_> = parts.collect();
        let json = ["*/*", "application/*", "application/json"].contains(&kind.as_str());
        if !json || parameters.iter().any(|parameter| parameter == "q=0") {
            return;
        }
        self.json = true;
        if parameters.iter().any(|parameter| parameter == "odata.metadata=none") {
            self.metadata = Metadata::None;
        }
    }

    /// One preference. Unknown ones are to be passed over (RFC 7240).
    fn prefer(&mut self, preference: &str) {
        let (name, value) = preference.split_once('=').unwrap_or((preference, ""));
        let value = value.trim().trim_matches('"');
        match name.trim().to_ascii_lowercase().as_str() {
            "return" if value.eq_ignore_ascii_case("minimal") => {
                self.returns = Some(Return::Minimal);
            }
            "return" if value.eq_ignore_ascii_case("representation") => {
                self.returns = Some(Return::Representation);
            }
            "odata.maxpagesize" | "maxpagesize" => {
                self.page_size = value.parse().ok().filter(|size| *size > 0);
            }
            _ => {}
        }
    }
}

/// What stands between the commas of all headers of one name.
fn values(headers: &HeaderMap, name: &str) -> Vec<String> {
    let texts = headers.get_all(name).filter_map(|value| value.to_str().ok());
    texts.flat_map(|text| text.split(',')).map(|value| value.trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};

    use super::{Metadata, Preferences, Return};

    fn preferences(headers: &[(&str, &str)]) -> Preferences {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name: HeaderName = name.parse().expect("a name");
            map.append(name, HeaderValue::from_str(value).expect("a value"));
        }
        Preferences::of(&map)
    }

    #[test]
    fn json_is_acceptable_unless_something_else_is_asked_for() {
        for accept in [
            "*/*",
            "application/json",
            "text/html, application/*;q=0.1",
            "APPLICATION/JSON;odata.metadata=full",
        ] {
            assert!(preferences(&[("accept", accept)]).json, "{accept}");
        }
        assert!(preferences(&[]).json);
        for accept in ["text/html", "application/xml, text/plain", "application/json;q=0"] {
            assert!(!preferences(&[("accept", accept)]).json, "{accept}");
        }
        assert_eq!(
            preferences(&[("accept", "application/json;odata.metadata=none")]).metadata,
            Metadata::None
        );
    }

    #[test]
    fn preferences_are_taken_from_wherever_they_stand() {
        let all = preferences(&[
            ("prefer", "respond-async, return=minimal"),
            ("Prefer", "odata.maxpagesize=\"7\""),
        ]);
        assert_eq!((all.returns, all.page_size), (Some(Return::Minimal), Some(7)));
        let none = preferences(&[("prefer", "return=all, odata.maxpagesize=0, maxpagesize=x")]);
        assert_eq!((none.returns, none.page_size), (None, None));
    }

    #[test]
    fn compression_can_be_declined() {
        assert!(preferences(&[("accept-encoding", "br, gzip;q=0.5")]).gzip);
        assert!(!preferences(&[("accept-encoding", "br, gzip;q=0")]).gzip);
        assert!(!preferences(&[("accept-encoding", "identity")]).gzip);
    }
}
