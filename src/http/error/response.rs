//! An error as a response in Graph's form.

#![warn(clippy::wildcard_enum_match_arm)]

use actix_web::http::header::{ALLOW, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpResponse, HttpResponseBuilder};

use super::api_error::ApiError;
use crate::auth::Refusal;
use crate::http::request_context::RequestContext;
use crate::protocol::{ErrorBody, ErrorDetail, ImportDetails, InnerError};

impl ApiError {
    /// The response. Logs an internal cause, which the response does not hold.
    pub(in crate::http) fn respond(self, context: &RequestContext) -> HttpResponse {
        let kind = self.kind();
        let status = StatusCode::from_u16(kind.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = HttpResponse::build(status);
        self.add_headers(&mut response, context);
        if let Self::Internal(cause) = &self {
            tracing::error!(request_id = %context.request_id, cause, "internal error");
        } else if let Self::Unavailable(cause) = &self {
            tracing::warn!(request_id = %context.request_id, cause, "unavailable");
        } else if let Self::NoSpace(cause) = &self {
            tracing::warn!(request_id = %context.request_id, cause, "no space for an import");
        } else if let Self::Refused(refusal) = &self {
            context.refusal.set(Some(refusal.name()));
        }
        let mut body = ErrorBody {
            import: None,
            error: ErrorDetail {
                code: kind.code,
                message: self.message(),
                target: self.target(),
                inner_error: InnerError::new(
                    context.service.clock.now(),
                    context.request_id.to_string(),
                    context.client_request_id().to_owned(),
                ),
            },
        };
        if let Self::ImportRejected(report) = self {
            body.import = Some(ImportDetails::new(*report, &context.links));
        }
        response
            .insert_header((CONTENT_TYPE, "application/json"))
            .body(serde_json::to_string(&body).expect("strings can be written as JSON"))
    }

    fn add_headers(&self, response: &mut HttpResponseBuilder, context: &RequestContext) {
        // In seconds: the Python client ignores dates and fractions.
        if let Self::Refused(Refusal::NoKeysYet) = self {
            response.insert_header((RETRY_AFTER, "1"));
        } else if let Self::Overloaded | Self::Unavailable(_) = self {
            // One to three: callers that were refused together must not come back together.
            let [.., random] = *context.request_id.uuid().as_bytes();
            response.insert_header((RETRY_AFTER, (1 + random % 3).to_string()));
        } else if let Self::Refused(refusal) = self {
            response.insert_header((WWW_AUTHENTICATE, challenge(refusal)));
        } else if let Self::MethodNotAllowed { allowed } = self {
            let allowed = allowed.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
            response.insert_header((ALLOW, allowed));
        }
    }
}

/// The challenge of RFC 6750, section 3.1: without an error code if the request has no credentials
/// or none of this scheme.
fn challenge(refusal: &Refusal) -> HeaderValue {
    let details = if let Refusal::NoToken | Refusal::NotBearer = refusal {
        String::new()
    } else if let Refusal::TwoHeaders = refusal {
        // The RFC has 400 for it; but the caller is unknown, which is a 401 here for any reason.
        r#", error="invalid_request""#.to_owned()
    } else if let Refusal::MissingPermission { needed } = refusal {
        let scope = needed.iter().map(|permission| permission.name()).collect::<Vec<_>>().join(" ");
        format!(r#", error="insufficient_scope", scope="{scope}""#)
    } else {
        format!(r#", error="invalid_token", error_description="{refusal}""#)
    };
    let challenge = format!(r#"Bearer realm=""{details}"#);
    HeaderValue::from_str(&challenge).expect("refusals are visible ASCII")
}
