//! JSON bodies: read within bounds, parsed where nobody waits.

use super::Extract;
use super::flow::{Expectation, Flow};
use crate::heavy::heavy;
use crate::http::ApiError;
use crate::http::attempt::Keyed;
use crate::http::incoming::Incoming;
use crate::protocol::FromJson;
use crate::protocol::openapi::Description;

/// A JSON text of so many bytes holds about one thing worth counting.
const BYTES_AN_ITEM: usize = 128;

/// The JSON body as a domain type, every rule checked.
pub(in crate::http) struct Body<T>(pub(in crate::http) T);

impl<T: FromJson> Extract for Body<T> {
    async fn extract(incoming: &mut Incoming) -> Result<Self, ApiError> {
        let flow = Flow::of(
            incoming,
            &Expectation {
                content_type: "application/json",
                otherwise: "The Content-Type must be application/json.",
                limit: incoming.exchange.service.limits.body_bytes,
            },
        )?;
        let keyed = Keyed::of(incoming)?;
        let json = read(flow, incoming).await?;
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

/// The whole body, within the budget of all.
async fn read(mut flow: Flow, incoming: &mut Incoming) -> Result<Vec<u8>, ApiError> {
    let service = incoming.exchange.service.clone();
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
