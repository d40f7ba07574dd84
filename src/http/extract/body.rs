//! Request bodies: read within bounds, parsed where nobody waits.

use std::time::{Duration, Instant};

use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap};
use futures_util::StreamExt;

use super::Extract;
use super::unpack::Unpacker;
use crate::heavy::heavy;
use crate::http::ApiError;
use crate::http::attempt::Keyed;
use crate::http::incoming::{Content, Incoming};
use crate::protocol::FromJson;
use crate::protocol::openapi::Description;

/// The slowest that a client may send, after a while.
const LEAST_BYTES_A_SECOND: usize = 64 * 1024;
/// A JSON text of so many bytes holds about one thing worth counting.
const BYTES_AN_ITEM: usize = 128;

/// The JSON body as a domain type, every rule checked.
pub(in crate::http) struct Body<T>(pub(in crate::http) T);

impl<T: FromJson> Extract for Body<T> {
    async fn extract(incoming: &mut Incoming) -> Result<Self, ApiError> {
        check_type(&incoming.head().headers)?;
        let keyed = Keyed::of(incoming)?;
        let json = read(incoming).await?;
        let rules = incoming.exchange.service.rules;
        let items = json.len() / BYTES_AN_ITEM;
        let read = move || {
            T::from_json(&json, &rules).map(|body| (body, keyed.map(|keyed| keyed.attempt(&json))))
        };
        let (body, attempt) = heavy(items, read).await?;
        incoming.attempt = attempt;
        Ok(Self(body))
    }

    fn describe(description: &mut Description) {
        description.takes_body::<T>();
    }
}

/// Only JSON in UTF-8.
fn check_type(headers: &HeaderMap) -> Result<(), ApiError> {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let content_type = text(CONTENT_TYPE).unwrap_or_default();
    let mut parts = content_type.split(';').map(str::trim);
    if !parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case("application/json")) {
        return Err(ApiError::UnsupportedMediaType("The Content-Type must be application/json."));
    }
    let charset = parts.find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"'))
    });
    if charset.is_some_and(|charset| !charset.eq_ignore_ascii_case("utf-8")) {
        return Err(ApiError::UnsupportedMediaType(
            "The charset of the Content-Type must be utf-8.",
        ));
    }
    Ok(())
}

/// The whole body, unpacked, within the cap of one and the budget of all.
async fn read(incoming: &mut Incoming) -> Result<Vec<u8>, ApiError> {
    let service = incoming.exchange.service.clone();
    let limit = service.limits.body_bytes;
    let announced = incoming.head().headers.get(CONTENT_LENGTH);
    let announced = announced.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > limit as u64) {
        return Err(ApiError::TooLarge { limit });
    }
    let mut body = Unpacker::of(&incoming.head().headers)?;
    let payload = match &mut incoming.content {
        Content::Stream(payload) => payload,
        Content::Whole(body) => return Ok(std::mem::take(body)),
    };
    let began = Instant::now();
    let mut came = 0;
    loop {
        // Whoever sends less holds memory that others wait for.
        let earned = Duration::from_secs((came / LEAST_BYTES_A_SECOND) as u64);
        let left = (service.limits.body_pause + earned).saturating_sub(began.elapsed());
        let next = tokio::time::timeout(left, payload.next()).await;
        let Some(chunk) = next.map_err(|_| ApiError::TooSlow)? else { return body.finish() };
        let chunk = chunk.map_err(|_| ApiError::Incomplete)?;
        came += chunk.len();
        for piece in body.pieces(&chunk) {
            let length = body.take(piece)?;
            if length > limit {
                return Err(ApiError::TooLarge { limit });
            }
            service.bodies.enlarge(&mut incoming.body, length).await?;
            if let Unpacker::Gzip(_) = body {
                // A piece may have been a long one.
                tokio::task::yield_now().await;
            }
        }
    }
}
