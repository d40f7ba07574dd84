//! The responses to imports.

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, LOCATION};

use crate::domain::ImportReport;
use crate::http::handler::Reply;
use crate::http::reply::write_json;
use crate::http::request_context::RequestContext;
use crate::protocol::openapi::Description;
use crate::protocol::{ImportBody, Links};

/// The report of an import, or of a dry run.
pub(in crate::http) struct Imported {
    items: usize,
    body: ImportBody,
}

/// The report of an import into a new pool.
pub(in crate::http) enum ImportedPool {
    /// The pool was created and has this URL.
    Created(String, Imported),
    /// None was created: it was a dry run, or the codes of the file are known.
    None(Imported),
}

impl Imported {
    pub(super) fn new(report: ImportReport, links: &Links) -> Self {
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
        let what = "The report of the import, or of the dry run.";
        description.gives_json(200, what, &ImportBody::schema());
    }
}

impl Reply for ImportedPool {
    async fn respond(self, context: &RequestContext) -> HttpResponse {
        match self {
            Self::None(imported) => imported.respond(context).await,
            Self::Created(location, imported) => {
                let mut response = HttpResponse::Created();
                response.insert_header((CACHE_CONTROL, "no-cache"));
                response.insert_header((LOCATION, location));
                write_json(response, context, imported.items, imported.body).await
            }
        }
    }

    fn describe(description: &mut Description) {
        let schema = ImportBody::schema();
        description.gives_json(201, "The report of the import into the new pool.", &schema);
        description.gives_json(
            200,
            "The report, if no pool was created: a dry run, or a file of known codes.",
            &schema,
        );
    }
}
