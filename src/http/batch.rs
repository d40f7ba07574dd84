//! `POST /beta/$batch`: several requests in one. Each part goes through the route table as any
//! request does: it is authorised, answered and logged by itself. The caller is verified once.

use std::collections::HashMap;
use std::rc::Rc;

use actix_web::HttpResponse;
use actix_web::body::to_bytes;
use actix_web::dev::RequestHead;
use actix_web::http::Uri;
use actix_web::http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::ApiError;
use super::dispatch::finish;
use super::extract::{Body, Extract};
use super::media_type::{JSON, content_type};
use super::path::Address;
use super::reply::{Reply, write_json};
use super::request::{Content, Head, Request};
use super::request_context::RequestContext;
use super::router::Router;
use crate::auth::Caller;
use crate::domain::Invalid;
use crate::protocol::openapi::Description;
use crate::protocol::{Batch, BatchAnswer, BatchPart, PartAnswer};

/// Where parts are sent: the table that the batch itself came by.
pub(super) struct Dispatcher {
    table: Rc<Router>,
    context: Rc<RequestContext>,
}

impl Extract for Dispatcher {
    async fn extract(request: &mut Request) -> Result<Self, ApiError> {
        Ok(Self { table: request.table.clone(), context: request.context.clone() })
    }
}

/// Answers every part. Those that do not wait for one another run at the same time.
pub(super) async fn batch(
    caller: Caller,
    Body(Batch(parts)): Body<Batch>,
    dispatcher: Dispatcher,
) -> Result<BatchAnswer, ApiError> {
    let needs: Vec<_> = parts.iter().map(|part| part.depends_on.clone()).collect();
    let mut waiting: Vec<_> = parts.into_iter().map(Some).collect();
    let mut succeeded: Vec<Option<bool>> = vec![None; waiting.len()];
    let mut running = FuturesUnordered::new();
    let mut responses = Vec::with_capacity(waiting.len());
    loop {
        for place in 0..waiting.len() {
            let ended: Option<Vec<bool>> = needs[place].iter().map(|it| succeeded[*it]).collect();
            let Some(ended) = ended else { continue };
            let Some(part) = waiting[place].take() else { continue };
            let ready = ended.into_iter().all(|succeeded| succeeded);
            let answer = dispatcher.answer(part, ready, caller.clone());
            running.push(async move { (place, answer.await) });
        }
        let Some((place, answer)) = running.next().await else { break };
        succeeded[place] = Some(answer.status < 400);
        responses.push(answer);
    }
    Ok(BatchAnswer { responses })
}

impl Dispatcher {
    /// The answer to one part; if what it depends on failed, it is not even tried.
    async fn answer(&self, mut part: BatchPart, ready: bool, caller: Caller) -> PartAnswer {
        let id = std::mem::take(&mut part.id);
        let head = self.head(&part);
        let headers = head.as_ref().map_or_else(|_| HeaderMap::new(), |head| head.headers.clone());
        let context = Rc::new(self.context.part(&headers, caller));
        let method = part.method.clone();
        let response = match head {
            _ if !ready => ApiError::FailedDependency.respond(&context),
            Err(error) => error.respond(&context),
            Ok(head) => match self.request(head, part, &context) {
                Err(error) => error.respond(&context),
                Ok((address, request)) => self.table.answer(&address.segments, request).await,
            },
        };
        part_answer(id, finish(&context, &method, response)).await
    }

    fn request(
        &self,
        head: RequestHead,
        mut part: BatchPart,
        context: &Rc<RequestContext>,
    ) -> Result<(Address, Request), ApiError> {
        let address = Address::parse(head.uri.path());
        if address.segments == ["beta", "$batch"] {
            return Err(Invalid::new("url", "must not be a batch inside a batch").into());
        }
        // A batch is put together in memory.
        if address.segments.last().is_some_and(|last| last == "esimpool.export") {
            return Err(
                Invalid::new("url", "must not be an export, which may be of any length").into()
            );
        }
        let json = is_json(head.headers.get(CONTENT_TYPE));
        let content = Content::Whole(part.take_body(json)?);
        let head = Head::Part(Box::new(head));
        Ok((address, Request::new(head, content, context.clone(), self.table.clone())))
    }

    /// Verb, target and headers of a part.
    fn head(&self, part: &BatchPart) -> Result<RequestHead, ApiError> {
        let mut head = RequestHead::default();
        head.method =
            part.method.parse().map_err(|_| Invalid::new("method", "must be an HTTP verb"))?;
        head.uri = self.target(&part.url)?;
        for (name, value) in &part.headers {
            let wrong = || Invalid::new("headers", "must be names and values as HTTP has them");
            let name: HeaderName = name.parse().map_err(|_| wrong())?;
            let value = HeaderValue::from_str(value).map_err(|_| wrong())?;
            head.headers.append(name, value);
        }
        Ok(head)
    }

    /// A part's URL as HTTP writes it: clients leave blanks and quotes as they are.
    fn target(&self, url: &str) -> Result<Uri, ApiError> {
        /// What stands in no request target.
        const STRAY: &AsciiSet = &CONTROLS
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
                return Err(wrong("must be relative, or begin as that of the batch itself"));
            }
            _ => url,
        };
        let slash = if path.starts_with('/') { "" } else { "/" };
        let target = format!("{slash}{}", utf8_percent_encode(path, STRAY));
        target.parse().map_err(|_| wrong("must be a path, perhaps with a query"))
    }
}

/// Whether a body with this `Content-Type` is JSON, which is the default.
fn is_json(value: Option<&HeaderValue>) -> bool {
    value.is_none() || content_type(value).is_some_and(|it| it.essence() == JSON)
}

/// An answer as it stands in a batch.
async fn part_answer(id: String, response: HttpResponse) -> PartAnswer {
    let status = response.status().as_u16();
    let mut headers = HashMap::new();
    for (name, value) in response.headers() {
        let value = value.to_str().unwrap_or_default().to_owned();
        headers.insert(spelled(name.as_str()), value);
    }
    let json = is_json(response.headers().get(CONTENT_TYPE));
    let body = to_bytes(response.into_body()).await.unwrap_or_default();
    PartAnswer { id, status, headers, body: PartAnswer::body(&body, json) }
}

/// A header's name as Graph spells it: the JavaScript client looks for `Content-Type`, and for
/// nothing else.
fn spelled(name: &str) -> String {
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

impl Reply for BatchAnswer {
    async fn respond(self, context: &RequestContext) -> HttpResponse {
        let items = self.responses.iter().filter_map(|it| it.body.as_ref());
        let length: usize = items.map(|body| body.get().len()).sum();
        write_json(HttpResponse::Ok(), context, length / 128, self).await
    }

    fn describe(description: &mut Description) {
        let what = "The answers, each with its own status, in any order.";
        description.gives_json(200, what, &BatchAnswer::schema());
    }
}
