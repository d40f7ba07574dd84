//! `…/esimpool.import`: files of codes, into new pools and into pools that are there.

mod append;
mod create;
mod reading;

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, LOCATION};

pub(super) use append::append;
pub(super) use create::create;

use super::reply::{Reply, write_json};
use super::request_context::RequestContext;
use crate::domain::ImportReport;
use crate::protocol::openapi::Description;
use crate::protocol::{ImportBody, Links};

/// What adding to a pool came to, or would have.
pub(super) struct Imported {
    items: usize,
    body: ImportBody,
}

/// What an import into a new pool came to.
pub(super) enum Founded {
    /// The pool, by where it is.
    Pool(String, Imported),
    /// None: it was only asked what would be.
    Nothing(Imported),
}

impl Imported {
    fn new(report: ImportReport, links: &Links) -> Self {
        Self { items: report.rejected.len(), body: ImportBody::new(report, links) }
    }
}

impl Reply for Imported {
    async fn respond(self, context: &RequestContext) -> HttpResponse {
        let mut response = HttpResponse::Ok();
        response.insert_header((CACHE_CONTROL, "no-cache"));
        write_json(response, context, self.items, self.body).await
    }

    fn describe(description: &mut Description) {
        description.gives_json(200, "What came of it, or would.", &ImportBody::schema());
    }
}

impl Reply for Founded {
    async fn respond(self, context: &RequestContext) -> HttpResponse {
        match self {
            Self::Nothing(imported) => imported.respond(context).await,
            Self::Pool(location, imported) => {
                let mut response = HttpResponse::Created();
                response.insert_header((CACHE_CONTROL, "no-cache"));
                response.insert_header((LOCATION, location));
                write_json(response, context, imported.items, imported.body).await
            }
        }
    }

    fn describe(description: &mut Description) {
        description.gives_json(201, "A pool was made of the file.", &ImportBody::schema());
        description.gives_json(200, "What would come of it.", &ImportBody::schema());
    }
}
