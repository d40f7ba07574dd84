//! `POST /beta/$batch`: several requests in one body. The router answers each part as it does any
//! request, so that it is authorised and logged by itself. The caller is authenticated once.

use std::cell::Cell;
use std::collections::HashMap;
use std::rc::Rc;

use actix_web::HttpResponse;
use actix_web::body::{BodySize, MessageBody, to_bytes};
use actix_web::dev::RequestHead;
use actix_web::http::Uri;
use actix_web::http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use tracing::Instrument;

use super::error::ApiError;
use super::extract::Body;
use super::handler::Reply;
use super::media_type::{JSON, content_type};
use super::page_bytes::PageBytes;
use super::path::Address;
use super::reply::write_json;
use super::request::{BodySource, Head, Request};
use super::request_context::RequestContext;
use super::request_log::{UNKNOWN_VERB, finish, logged_verb};
use super::router::Router;
use crate::auth::Caller;
use crate::domain::Invalid;
use crate::protocol::openapi::Description;
use crate::protocol::{Batch, BatchRequest, BatchResponse, BatchResponses, PartId};

/// How many bytes of a response are about as much work as one item of [`write_json`].
const BYTES_PER_ITEM: usize = 128;

/// The response to a batch. Parts that do not depend on one another run concurrently.
pub(super) async fn batch(
    router: Rc<Router>,
    caller: Caller,
    Body(Batch(parts)): Body<Batch>,
    context: Rc<RequestContext>,
) -> Result<BatchResponses, ApiError> {
    let max_bytes = context.service.limits.batch_response_bytes;
    // Equal parts, with some room for the links and contexts of pages.
    let part_bytes = max_bytes / parts.len().max(1) / 4 * 3;
    let page_bytes = PageBytes(context.page_bytes.0.min(part_bytes));
    let left = Cell::new(max_bytes);
    let executor = PartExecutor { router, context, caller, page_bytes, left };
    let dependencies: Vec<_> = parts.iter().map(|part| part.depends_on.clone()).collect();
    let mut waiting: Vec<_> = parts.into_iter().map(Some).collect();
    let mut succeeded: Vec<Option<bool>> = vec![None; waiting.len()];
    let mut running = FuturesUnordered::new();
    let mut responses = Vec::with_capacity(waiting.len());
    loop {
        for index in 0..waiting.len() {
            let results: Option<Vec<bool>> =
                dependencies[index].iter().map(|dependency| succeeded[*dependency]).collect();
            let Some(results) = results else { continue };
            let Some(part) = waiting[index].take() else { continue };
            let runnable = results.into_iter().all(|succeeded| succeeded);
            let response = executor.execute(part, runnable);
            running.push(async move { (index, response.await) });
        }
        let Some((index, response)) = running.next().await else { break };
        succeeded[index] = Some(response.status < 400);
        responses.push(response);
    }
    Ok(BatchResponses { responses })
}

/// Executes the parts of one batch.
struct PartExecutor {
    router: Rc<Router>,
    /// The context of the batch.
    context: Rc<RequestContext>,
    caller: Caller,
    /// The longest page of a part, so that all fit into the response.
    page_bytes: PageBytes,
    /// How many bytes of the response are left.
    left: Cell<usize>,
}

impl PartExecutor {
    /// The response to a part, which is not run if a request that it depends on has failed.
    async fn execute(&self, part: BatchRequest, runnable: bool) -> BatchResponse {
        let id = part.id.clone();
        let head = self.head(&part);
        let method = head.as_ref().map_or(UNKNOWN_VERB, |head| logged_verb(&head.method));
        let headers = head.as_ref().map_or_else(|_| HeaderMap::new(), |head| head.headers.clone());
        let mut context = self.context.for_part(method, &headers, self.caller.clone());
        context.page_bytes = self.page_bytes;
        let context = Rc::new(context);
        let answered = async {
            let response = match head {
                _ if !runnable => ApiError::FailedDependency.respond(&context),
                Err(error) => error.respond(&context),
                Ok(head) => match request(head, part, &context) {
                    Err(error) => error.respond(&context),
                    Ok((address, request)) => self.router.respond(&address.segments, request).await,
                },
            };
            finish(&context, method, self.fitting(response, method, &context))
        };
        let response = answered.instrument(context.span.clone()).await;
        let response = batch_response(id, response).await;
        // Until the batch is sent it is there twice: by itself, and in the response to the batch.
        let bytes = response.body.as_ref().map_or(0, |body| body.get().len());
        let (share, body) = context.reservation.take(bytes * 2);
        drop(body);
        self.context.reservation.add(share);
        response
    }

    /// The response to a part, if it fits beside those of other parts. A change has been made, and
    /// its response is hardly longer than the request: so it fits.
    fn fitting(
        &self,
        response: HttpResponse,
        method: &str,
        context: &RequestContext,
    ) -> HttpResponse {
        let BodySize::Sized(bytes) = response.body().size() else { return response };
        let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
        let left = self.left.get();
        if bytes > left && method == "GET" {
            let limit = self.context.service.limits.batch_response_bytes;
            return ApiError::BatchResponseTooLarge { limit }.respond(context);
        }
        self.left.set(left.saturating_sub(bytes));
        response
    }

