//! The `Content-Type` of a request body.

use actix_web::http::header::CONTENT_TYPE;
use mediatype::names::CHARSET;
use mediatype::{MediaType, ReadParams};

use crate::http::error::ApiError;
use crate::http::media_type::content_type;
use crate::http::request::Request;

/// Refuses a body that is not of the `expected` media type, in UTF-8.
///
/// # Errors
/// [`ApiError::UnsupportedMediaType`] with `message`, or with one about the charset.
pub(super) fn check_content_type(
    request: &Request,
    expected: &MediaType<'_>,
    message: &'static str,
) -> Result<(), ApiError> {
    let media_type = content_type(request.head().headers.get(CONTENT_TYPE));
    let media_type = media_type
        .filter(|media_type| media_type.essence() == *expected)
        .ok_or(ApiError::UnsupportedMediaType(message))?;
    let charset = media_type.get_param(CHARSET);
    if charset.is_some_and(|charset| !charset.unquoted_str().eq_ignore_ascii_case("utf-8")) {
        return Err(ApiError::UnsupportedMediaType(
            "The charset of the Content-Type must be utf-8.",
        ));
    }
    Ok(())
}
