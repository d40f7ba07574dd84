//! The media types that the service knows.

use actix_web::http::header::HeaderValue;
use mediatype::names::{self, APPLICATION, TEXT};
use mediatype::{MediaType, Name};

pub(super) const ANY: MediaType<'static> = MediaType::new(names::_STAR, names::_STAR);
pub(super) const ANY_APPLICATION: MediaType<'static> = MediaType::new(APPLICATION, names::_STAR);
pub(super) const HTML: MediaType<'static> = MediaType::new(TEXT, names::HTML);
pub(super) const JSON: MediaType<'static> = MediaType::new(APPLICATION, names::JSON);
pub(super) const CSV_FILE: MediaType<'static> = MediaType::new(TEXT, names::CSV);
pub(super) const FORM: MediaType<'static> =
    MediaType::new(APPLICATION, names::x_::WWW_FORM_URLENCODED);

/// The parameter that says how much metadata is in OData's JSON.
pub(super) const ODATA_METADATA: Name<'static> = Name::new_unchecked("odata.metadata");

/// The media type in a `Content-Type` header, or `None` where there is none or it is malformed.
pub(super) fn content_type(value: Option<&HeaderValue>) -> Option<MediaType<'_>> {
    MediaType::parse(value?.to_str().ok()?.trim()).ok()
}
