//! A part of a body.

/// The bytes of one part of a body.
#[expect(clippy::disallowed_types, reason = "read within the limits of a body stream")]
pub(in crate::http) type Chunk = actix_web::web::Bytes;
