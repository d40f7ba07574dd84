//! `Accept` (RFC 9110, section 12.5.1), as far as it concerns JSON and pages.

use std::str::FromStr;

use actix_web::http::header::{ACCEPT, HeaderMap, Quality, QualityItem};
use mediatype::{MediaType, MediaTypeError, ReadParams, Value};

use super::list::items;
use crate::http::media_type::{ANY, ANY_APPLICATION, HTML, JSON, ODATA_METADATA};
use crate::protocol::MetadataLevel;

/// A media range, as far as it concerns JSON and HTML.
#[derive(Clone, Copy)]
enum Range {
    /// It matches neither JSON nor HTML.
    Other,
    /// It matches HTML only.
    Html,
    /// It matches JSON with any amount of metadata, more or less specifically.
    Json(Specificity),
    /// It matches JSON with this amount of metadata only.
    JsonWith(MetadataLevel),
}

#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Specificity {
    #[default]
    Unmatched,
    Any,
    Type,
    Subtype,
    Parameter,
}

/// The quality that the most specific matching range gives a representation.
#[derive(Clone, Copy)]
struct Match {
    specificity: Specificity,
    quality: Quality,
}

/// The amount of metadata in the JSON that the client likes best, or `None` if it accepts no JSON.
pub(super) fn accepted_json(headers: &HeaderMap) -> Option<MetadataLevel> {
    if !headers.contains_key(ACCEPT) {
        return Some(MetadataLevel::default());
    }
    let (mut minimal, mut none) = (Match::NONE, Match::NONE);
    for item in items(headers, &ACCEPT) {
        let Some(QualityItem { item: range, quality }) = weighted(item) else { continue };
        match range {
            Range::Other | Range::Html => {}
            Range::Json(specificity) => {
                minimal.consider(specificity, quality);
                none.consider(specificity, quality);
            }
            Range::JsonWith(MetadataLevel::Minimal) => {
                minimal.consider(Specificity::Parameter, quality);
            }
            Range::JsonWith(MetadataLevel::None) => none.consider(Specificity::Parameter, quality),
        }
    }
    // Of two that are liked equally, the one that was asked for by name.
    let by_name = none.specificity == Specificity::Parameter && none.quality == minimal.quality;
    if none.quality > minimal.quality || (by_name && none.quality > Quality::ZERO) {
        Some(MetadataLevel::None)
    } else {
        (minimal.quality > Quality::ZERO).then_some(MetadataLevel::Minimal)
    }
}

/// Whether the client asks for HTML by name, as browsers do for pages.
pub(in crate::http) fn asks_for_html(headers: &HeaderMap) -> bool {
    items(headers, &ACCEPT)
        .filter_map(weighted)
        .any(|QualityItem { item, quality }| matches!(item, Range::Html) && quality > Quality::ZERO)
}

/// A range with its weight. A malformed weight counts as the lowest: old Java clients send
/// `*/*; q=.2`.
fn weighted(item: &str) -> Option<QualityItem<Range>> {
    // Parameters may be empty (section 5.6.6), which the parser of weights does not know.
    let item = item.trim_end_matches([';', ' ', '\t']);
    item.parse().ok().or_else(|| item.parse().ok().map(QualityItem::min))
}

impl Match {
    const NONE: Self = Self { specificity: Specificity::Unmatched, quality: Quality::ZERO };

    fn consider(&mut self, specificity: Specificity, quality: Quality) {
        if specificity > self.specificity {
            *self = Self { specificity, quality };
        } else if specificity == self.specificity && quality > self.quality {
            self.quality = quality;
        }
    }
}

impl FromStr for Range {
    type Err = MediaTypeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let range = MediaType::parse(text)?;
        let essence = range.essence();
        if essence == ANY {
            return Ok(Self::Json(Specificity::Any));
        }
        if essence == ANY_APPLICATION {
            return Ok(Self::Json(Specificity::Type));
        }
        if essence == HTML {
            return Ok(Self::Html);
        }
        if essence != JSON {
            return Ok(Self::Other);
        }
        let metadata = range.get_param(ODATA_METADATA);
        let metadata = metadata.as_ref().map(Value::unquoted_str).unwrap_or_default();
        Ok(if metadata.eq_ignore_ascii_case("none") {
            Self::JsonWith(MetadataLevel::None)
        } else if metadata.eq_ignore_ascii_case("minimal") {
            Self::JsonWith(MetadataLevel::Minimal)
        } else {
            // A service may write less metadata than is asked for (OData 4.01, JSON format, 3.1).
            Self::Json(Specificity::Subtype)
        })
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{ACCEPT, HeaderMap, HeaderValue};

    use super::accepted_json;
    use crate::protocol::MetadataLevel;

    fn accepted(accept: &str) -> Option<MetadataLevel> {
        let mut headers = HeaderMap::new();
        headers.append(ACCEPT, HeaderValue::from_str(accept).expect("a value"));
        accepted_json(&headers)
    }

    #[test]
    fn json_is_accepted_where_some_range_matches_it() {
        assert_eq!(accepted_json(&HeaderMap::new()), Some(MetadataLevel::Minimal), "no header");
        for accept in [
            "*/*",
            "application/json",
            "application/json;",
            "text/html, application/*;q=0.1",
            "APPLICATION/JSON;odata.metadata=full",
            "application/json; charset=utf-8; q=0.001",
            "text/html, image/gif, *; q=.2, */*; q=.2",
            "nonsense, */*",
        ] {
            assert_eq!(accepted(accept), Some(MetadataLevel::Minimal), "{accept}");
        }
        for accept in ["text/html", "application/xml, text/plain", "application/jsonp", ",", ""] {
            assert_eq!(accepted(accept), None, "{accept}");
        }
    }

    #[test]
    fn a_weight_of_zero_refuses_however_it_is_written() {
        for zero in
            ["q=0", "Q=0", "q=0.", "q=0.0", "q=0.000", " q=0.0 ", "odata.streaming=true;q=0"]
        {
            assert_eq!(accepted(&format!("application/json;{zero}")), None, "{zero}");
        }
        assert_eq!(accepted("application/json;q=0;charset=utf-8"), None, "before a parameter");
    }

    #[test]
    fn the_most_specific_range_decides() {
        for (accept, expected) in [
            ("*/*, application/json;q=0", None),
            ("application/json;q=0, */*", None),
            ("application/*;q=0, */*", None),
            ("*/*;q=0, application/*", Some(MetadataLevel::Minimal)),
            ("application/*;q=0, application/json;q=0.1", Some(MetadataLevel::Minimal)),
            (
                "application/json;odata.metadata=none;q=0, application/json",
                Some(MetadataLevel::Minimal),
            ),
            ("application/json;odata.metadata=minimal;q=0, */*", Some(MetadataLevel::None)),
        ] {
            assert_eq!(accepted(accept), expected, "{accept}");
        }
    }

    #[test]
    fn the_amount_of_metadata_with_the_greatest_weight_is_chosen() {
        for (accept, expected) in [
            ("application/json;odata.metadata=none", MetadataLevel::None),
            ("application/json;odata.metadata=\"NONE\";q=0.5", MetadataLevel::None),
            ("application/json, application/json;odata.metadata=none", MetadataLevel::None),
            (
                "application/json, application/json;odata.metadata=none;q=0.9",
                MetadataLevel::Minimal,
            ),
            (
                "application/json;odata.metadata=none;q=0.2, \
                 application/json;odata.metadata=minimal;q=0.3",
                MetadataLevel::Minimal,
            ),
        ] {
            assert_eq!(accepted(accept), Some(expected), "{accept}");
        }
    }
}
