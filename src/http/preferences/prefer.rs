//! `Prefer` (RFC 7240), as far as it is honoured.

use actix_web::http::header::{HeaderMap, HeaderName};
use mediatype::Value;

use super::list::{items, split_unquoted};

const PREFER: HeaderName = HeaderName::from_static("prefer");

/// The preferences that are honoured. Others are ignored, as section 2 demands.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Prefer {
    pub(super) returns: Option<Return>,
    pub(super) page_size: Option<u32>,
}

/// What the response to a change holds (`return=…`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::http) enum Return {
    /// No body.
    Minimal,
    /// The entity.
    Representation,
}

impl Prefer {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        // Of a preference that is given several times, the first counts (section 2), even if its
        // value is unknown.
        let (mut returns, mut page_size) = (None, None);
        for item in items(headers, &PREFER) {
            // None of these preferences has parameters, which follow a semicolon.
            let preference = split_unquoted(item, ';').next().unwrap_or_default();
            let (name, value) = preference.split_once('=').unwrap_or((preference, ""));
            let name = name.trim_end();
            let value = Value::new(value.trim_start());
            let value = value.as_ref().map(Value::unquoted_str).unwrap_or_default();
            if name.eq_ignore_ascii_case("return") {
                returns.get_or_insert_with(|| Return::named(&value));
            } else if ["odata.maxpagesize", "maxpagesize"]
                .iter()
                .any(|it| name.eq_ignore_ascii_case(it))
            {
                page_size.get_or_insert_with(|| value.parse().ok().filter(|size| *size > 0));
            }
        }
        Self { returns: returns.flatten(), page_size: page_size.flatten() }
    }
}

impl Return {
    fn named(name: &str) -> Option<Self> {
        if name.eq_ignore_ascii_case("minimal") {
            Some(Self::Minimal)
        } else if name.eq_ignore_ascii_case("representation") {
            Some(Self::Representation)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderMap, HeaderValue};

    use super::{PREFER, Prefer, Return};

    fn prefer(values: &[&str]) -> (Option<Return>, Option<u32>) {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(PREFER, HeaderValue::from_str(value).expect("a value"));
        }
        let Prefer { returns, page_size } = Prefer::of(&headers);
        (returns, page_size)
    }

    #[test]
    fn preferences_of_all_headers_are_read() {
        let all = prefer(&["respond-async, return=minimal", "odata.maxpagesize=7"]);
        assert_eq!(all, (Some(Return::Minimal), Some(7)));
    }

    #[test]
    fn parameters_quotes_and_letter_case_change_nothing() {
        for value in [
            "return=minimal; wait=1",
            "return=minimal;x=\"a, return=representation; b\"",
            "RETURN=Minimal",
            "return = \"minimal\" ; x",
            r#"foo="a \", return=representation", return=minimal"#,
            "return=\"min\\imal\"",
        ] {
            assert_eq!(prefer(&[value]).0, Some(Return::Minimal), "{value}");
        }
        assert_eq!(prefer(&["maxpagesize=\"7\";x=1"]).1, Some(7));
    }

    #[test]
    fn the_first_of_several_counts() {
        let several = ["return=minimal, return=representation", "maxpagesize=3", "return=all"];
        assert_eq!(prefer(&several), (Some(Return::Minimal), Some(3)));
        let unknown = ["return=all, odata.maxpagesize=0", "return=minimal, maxpagesize=5"];
        assert_eq!(prefer(&unknown), (None, None));
    }

    #[test]
    fn malformed_preferences_are_ignored() {
        for value in
            ["return", "return=", "return=\"minimal", "maxpagesize=x", "maxpagesize=-1", ";="]
        {
            assert_eq!(prefer(&[value]), (None, None), "{value}");
        }
    }
}
