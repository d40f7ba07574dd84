//! `GET …/{pool}/esimpool.export`

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use futures_util::stream::{self, Stream, StreamExt};
use serde_json::json;

use crate::auth::{Permit, Read};
use crate::domain::{ExportLine, Page, Pool};
use crate::http::extract::{Part, PoolId};
use crate::http::reply::Reply;
use crate::http::request_context::RequestContext;
use crate::http::{ApiError, Service};
use crate::offload::offload;
use crate::protocol::openapi::Description;
use crate::protocol::{export_file_name, export_head, export_lines};
use crate::store::StoreError;

/// So many codes are read and written together: no more are in memory, however many there are.
const TOGETHER: u32 = 2000;

/// A file on its way, and its first piece.
pub(in crate::http) struct Export {
    source: Source,
    first: Page<ExportLine>,
}

/// Where pieces come from.
struct Source {
    permit: Permit<Read>,
    pool: Pool,
    service: Arc<Service>,
}

/// What comes next.
enum Ahead {
    Piece(Page<ExportLine>),
    /// The piece behind this position.
    Behind(i32),
    End,
}

/// The codes of a pool and who has them, as a file.
pub(in crate::http) async fn export(
    permit: Permit<Read>,
    PoolId(pool): PoolId,
    service: Arc<Service>,
) -> Result<Export, ApiError> {
    let first = service.store.export_page(&permit, pool, None, TOGETHER).await?;
    let pool = service.store.pool(&permit, pool).await?;
    let (first, pool) = first.zip(pool).ok_or(ApiError::NotFound)?;
    Ok(Export { source: Source { permit, pool, service }, first })
}

impl Source {
    async fn read(&self, behind: i32) -> Result<Page<ExportLine>, StoreError> {
        let store = &self.service.store;
        let piece = store.export_page(&self.permit, self.pool.id, Some(behind), TOGETHER).await;
        let gone = || StoreError::Unavailable("the pool was removed meanwhile".to_owned());
        let piece = piece.and_then(|piece| piece.ok_or_else(gone));
        if let Err(cause) = &piece {
            let request_id = self.permit.request_id();
            tracing::warn!(%request_id, %cause, "an export broke off");
        }
        piece
    }

    /// The lines, a piece after the other, each when it is wanted. After a fault nothing comes any
    /// more, not even the end: nobody shall take a part for the whole.
    fn pieces(self, first: Page<ExportLine>) -> impl Stream<Item = Result<Part, StoreError>> {
        stream::try_unfold((self, Ahead::Piece(first)), async |(source, ahead)| {
            let piece = match ahead {
                Ahead::Piece(piece) => piece,
                Ahead::Behind(position) => source.read(position).await?,
                Ahead::End => return Ok(None),
            };
            let last = piece.items.last().filter(|_| piece.more);
            let ahead = last.map_or(Ahead::End, |last| Ahead::Behind(last.code.position));
            let text = offload(piece.items.len(), move || export_lines(&piece.items)).await;
            Ok(Some((Part::from(text), (source, ahead))))
        })
    }
}

impl Reply for Export {
    const JSON: bool = false;

    async fn respond(self, _: &RequestContext) -> HttpResponse {
        let name = export_file_name(&self.source.pool);
        let head = stream::iter([Ok(Part::from(export_head()))]);
        HttpResponse::Ok()
            .insert_header((CONTENT_TYPE, "text/csv; charset=utf-8"))
            .insert_header((CACHE_CONTROL, "no-cache"))
            .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
            .streaming(head.chain(self.source.pieces(self.first)))
    }

    fn describe(description: &mut Description) {
        let what = "The codes in their order, a line each.";
        description.gives_content(200, what, "text/csv", &json!({ "type": "string" }));
    }
}
