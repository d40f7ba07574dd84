//! JSON bodies: read within bounds, parsed where nobody waits.

use super::Extract;
use super::body_stream::BodyStream;
use super::content_type::check_content_type;
use crate::http::ApiError;
use crate::http::idempotency::Keyed;
use crate::http::media_type::JSON;
use crate::http::request::Request;
use crate::offload::offload;
use crate::protocol::FromJson;
use crate::protocol::openapi::Description;

/// A JSON text of so many bytes holds about one thing worth counting.
const BYTES_AN_ITEM: usize = 128;

/// The JSON body as a domain type, every rule checked.
pub(in crate::http) struct Body<T>(pub(in crate::http) T);

impl<T: FromJson> Extract for Body<T> {
    async fn extract(request: &mut Request) -> Result<Self, ApiError> {
        check_content_type(request, &JSON, "The Content-Type must be application/json.")?;
        let keyed = Keyed::of(request)?;
        let json = read(request, request.context.service.limits.body_bytes).await?;
        let rules = request.context.service.rules;
        let items = json.len() / BYTES_AN_ITEM;
        let read = move || {
            T::from_json(&json, &rules)
                .map(|body| (body, keyed.map(|keyed| keyed.idempotency_key(&json))))
        };
        let (body, idempotency_key) = offload(items, read).await?;
        request.idempotency_key = idempotency_key;
        Ok(Self(body))
    }

    fn describe(description: &mut Description) {
        description.takes_body::<T>();
    }
}

/// The whole body, within the cap of one and the budget of all.
pub(in crate::http) async fn read(
    request: &mut Request,
    limit: usize,
) -> Result<Vec<u8>, ApiError> {
    let service = request.context.service.clone();
    let mut flow = BodyStream::of(request, limit)?;
    let mut body = Vec::new();
    while let Some(part) = flow.next().await? {
        service.bodies.enlarge(&mut request.body, flow.length).await?;
        if body.is_empty() {
            // A body that came at once is not copied.
            body = part.into();
        } else {
            body.extend_from_slice(&part);
        }
    }
    Ok(body)
}
