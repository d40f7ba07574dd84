//! What the head of a request may be, before anything reads it: how many headers, how long, and which
//! host.

use actix_web::HttpRequest;
use actix_web::http::Uri;
use actix_web::http::header::{HOST, HeaderMap, HeaderValue};

use super::error::ApiError;
use crate::domain::Invalid;

/// The greatest number of header fields. actix refuses more than 96 by itself, without a body.
const MAX_FIELDS: usize = 80;
/// The greatest length of all names and values together.
const MAX_BYTES: usize = 32 * 1024;

/// Refuses a head with more headers than the limits, or with two hosts.
///
/// # Errors
/// [`ApiError::HeadersTooLarge`] or [`ApiError::Invalid`].
pub(super) fn check_head(request: &HttpRequest) -> Result<(), ApiError> {
    if !within_limits(request.headers()) {
        return Err(ApiError::HeadersTooLarge { fields: MAX_FIELDS, bytes: MAX_BYTES });
    }
    if !names_one_host(request.uri(), request.headers()) {
        let reason = "must be given once, and be the host in the request target if that has one";
        return Err(Invalid::new("Host", reason).into());
    }
    Ok(())
}

/// Whether the head names no two hosts. RFC 9112, section 3.2.2, has a server ignore a Host header that
/// contradicts the request target; but a proxy in front may have decided by either of them.
fn names_one_host(target: &Uri, headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(HOST);
    let host = hosts.next().map(HeaderValue::as_bytes);
    let same = |host: &[u8], target: &str| host.eq_ignore_ascii_case(target.as_bytes());
    let agree = match (host, target.authority()) {
        (Some(host), Some(target)) => same(host, target.as_str()),
        _ => true,
    };
    agree && hosts.next().is_none()
}

fn within_limits(headers: &HeaderMap) -> bool {
    let lengths = headers.iter().map(|(name, value)| name.as_str().len() + value.len());
    headers.len() <= MAX_FIELDS && lengths.sum::<usize>() <= MAX_BYTES
}

#[cfg(test)]
mod tests {
    use actix_web::http::Uri;
    use actix_web::http::header::{ACCEPT, HOST, HeaderMap, HeaderValue};

    use super::{MAX_BYTES, MAX_FIELDS, names_one_host, within_limits};

    #[test]
    fn a_head_names_one_host() {
        for (target, hosts, allowed) in [
            ("/livez", &["localhost"][..], true),
            ("/livez", &[], true),
            ("http://localhost/livez", &["localhost"], true),
            ("http://LOCALHOST:80/livez", &["localhost:80"], true),
            ("http://localhost/livez", &[], true),
            ("http://evil.example.com/livez", &["localhost"], false),
            ("http://localhost/livez", &["evil.example.com"], false),
            ("http://localhost:81/livez", &["localhost"], false),
            ("http://user@localhost/livez", &["localhost"], false),
            ("/livez", &["localhost", "localhost"], false),
        ] {
            let mut headers = HeaderMap::new();
            for host in hosts {
                headers.append(HOST, HeaderValue::from_static(host));
            }
            let uri: Uri = target.parse().expect("a target");
            assert_eq!(names_one_host(&uri, &headers), allowed, "{target} {hosts:?}");
        }
    }

    #[test]
    fn fields_are_counted_and_their_lengths_added_up() {
        let headers = |count: usize, length: usize| {
            let mut headers = HeaderMap::new();
            for _ in 0..count {
                let value = HeaderValue::from_str(&"x".repeat(length)).expect("a value");
                headers.append(ACCEPT, value);
            }
            headers
        };
        assert!(within_limits(&headers(0, 0)));
        assert!(within_limits(&headers(MAX_FIELDS, 1)));
        assert!(!within_limits(&headers(MAX_FIELDS + 1, 1)));
        let rest = MAX_BYTES - "accept".len();
        assert!(within_limits(&headers(1, rest)));
        assert!(!within_limits(&headers(1, rest + 1)));
    }
}
