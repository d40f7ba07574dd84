//! Answers that are a success.

use std::future::Future;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION};
use serde::Serialize;

use super::exchange::Exchange;
use crate::heavy::heavy;

/// Graph's content type of every JSON answer.
const ODATA_JSON: &str = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8";

/// What a handler gives back.
pub(super) trait Reply {
    fn respond(self, exchange: &Exchange) -> impl Future<Output = HttpResponse>;
}

/// 200 and a body.
pub(super) struct Found<T>(pub(super) T);

/// 201, where it is now, and a body that holds `items` things. It may hold secrets: nobody on the
/// way keeps it.
pub(super) struct Created<T> {
    pub(super) location: String,
    pub(super) items: usize,
    pub(super) body: T,
}

/// 204.
pub(super) struct NoContent;

impl<T: Serialize> Reply for Found<T> {
    async fn respond(self, _: &Exchange) -> HttpResponse {
        let json = serde_json::to_string(&self.0).expect("an answer can be written as JSON");
        HttpResponse::Ok()
            .insert_header((CONTENT_TYPE, ODATA_JSON))
            .insert_header(("OData-Version", "4.0"))
            .insert_header((CACHE_CONTROL, "no-cache"))
            .body(json)
    }
}

impl<T: Serialize + Send + 'static> Reply for Created<T> {
    async fn respond(self, _: &Exchange) -> HttpResponse {
        let body = self.body;
        let json = heavy(self.items, move || serde_json::to_string(&body)).await;
        HttpResponse::build(StatusCode::CREATED)
            .insert_header((CONTENT_TYPE, ODATA_JSON))
            .insert_header(("OData-Version", "4.0"))
            .insert_header((CACHE_CONTROL, "no-store"))
            .insert_header((LOCATION, self.location))
            .body(json.expect("an answer can be written as JSON"))
    }
}

impl Reply for NoContent {
    async fn respond(self, _: &Exchange) -> HttpResponse {
        HttpResponse::NoContent().insert_header(("OData-Version", "4.0")).finish()
    }
}
