//! What the head of a request may be, before anything reads it: how many headers and how long.

use actix_web::HttpRequest;
use actix_web::http::header::HeaderMap;

use super::error::ApiError;

/// The greatest number of header fields. actix refuses more than 96 by itself, without a body.
pub(super) const MAX_FIELDS: usize = 80;
/// The greatest length of all names and values together.
pub(super) const MAX_BYTES: usize = 32 * 1024;

/// Refuses a head with more headers than the limits.
///
/// # Errors
/// [`ApiError::HeadersTooLarge`].
pub(super) fn check_head(request: &HttpRequest) -> Result<(), ApiError> {
    if within_limits(request.headers()) { Ok(()) } else { Err(ApiError::HeadersTooLarge) }
}

fn within_limits(headers: &HeaderMap) -> bool {
    let lengths = headers.iter().map(|(name, value)| name.as_str().len() + value.len());
    headers.len() <= MAX_FIELDS && lengths.sum::<usize>() <= MAX_BYTES
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{ACCEPT, HeaderMap, HeaderValue};

    use super::{MAX_BYTES, MAX_FIELDS, within_limits};

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
