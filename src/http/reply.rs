//! Answers that are a success.

use std::future::Future;

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, LOCATION};
use actix_web::{HttpResponse, HttpResponseBuilder};
use serde::Serialize;
use serde_json::json;

use super::compression::compressed;
use super::preferences::Return;
use super::request_context::RequestContext;
use crate::offload::offload;
use crate::protocol::openapi::Description;
use crate::protocol::{Body, ClaimedBody, Expanded, List, Metadata, StockBody, Wire};

/// What a handler gives back.
pub(super) trait Reply {
    /// Whether it is JSON, for clients that accept nothing else.
    const JSON: bool = true;

    fn respond(self, context: &RequestContext) -> impl Future<Output = HttpResponse>;

    /// Says in the OpenAPI document what it gives.
    fn describe(description: &mut Description);
}

/// An entity.
pub(super) struct Found<T, X = ()>(pub(super) Body<T, X>);

/// An entity that was just created, and where it is now. It may hold secrets: nobody on the way
/// keeps it.
pub(super) struct Created<T> {
    pub(super) location: String,
    /// How many things are written.
    pub(super) items: usize,
    pub(super) body: Body<T>,
}

/// An entity that was just changed.
pub(super) struct Updated<T>(pub(super) Body<T>);

/// The number of entities, as plain text.
pub(super) struct Count(pub(super) i64);

/// 204.
pub(super) struct NoContent;

/// Graph's content type of a JSON answer.
pub(super) fn odata_json(metadata: Metadata) -> &'static str {
    match metadata {
        Metadata::Minimal => {
            "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
        }
        Metadata::None => {
            "application/json;odata.metadata=none;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
        }
    }
}

/// A JSON body, written where nobody waits if it is long.
pub(super) async fn write_json<T: Serialize + Send + 'static>(
    mut response: HttpResponseBuilder,
    context: &RequestContext,
    items: usize,
    body: T,
) -> HttpResponse {
    /// What a thing takes, about, in bytes: an answer grows once or twice at the most.
    const BYTES_AN_ITEM: usize = 400;

    let text = offload(items, move || {
        let mut text = Vec::with_capacity(items.max(1) * BYTES_AN_ITEM + 256);
        serde_json::to_writer(&mut text, &body).map(|()| text)
    });
    let text = text.await.expect("an answer can be written as JSON");
    response
        .insert_header((CONTENT_TYPE, odata_json(context.preferences.metadata)))
        .insert_header(("OData-Version", "4.0"));
    compressed(response, context, text).await
}

/// The head of an answer that nobody need keep.
fn head(status: StatusCode, cache: &'static str) -> HttpResponseBuilder {
    let mut response = HttpResponse::build(status);
    response.insert_header((CACHE_CONTROL, cache));
    response
}

fn tagged(response: &mut HttpResponseBuilder, etag: Option<String>) {
    if let Some(etag) = etag {
        response.insert_header((ETAG, etag));
    }
}

/// Says which of the client's preferences was kept to.
fn applied(response: &mut HttpResponseBuilder, returns: Option<Return>) {
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
        let mut response = head(StatusCode::OK, "no-cache");
        tagged(&mut response, self.0.etag());
        write_json(response, context, 1, self.0).await
    }

    fn describe(description: &mut Description) {
        description.gives::<T>(200, "The entity.");
    }
}

impl<T: Wire + Send + 'static, X: Expanded + Send + 'static> Reply for List<Body<T, X>> {
    async fn respond(self, context: &RequestContext) -> HttpResponse {
        let mut response = head(StatusCode::OK, "no-cache");
        if let Some(size) = context.preferences.page_size {
            response.insert_header(("Preference-Applied", format!("odata.maxpagesize={size}")));
        }
        let items = self.len();
        write_json(response, context, items, self).await
    }

    fn describe(description: &mut Description) {
        description.gives_page::<T>();
    }
}

impl<T: Wire + Send + 'static> Reply for Created<T> {
    async fn respond(self, context: &RequestContext) -> HttpResponse {
        let minimal = context.preferences.returns == Some(Return::Minimal);
        let status = if minimal { StatusCode::NO_CONTENT } else { StatusCode::CREATED };
        let mut response = head(status, "no-store");
        tagged(&mut response, self.body.etag());
        response.insert_header((LOCATION, self.location.clone()));
        applied(&mut response, context.preferences.returns);
        if minimal {
            // Where there is no body to tell what was made.
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
        let mut response = head(status, "no-cache");
        tagged(&mut response, self.0.etag());
        applied(&mut response, context.preferences.returns);
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
        // No byte-order mark: Python's int() takes none.
        head(StatusCode::OK, "no-cache")
            .insert_header((CONTENT_TYPE, "text/plain"))
            .insert_header(("OData-Version", "4.0"))
            .body(self.0.to_string())
    }

    fn describe(description: &mut Description) {
        let number = json!({ "type": "integer", "minimum": 0 });
        description.gives_content(200, "How many there are.", "text/plain", &number);
    }
}

impl Reply for NoContent {
    const JSON: bool = false;

    async fn respond(self, _: &RequestContext) -> HttpResponse {
        head(StatusCode::NO_CONTENT, "no-cache").insert_header(("OData-Version", "4.0")).finish()
    }

    fn describe(description: &mut Description) {
        description.gives_nothing(204, "Removed.");
    }
}

impl Reply for ClaimedBody {
    async fn respond(self, context: &RequestContext) -> HttpResponse {
        let status = if self.again() { StatusCode::OK } else { StatusCode::CREATED };
        write_json(head(status, "no-store"), context, 1, self).await
    }

    fn describe(description: &mut Description) {
        let schema = ClaimedBody::schema();
        description.gives_json(201, "The device has the code now.", &schema);
        description.gives_json(200, "The device had it already.", &schema);
    }
}

impl Reply for StockBody {
    async fn respond(self, context: &RequestContext) -> HttpResponse {
        write_json(head(StatusCode::OK, "no-cache"), context, 1, self).await
    }

    fn describe(description: &mut Description) {
        description.gives_json(200, "What is left.", &StockBody::schema());
    }
}
