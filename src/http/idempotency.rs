//! `Idempotency-Key`: what a caller may send again without doing it again.

use actix_web::http::Method;
use aws_lc_rs::digest::{Context, SHA256};

use super::ApiError;
use super::request::Request;
use crate::auth::IdempotencyKey;
use crate::domain::Invalid;

const HEADER: &str = "Idempotency-Key";
/// The longest key, in characters.
const LONGEST: usize = 255;

/// A request that has a key, before its body is read.
pub(super) struct Keyed {
    key: String,
    /// Verb and target, in the one form that every spelling of a path becomes.
    target: String,
}

impl Keyed {
    /// The key of a POST, if it brings one. Other verbs do the same however often they are sent.
    pub(super) fn of(request: &Request) -> Result<Option<Self>, ApiError> {
        let head = request.head();
        let mut keys = head.headers.get_all("idempotency-key");
        let (Some(key), true) = (keys.next(), head.method == Method::POST) else {
            return Ok(None);
        };
        let visible = key.as_bytes().iter().all(u8::is_ascii_graphic);
        if keys.next().is_some() || !visible || !(1..=LONGEST).contains(&key.len()) {
            let reason = format!("must be given once, as 1 to {LONGEST} visible ASCII characters");
            return Err(Invalid::new(HEADER, reason).into());
        }
        let ids: Vec<_> = request.ids.iter().map(|(_, id)| id.as_str()).collect();
        let route = request.context.route.get().unwrap_or_default();
        let target = format!("{} {route} {} ?{}", head.method, ids.join(" "), request.query());
        let key = key.to_str().unwrap_or_default().to_owned();
        Ok(Some(Self { key, target }))
    }

    /// The key with what the same request is known by. Reads all of the body.
    pub(super) fn idempotency_key(self, body: &[u8]) -> IdempotencyKey {
        let mut digest = self.begin();
        digest.update(body);
        digest.finish()
    }

    /// The same for a body that comes in parts.
    pub(super) fn begin(self) -> Digest {
        let mut context = Context::new(&SHA256);
        context.update(self.target.as_bytes());
        context.update(&[0]);
        Digest { key: self.key, context }
    }
}

/// What a request is known by, while its body comes.
pub(super) struct Digest {
    key: String,
    context: Context,
}

impl Digest {
    pub(super) fn update(&mut self, part: &[u8]) {
        self.context.update(part);
    }

    pub(super) fn finish(self) -> IdempotencyKey {
        let digest = self.context.finish();
        let digest = *digest.as_ref().first_chunk().expect("a digest of 32 bytes");
        IdempotencyKey { key: self.key, digest }
    }
}
