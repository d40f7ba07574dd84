//! `GET …/{pool}/esimpool.sheet`

use actix_web::HttpResponse;
use serde_json::json;

use super::show::{ITEMS_PER_QR_CODE, secret_head};
use crate::auth::{Claim, Permit};
use crate::domain::ChangeContext;
use crate::http::compression::compressed;
use crate::http::error::ApiError;
use crate::http::extract::{PoolId, Query};
use crate::http::handler::Reply;
use crate::http::request_context::RequestContext;
use crate::http::style_source::SHEET_STYLE_SOURCE;
use crate::offload::offload;
use crate::protocol::openapi::Description;
use crate::protocol::{Collection, Links, SheetOptions, sheet_page};
use crate::store::Store;

/// A printable page.
pub(in crate::http) struct SheetPage(String);

/// The codes of the devices of a pool as a printable page, one card per code.
pub(in crate::http) async fn sheet(
    permit: Permit<Claim>,
    Query(SheetOptions(options)): Query<SheetOptions>,
    PoolId(pool): PoolId,
    change: ChangeContext,
    store: Store,
    links: Links,
) -> Result<SheetPage, ApiError> {
    let sheet = store.installation_sheet(&permit, pool, &options.listing, change);
    let sheet = sheet.await?.ok_or(ApiError::NotFound)?;
    let last = sheet.page.items.last().filter(|_| sheet.page.more);
    let next = last.map(|last| {
        let query = options.next(&last.device_state);
        links.entity(Collection::Pools, format_args!("{pool}/esimpool.sheet?{query}"))
    });
    let items = sheet.page.items.len() * ITEMS_PER_QR_CODE;
    Ok(SheetPage(offload(items, move || sheet_page(&sheet, next.as_deref())).await))
}

impl Reply for SheetPage {
    const JSON: bool = false;

    async fn respond(self, context: &RequestContext) -> HttpResponse {
        let mut response = secret_head("text/html; charset=utf-8");
        // The page runs nothing, loads nothing and sends nothing.
        let policy = format!(
            "default-src 'none'; style-src {}; base-uri 'none'; form-action 'none'; \
             frame-ancestors 'none'",
            *SHEET_STYLE_SOURCE
        );
        response.insert_header(("Content-Security-Policy", policy));
        compressed(response, context, self.0.into()).await
    }

    fn describe(description: &mut Description) {
        description.gives_content(200, "The sheet.", "text/html", &json!({ "type": "string" }));
    }
}
