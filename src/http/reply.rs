//! Successful responses about single entities.

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, LOCATION};
use actix_web::{HttpResponse, HttpResponseBuilder};
use serde::Serialize;
use serde_json::json;

use super::compression::compressed;
use super::handler::Reply;
use super::preferences::Return;
use super::request_context::RequestContext;
use crate::offload::offload;
use crate::protocol::openapi::Description;
use crate::protocol::{
    ClaimedBody, EntityBody, Expanded, MetadataLevel, RemovalBody, StockBody, Wire,
};

/// An entity.
pub(super) struct Found<T, X = ()>(pub(super) EntityBody<T, X>);

/// An entity that was created, and its URL. It may hold secrets, so that it must not be cached.
pub(super) struct Created<T> {
    pub(super) location: String,
    /// How many entities and codes the body holds.
    pub(super) items: usize,
    pub(super) body: EntityBody<T>,
}

/// An entity that was changed.
pub(super) struct Updated<T>(pub(super) EntityBody<T>);

/// A number of entities, as plain text.
pub(super) struct Count(pub(super) i64);

/// A response without a body.
pub(super) struct NoContent;

/// Graph's content type of a JSON response.
pub(super) fn odata_json(metadata: MetadataLevel) -> &'static str {
    match metadata {
        MetadataLevel::Minimal => {
            "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
        }
        MetadataLevel::None => {
            "application/json;odata.metadata=none;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
        }
    }
}

/// The response with a JSON body of that many items, written off the async worker if it is long.
pub(super) async fn write_json<T: Serialize + Send + 'static>(
    mut response: HttpResponseBuilder,
    context: &RequestContext,
    items: usize,
    body: T,
) -> HttpResponse {
    /// The length of an item, roughly: the buffer grows once or twice at most.
    const BYTES_PER_ITEM: usize = 400;

    let text = offload(items, move || {
        let mut text = Vec::with_capacity(items.max(1) * BYTES_PER_ITEM + 256);
        serde_json::to_writer(&mut text, &body).map(|()| text)
    });
    let text = text.await.expect("a body can be written as JSON");
    response
        .insert_header((CONTENT_TYPE, odata_json(context.preferences.metadata)))
        .insert_header(("OData-Version", "4.0"));
    compressed(response, context, text).await
}

pub(super) fn response_head(status: StatusCode, cache: &'static str) -> HttpResponseBuilder {
    let mut response = HttpResponse::build(status);
    response.insert_header((CACHE_CONTROL, cache));
    response
}

fn add_etag(response: &mut HttpResponseBuilder, etag: Option<String>) {
    if let Some(etag) = etag {
        response.insert_header((ETAG, etag));
    }
}

/// Adds the preference that was honoured.
fn preference_applied(response: &mut HttpResponseBuilder, returns: Option<Return>) {
    if let Some(returns) = returns {
        let applied = match returns {
            Return::Minimal => "return=minimal",
            Return::Representation => "return=representation",
        };
        response.insert_header(("Preference-Applied", applied));
    }
}

impl<T: Wire + Send + 'static, X: Expanded + Send + 'static> Reply for Found<T, X> {
    async fn respond(self, context: &RequestContext) -> HttpResponse {
        let mut response = response_head(StatusCode::OK, "no-cache");
        add_etag(&mut response, self.0.etag());
        write_json(response, context, 1, self.0).await
    }

    fn describe(description: &mut Description) {
        description.gives::<T>(200, "The entity.");
    }
}

impl<T: Wire + Send + 'static> Reply for Created<T> {
    async fn respond(self, context: &RequestContext) -> HttpResponse {
        let minimal = context.preferences.returns == Some(Return::Minimal);
        let status = if minimal { StatusCode::NO_CONTENT } else { StatusCode::CREATED };
        let mut response = response_head(status, "no-store");
        add_etag(&mut response, self.body.etag());
        response.insert_header((LOCATION, self.location.clone()));
        preference_applied(&mut response, context.preferences.returns);
        if minimal {
            // Instead of the id in the body.
            response.insert_header(("OData-EntityId", self.location));
            return response.insert_header(("OData-Version", "4.0")).finish();
        }
        write_json(response, context, self.items, self.body).await
    }

    fn describe(description: &mut Description) {
        description.gives::<T>(201, "The new entity.");
        description.gives_nothing(204, "Created; with Prefer: return=minimal.");
    }
}

impl<T: Wire + Send + 'static> Reply for Updated<T> {
    async fn respond(self, context: &RequestContext) -> HttpResponse {
        let minimal = context.preferences.returns == Some(Return::Minimal);
        let status = if minimal { StatusCode::NO_CONTENT } else { StatusCode::OK };
        let mut response = response_head(status, "no-cache");
        add_etag(&mut response, self.0.etag());
        preference_applied(&mut response, context.preferences.returns);
        if minimal {
            return response.insert_header(("OData-Version", "4.0")).finish();
        }
        write_json(response, context, 1, self.0).await
    }

    fn describe(description: &mut Description) {
        description.gives::<T>(200, "The changed entity.");
        description.gives_nothing(204, "Changed; with Prefer: return=minimal.");
    }
}

impl Reply for Count {
    const JSON: bool = false;

    async fn respond(self, _: &RequestContext) -> HttpResponse {
        // No byte-order mark, which Python's int() does not accept.
        response_head(StatusCode::OK, "no-cache")
            .insert_header((CONTENT_TYPE, "text/plain"))
            .insert_header(("OData-Version", "4.0"))
            .body(self.0.to_string())
    }

    fn describe(description: &mut Description) {
        let number = json!({ "type": "integer", "minimum": 0 });
        description.gives_content(200, "The number of entities.", "text/plain", &number);
    }
}

impl Reply for NoContent {
    const JSON: bool = false;

    async fn respond(self, _: &RequestContext) -> HttpResponse {
        response_head(StatusCode::NO_CONTENT, "no-cache")
            .insert_header(("OData-Version", "4.0"))
            .finish()
    }

    fn describe(description: &mut Description) {
        description.gives_nothing(204, "Removed.");
    }
}

impl Reply for ClaimedBody {
    async fn respond(self, context: &RequestContext) -> HttpResponse {
        let status = if self.again() { StatusCode::OK } else { StatusCode::CREATED };
        write_json(response_head(status, "no-store"), context, 1, self).await
    }

    fn describe(description: &mut Description) {
        let schema = ClaimedBody::schema();
        description.gives_json(201, "The device has been given the code.", &schema);
        description.gives_json(200, "The device had the code already.", &schema);
    }
}

impl Reply for RemovalBody {
    async fn respond(self, context: &RequestContext) -> HttpResponse {
        write_json(response_head(StatusCode::OK, "no-store"), context, 1, self).await
    }

    fn describe(description: &mut Description) {
        description.gives_json(200, "How many codes were removed.", &RemovalBody::schema());
    }
}

impl Reply for StockBody {
    async fn respond(self, context: &RequestContext) -> HttpResponse {
        write_json(response_head(StatusCode::OK, "no-cache"), context, 1, self).await
    }

    fn describe(description: &mut Description) {
        description.gives_json(200, "The stock.", &StockBody::schema());
    }
}
