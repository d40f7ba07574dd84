//! `…/esimpool.import`: files of codes, into new pools and into pools that are there.

mod append;
mod create;
mod reading;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, LOCATION};

pub(super) use append::append;
pub(super) use create::create;

use super::exchange::Exchange;
use super::reply::{Reply, write_json};
use crate::domain::ImportReport;
use crate::protocol::openapi::Description;
use crate::protocol::{Collection, ImportBody, Links};

/// What an import came to.
pub(super) struct Imported {
    /// Where the pool is that was made.
    location: Option<String>,
    items: usize,
    body: ImportBody,
}

impl Imported {
    /// An answer that made no pool.
    fn report(report: ImportReport, links: &Links) -> Self {
        let items = report.rejected.len();
        Self { location: None, items, body: ImportBody::new(report, links) }
    }

    /// An answer that made one.
    fn created(report: ImportReport, links: &Links) -> Self {
        let pool = report.pool.as_ref();
        let location = pool.map(|pool| links.entity(Collection::Pools, pool.id));
        Self { location, ..Self::report(report, links) }
    }
}

impl Reply for Imported {
    async fn respond(self, exchange: &Exchange) -> HttpResponse {
        let mut response = match self.location {
            None => HttpResponse::build(StatusCode::OK),
            Some(location) => {
                let mut response = HttpResponse::build(StatusCode::CREATED);
                response.insert_header((LOCATION, location));
                response
            }
        };
        response.insert_header((CACHE_CONTROL, "no-cache"));
        write_json(response, exchange, self.items, self.body).await
    }

    fn describe(description: &mut Description) {
        let schema = ImportBody::schema();
        description.gives_json(201, "A pool was made of the file.", &schema);
        description.gives_json(200, "Codes were added to the pool, or would be.", &schema);
    }
}
