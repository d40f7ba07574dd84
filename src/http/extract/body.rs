//! JSON bodies: read within bounds, parsed where nobody waits.

use super::Extract;
use super::flow::{Flow, check_type};
use crate::http::ApiError;
use crate::http::idempotency::Keyed;
use crate::http::incoming::Incoming;
use crate::offload::offload;
use crate::protocol::FromJson;
use crate::protocol::openapi::Description;

/// A JSON text of so many bytes holds about one thing worth counting.
const BYTES_AN_ITEM: usize = 128;

/// The JSON body as a domain type, every rule checked.
pub(in crate::http) struct Body<T>(pub(in crate::http) T);

impl<T: FromJson> Extract for Body<T> {
    async fn extract(incoming: &mut Incoming) -> Result<Self, ApiError> {
        check_type(incoming, "application/json", "The Content-Type must be application/json.")?;
        let keyed = Keyed::of(incoming)?;
        let json = read(incoming, incoming.exchange.service.limits.body_bytes).await?;
        let rules = incoming.exchange.service.rules;
        let items = json.len() / BYTES_AN_ITEM;
        let read = move || {
            T::from_json(&json, &rules)
                .map(|body| (body, keyed.map(|keyed| keyed.idempotency_key(&json))))
        };
        let (body, idempotency_key) = offload(items, read).await?;
        incoming.idempotency_key = idempotency_key;
        Ok(Self(body))
    }

    fn describe(description: &mut Description) {
        description.takes_body::<T>();
    }
}

/// The whole body, within the cap of one and the budget of all.
pub(in crate::http) async fn read(
    incoming: &mut Incoming,
    limit: usize,
) -> Result<Vec<u8>, ApiError> {
    let service = incoming.exchange.service.clone();
    let mut flow = Flow::of(incoming, limit)?;
    let mut body = Vec::new();
    while let Some(part) = flow.next().await? {
        service.bodies.enlarge(&mut incoming.body, flow.length).await?;
        if body.is_empty() {
            // A body that came at once is not copied.
            body = part.into();
        } else {
            body.extend_from_slice(&part);
        }
    }
    Ok(body)
}
