//! `GET …/{pool}/esimpool.export`

use std::rc::Rc;

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use futures_util::stream::{self, Stream, StreamExt};
use serde_json::json;

use crate::auth::{Permit, Read};
use crate::domain::{ExportLine, Page, Pool};
use crate::http::error::ApiError;
use crate::http::extract::{Chunk, PoolId};
use crate::http::handler::Reply;
use crate::http::request_context::RequestContext;
use crate::offload::offload;
use crate::protocol::openapi::Description;
use crate::protocol::{export_file_name, export_head, export_lines};
use crate::store::{Store, StoreError};

/// How many codes are read at a time, and are in memory at most.
const CODES_PER_PAGE: u32 = 2000;

/// An export, of which the first page has been read.
pub(in crate::http) struct Export {
    source: Source,
    first: Page<ExportLine>,
}

/// Where further pages are read from.
struct Source {
    permit: Permit<Read>,
    pool: Pool,
    store: Store,
}

/// What is to be sent next.
enum Next {
    Page(Page<ExportLine>),
    /// The page after this position, which is still to be read.
    After(i32),
    End,
}

/// The codes of a pool with their holders, as a CSV file.
pub(in crate::http) async fn export(
    permit: Permit<Read>,
    PoolId(pool): PoolId,
    store: Store,
    context: Rc<RequestContext>,
) -> Result<Export, ApiError> {
    context.reserve(CODES_PER_PAGE as usize / 4).await?;
    let first = store.export_page(&permit, pool, None, CODES_PER_PAGE).await?;
    let pool = store.pool(&permit, pool).await?;
    let (first, pool) = first.zip(pool).ok_or(ApiError::NotFound)?;
    Ok(Export { source: Source { permit, pool, store }, first })
}

impl Source {
    async fn read(&self, after: i32) -> Result<Page<ExportLine>, StoreError> {
        let Self { permit, pool, store } = self;
        let page = store.export_page(permit, pool.id, Some(after), CODES_PER_PAGE).await;
        let deleted =
            || StoreError::Unavailable("the pool was deleted during the export".to_owned());
        let page = page.and_then(|page| page.ok_or_else(deleted));
        if let Err(cause) = &page {
            tracing::warn!(request_id = %permit.request_id(), %cause, "the export was aborted");
        }
        page
    }

    /// The lines of the file, read page by page as the client takes them. An error ends the stream
    /// without the end of the response, so that the client cannot take a part for the whole.
    fn lines(self, first: Page<ExportLine>) -> impl Stream<Item = Result<Chunk, StoreError>> {
        stream::try_unfold((self, Next::Page(first)), async |(source, next)| {
            let page = match next {
                Next::Page(page) => page,
                Next::After(position) => source.read(position).await?,
                Next::End => return Ok(None),
            };
            let last = page.items.last().filter(|_| page.more);
            let next = last.map_or(Next::End, |last| Next::After(last.code.position));
            let lines = offload(page.items.len(), move || export_lines(&page.items)).await;
            Ok(Some((Chunk::from(lines), (source, next))))
        })
    }
}

impl Reply for Export {
    const JSON: bool = false;

    async fn respond(self, context: &RequestContext) -> HttpResponse {
        let name = export_file_name(&self.source.pool);
        let head = stream::iter([Ok(Chunk::from(export_head()))]);
        // As long as the file is being sent.
        let reservation = context.reservation.take(usize::MAX);
        let lines = self.source.lines(self.first).inspect(move |_| _ = &reservation);
        HttpResponse::Ok()
            .insert_header((CONTENT_TYPE, "text/csv; charset=utf-8"))
            .insert_header((CACHE_CONTROL, "no-cache"))
            .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
            .streaming(head.chain(lines))
    }

    fn describe(description: &mut Description) {
        let what = "The codes by position, one per line.";
        description.gives_content(200, what, "text/csv", &json!({ "type": "string" }));
    }
}
