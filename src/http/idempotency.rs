//! `Idempotency-Key`: lets a client repeat a POST without repeating its effect.

use actix_web::http::Method;
use aws_lc_rs::digest::{Context, SHA256};

use super::error::ApiError;
use super::request::Request;
use crate::auth::IdempotencyKey;
use crate::domain::Invalid;

const HEADER: &str = "Idempotency-Key";
/// The longest key, in characters.
const MAX_KEY: usize = 255;

/// The key of a request whose body has not been read.
pub(super) struct RequestKey {
    key: String,
    /// Method and target, in the one form that every spelling of a path is brought into.
    target: String,
}

impl RequestKey {
    /// The key of a POST, if it has one. Other methods are idempotent by themselves.
    ///
    /// # Errors
    /// [`ApiError::Invalid`] if the key is empty, too long, not visible ASCII or given twice.
    pub(super) fn of(request: &Request) -> Result<Option<Self>, ApiError> {
        let head = request.head();
        let mut keys = head.headers.get_all("idempotency-key");
        let (Some(key), true) = (keys.next(), head.method == Method::POST) else {
            return Ok(None);
        };
        let visible = key.as_bytes().iter().all(u8::is_ascii_graphic);
        if keys.next().is_some() || !visible || !(1..=MAX_KEY).contains(&key.len()) {
            let reason = format!("must be given once, as 1 to {MAX_KEY} visible ASCII characters");
            return Err(Invalid::new(HEADER, reason).into());
        }
        let ids: Vec<_> = request.ids.iter().map(|(_, id)| id.as_str()).collect();
        let route = request.context.route().unwrap_or_default();
        let target = format!("{} {route} {} ?{}", head.method, ids.join(" "), request.query());
        let key = key.to_str().unwrap_or_default().to_owned();
        Ok(Some(Self { key, target }))
    }

    /// The key together with a digest of the request, which has this body.
    pub(super) fn with_body(self, body: &[u8]) -> IdempotencyKey {
        let mut digest = self.into_digest();
        digest.update(body);
        digest.finish()
    }

    /// The digest of a request whose body is read in chunks.
    pub(super) fn into_digest(self) -> BodyDigest {
        let mut context = Context::new(&SHA256);
        context.update(self.target.as_bytes());
        context.update(&[0]);
        BodyDigest { key: self.key, context }
    }
}

/// The digest of a request while its body is read.
pub(super) struct BodyDigest {
    key: String,
    context: Context,
}

impl BodyDigest {
    pub(super) fn update(&mut self, chunk: &[u8]) {
        self.context.update(chunk);
    }

    pub(super) fn finish(self) -> IdempotencyKey {
        let digest = self.context.finish();
        let digest = *digest.as_ref().first_chunk().expect("a digest of 32 bytes");
        IdempotencyKey { key: self.key, digest }
    }
}
