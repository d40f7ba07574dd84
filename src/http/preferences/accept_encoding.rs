//! `Accept-Encoding` (RFC 9110, section 12.5.3).

use std::convert::Infallible;
use std::str::FromStr;

use actix_web::http::header::{ACCEPT_ENCODING, HeaderMap, Quality, QualityItem};

use super::list::items;

/// A coding, as far as it concerns gzip: reading it allocates nothing.
enum Coding {
    Gzip,
    Any,
    Other,
}

impl FromStr for Coding {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text {
            "*" => Self::Any,
            _ if text.eq_ignore_ascii_case("gzip") => Self::Gzip,
            _ => Self::Other,
        })
    }
}

/// Whether the client accepts gzip. What it says of gzip by name outweighs `*`.
pub(super) fn accepts_gzip(headers: &HeaderMap) -> bool {
    let (mut gzip, mut any) = (None, None);
    for item in items(headers, &ACCEPT_ENCODING) {
        let Ok(coding) = item.parse::<QualityItem<Coding>>() else { continue };
        match coding.item {
            Coding::Any => any = any.max(Some(coding.quality)),
            Coding::Gzip => gzip = gzip.max(Some(coding.quality)),
            Coding::Other => {}
        }
    }
    gzip.or(any).is_some_and(|quality| quality > Quality::ZERO)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{ACCEPT_ENCODING, HeaderMap, HeaderValue};

    use super::accepts_gzip;

    #[test]
    fn gzip_must_be_accepted_and_not_refused() {
        let accepts = |accept: &str| {
            let mut headers = HeaderMap::new();
            headers.append(ACCEPT_ENCODING, HeaderValue::from_str(accept).expect("a value"));
            accepts_gzip(&headers)
        };
        assert!(!accepts_gzip(&HeaderMap::new()));
        for accept in ["gzip", "GZip", "br, gzip;q=0.5", "gzip; q=0.001", "*", "br;q=0, *;q=0.1"] {
            assert!(accepts(accept), "{accept}");
        }
        for accept in [
            "",
            "br",
            "identity",
            "gzip;q=0",
            "gzip;q=0.0",
            "gzip; q=0.000",
            "gzip;q=0, *",
            "*;q=0",
        ] {
            assert!(!accepts(accept), "{accept}");
        }
    }
}
