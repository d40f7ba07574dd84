//! `GET …/{pool}/esimpool.sheet`

use std::sync::Arc;

use actix_web::HttpResponse;
use serde_json::json;

use super::{ITEMS_A_CODE, secret};
use crate::auth::{Claim, Permit};
use crate::http::compression::compressed;
use crate::http::extract::{PoolId, Query};
use crate::http::reply::Reply;
use crate::http::request_context::RequestContext;
use crate::http::{ApiError, Service};
use crate::offload::offload;
use crate::protocol::openapi::Description;
use crate::protocol::{Collection, Links, SheetOptions, sheet_page};

/// A page to print.
pub(in crate::http) struct Paper(String);

/// The codes that devices of a pool have, a card each.
pub(in crate::http) async fn sheet(
    permit: Permit<Claim>,
    Query(SheetOptions(options)): Query<SheetOptions>,
    PoolId(pool): PoolId,
    service: Arc<Service>,
    links: Links,
) -> Result<Paper, ApiError> {
    let sheet =
        service.store.installation_sheet(&permit, pool, &options.listing, service.change_context());
    let sheet = sheet.await?.ok_or(ApiError::NotFound)?;
    let last = sheet.page.items.last().filter(|_| sheet.page.more);
    let next = last.map(|last| {
        let query = options.next(&last.device_state);
        links.entity(Collection::Pools, format_args!("{pool}/esimpool.sheet?{query}"))
    });
    let items = sheet.page.items.len() * ITEMS_A_CODE;
    Ok(Paper(offload(items, move || sheet_page(&sheet, next.as_deref())).await))
}

impl Reply for Paper {
    const JSON: bool = false;

    async fn respond(self, context: &RequestContext) -> HttpResponse {
        let mut response = secret("text/html; charset=utf-8");
        // Nothing in it runs, is fetched or is sent.
        response.insert_header((
            "Content-Security-Policy",
            "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; \
             frame-ancestors 'none'",
        ));
        compressed(response, context, self.0.into()).await
    }

    fn describe(description: &mut Description) {
        description.gives_content(200, "The sheet.", "text/html", &json!({ "type": "string" }));
    }
}