    /// Method, target and headers of a part.
    fn head(&self, part: &BatchRequest) -> Result<RequestHead, ApiError> {
        let mut head = RequestHead::default();
        head.method = part
            .method
            .to_ascii_uppercase()
            .parse()
            .map_err(|_| Invalid::new("method", "must be an HTTP method"))?;
        head.uri = self.target(&part.url)?;
        for (name, value) in &part.headers {
            let wrong = || Invalid::new("headers", "must be HTTP header names and values");
            let name: HeaderName = name.parse().map_err(|_| wrong())?;
            let value = HeaderValue::from_str(value).map_err(|_| wrong())?;
            head.headers.append(name, value);
        }
        Ok(head)
    }

    /// The URL of a part as an HTTP request target. Clients leave spaces and quotes unencoded.
    fn target(&self, url: &str) -> Result<Uri, ApiError> {
        /// The characters that no request target may contain.
        const FORBIDDEN: &AsciiSet = &CONTROLS
            .add(b' ')
            .add(b'"')
            .add(b'#')
            .add(b'<')
            .add(b'>')
            .add(b'\\')
            .add(b'^')
            .add(b'`')
            .add(b'{')
            .add(b'|')
            .add(b'}');

        let wrong = |reason| ApiError::from(Invalid::new("url", reason));
        let base = self.context.links.base();
        let root = base.strip_suffix("/beta").unwrap_or(base);
        let path = match url.strip_prefix(root) {
            Some(path) if path.starts_with('/') => path,
            _ if url.contains("://") && !url.starts_with('/') => {
                return Err(wrong("must be relative, or begin like the URL of the batch itself"));
            }
            _ => url,
        };
        let slash = if path.starts_with('/') { "" } else { "/" };
        let target = format!("{slash}{}", utf8_percent_encode(path, FORBIDDEN));
        target.parse().map_err(|_| wrong("must be a path, optionally with a query"))
    }
}

/// A part of a batch as a request, and the address that it is for.
fn request(
    head: RequestHead,
    mut part: BatchRequest,
    context: &Rc<RequestContext>,
) -> Result<(Address, Request), ApiError> {
    let address = Address::parse(head.uri.path());
    if address.segments == ["beta", "$batch"] {
        return Err(Invalid::new("url", "must not be a batch inside a batch").into());
    }
    // The response to a batch is built in memory.
    if address.segments.last().is_some_and(|last| last == "esimpool.export") {
        return Err(Invalid::new("url", "must not be an export, whose length has no limit").into());
    }
    let json = is_json(head.headers.get(CONTENT_TYPE));
    let body = BodySource::Whole(part.take_body(json)?);
    Ok((address, Request::new(Head::Part(Box::new(head)), body, context.clone())))
}

/// Whether a body with this `Content-Type` is JSON, which is the default.
fn is_json(value: Option<&HeaderValue>) -> bool {
    value.is_none() || content_type(value).is_some_and(|it| it.essence() == JSON)
}

/// A response as a member of the batch's response.
async fn batch_response(id: PartId, response: HttpResponse) -> BatchResponse {
    let status = response.status().as_u16();
    let mut headers = HashMap::new();
    for (name, value) in response.headers() {
        let value = value.to_str().unwrap_or_default().to_owned();
        headers.insert(graph_spelling(name.as_str()), value);
    }
    let json = is_json(response.headers().get(CONTENT_TYPE));
    // What is whole already is not copied.
    let body = match response.into_body().try_into_bytes() {
        Ok(body) => body,
        Err(body) => to_bytes(body).await.unwrap_or_default(),
    };
    BatchResponse { id, status, headers, body: BatchResponse::body(body.into(), json) }
}

/// The name of a header as Graph spells it: the JavaScript client reads `Content-Type` only in this
/// letter case.
fn graph_spelling(name: &str) -> String {
    match name {
        "etag" => "ETag".to_owned(),
        "odata-version" => "OData-Version".to_owned(),
        "odata-entityid" => "OData-EntityId".to_owned(),
        "www-authenticate" => "WWW-Authenticate".to_owned(),
        "request-id" | "client-request-id" => name.to_owned(),
        _ => name.split('-').map(capitalised).collect::<Vec<_>>().join("-"),
    }
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

impl Reply for BatchResponses {
    async fn respond(self, context: &RequestContext) -> HttpResponse {
        let bodies = self.responses.iter().filter_map(|response| response.body.as_ref());
        let length: usize = bodies.map(|body| body.get().len()).sum();
        write_json(HttpResponse::Ok(), context, length / BYTES_PER_ITEM, self).await
    }

    fn describe(description: &mut Description) {
        let what = "The responses, each with its own status, in any order.";
        description.gives_json(200, what, &BatchResponses::schema());
    }
}
