//! Everything that is not a success, in Graph's shape: one exhaustive match from cause to status,
//! code and message. Causes that are ours go to the log and not on the wire.

#![warn(clippy::wildcard_enum_match_arm)]

use actix_web::http::header::{ALLOW, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpResponse, HttpResponseBuilder};

use super::exchange::Exchange;
use crate::auth::Refusal;
use crate::domain::Invalid;
use crate::protocol::{ErrorBody, ErrorDetail, InnerError};
use crate::store::{Conflict, StoreError};

/// Why a request failed.
#[derive(Debug)]
pub enum ApiError {
    /// No route begins or goes on like that.
    NoSuchSegment(String),
    /// The route exists, and does not know the verb.
    NoSuchMethod {
        /// The verbs that it knows.
        allowed: Vec<Method>,
    },
    /// The caller was turned away.
    Refused(Refusal),
    /// The development issuer is on and the request came from elsewhere.
    Foreign,
    /// The body is not JSON, or packed in a way that is not known.
    UnsupportedMediaType(&'static str),
    /// The body is longer than the cap.
    TooLarge {
        /// The cap in bytes.
        limit: usize,
    },
    /// The body stopped coming.
    TooSlow,
    /// The body broke off, or is not packed as it says.
    Incomplete,
    /// The input breaks a rule.
    Invalid(Invalid),
    /// The client wants no JSON, and there is nothing else.
    NotAcceptable,
    /// Nothing of that name in this tenant.
    NotFound,
    /// It has changed since the client looked.
    PreconditionFailed,
    /// A request of the same batch that this one depends on has failed.
    FailedDependency,
    /// A rule that the database keeps.
    Conflict(Conflict),
    /// More bodies than memory.
    Overloaded,
    /// The database is away or the answer of a change was lost.
    Unavailable(String),
    /// Ours to mend.
    Internal(String),
}

/// One line of the README's table of errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorKind {
    /// The status.
    pub status: u16,
    /// `error.code`
    pub code: &'static str,
    /// When it is given.
    pub when: &'static str,
}

const fn kind(status: u16, code: &'static str, when: &'static str) -> ErrorKind {
    ErrorKind { status, code, when }
}

/// Every error there is.
pub const ERRORS: &[ErrorKind] = &[
    UNKNOWN_SEGMENT,
    INVALID,
    UNAUTHENTICATED,
    FORBIDDEN,
    FOREIGN,
    NOT_FOUND,
    NO_SUCH_METHOD,
    NOT_ACCEPTABLE,
    TOO_SLOW,
    CONFLICT,
    PRECONDITION_FAILED,
    TOO_LARGE,
    UNSUPPORTED_MEDIA_TYPE,
    FAILED_DEPENDENCY,
    INTERNAL,
    UNAVAILABLE,
];

const UNKNOWN_SEGMENT: ErrorKind = kind(
    400,
    "BadRequest",
    "a path that is not in the API, `/v1.0` included; before authentication",
);
const INVALID: ErrorKind = kind(
    400,
    "BadRequest",
    "a body, property or query option that breaks a rule; `target` names it",
);
const UNAUTHENTICATED: ErrorKind =
    kind(401, "InvalidAuthenticationToken", "no token, or one that fails a check");
const FORBIDDEN: ErrorKind =
    kind(403, "Forbidden", "a good token without a permission that the operation needs");
const FOREIGN: ErrorKind = kind(
    403,
    "RemoteCallerNotAllowed",
    "the development issuer is on and the request came by another name or through a proxy",
);
const NOT_FOUND: ErrorKind = kind(
    404,
    "ResourceNotFound",
    "no such entity in the caller's tenant, whatever its id looks like",
);
const NO_SUCH_METHOD: ErrorKind = kind(
    405,
    "Request_BadRequest",
    "a verb that the path does not know; `Allow` lists those it does",
);
const NOT_ACCEPTABLE: ErrorKind = kind(
    406,
    "NotAcceptable",
    "an `Accept` header that rules JSON out where there is nothing else",
);
const PRECONDITION_FAILED: ErrorKind =
    kind(412, "PreconditionFailed", "an `If-Match` with the tag of another revision");
const TOO_SLOW: ErrorKind = kind(408, "RequestTimeout", "the body stopped coming");
const CONFLICT: ErrorKind = kind(
    409,
    "Conflict",
    "a target that the pool is assigned to already; with strict validation, an ICCID that the tenant has already",
);
const TOO_LARGE: ErrorKind =
    kind(413, "RequestEntityTooLarge", "a body longer than `limits.body_bytes`");
const UNSUPPORTED_MEDIA_TYPE: ErrorKind = kind(
    415,
    "UnsupportedMediaType",
    "a body that is not `application/json` in UTF-8, or is packed other than with gzip",
);
const FAILED_DEPENDENCY: ErrorKind =
    kind(424, "FailedDependency", "in a batch: a request that this one depends on has failed");
const INTERNAL: ErrorKind =
    kind(500, "InternalError", "a defect; the log has the cause under the `request-id`");
const UNAVAILABLE: ErrorKind = kind(
    503,
    "ServiceUnavailable",
    "the database is away or all is busy; `Retry-After` says when to try again",
);

impl ApiError {
    /// Which line of the table it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::NoSuchSegment(_) => UNKNOWN_SEGMENT,
            Self::NoSuchMethod { .. } => NO_SUCH_METHOD,
            Self::Refused(refusal) if refusal.is_forbidden() => FORBIDDEN,
            Self::Refused(_) => UNAUTHENTICATED,
            Self::Foreign => FOREIGN,
            Self::UnsupportedMediaType(_) => UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge { .. } => TOO_LARGE,
            Self::TooSlow => TOO_SLOW,
            Self::Incomplete | Self::Invalid(_) => INVALID,
            Self::NotAcceptable => NOT_ACCEPTABLE,
            Self::NotFound => NOT_FOUND,
            Self::PreconditionFailed => PRECONDITION_FAILED,
            Self::FailedDependency => FAILED_DEPENDENCY,
            Self::Conflict(_) => CONFLICT,
            Self::Overloaded | Self::Unavailable(_) => UNAVAILABLE,
            Self::Internal(_) => INTERNAL,
        }
    }

    fn message(&self) -> String {
        match self {
            Self::NoSuchSegment(segment) => {
                format!("Resource not found for the segment '{segment}'.")
            }
            Self::NoSuchMethod { .. } => {
                "Specified HTTP method is not allowed for the request target.".to_owned()
            }
            Self::Refused(refusal) => refusal.to_string(),
            Self::Foreign => "The development issuer is on, so that requests must come to this \
                machine by its own address or a loopback name, and without a proxy. Configure a \
                real issuer, or set identity.development.allow_remote."
                .to_owned(),
            Self::UnsupportedMediaType(what) => (*what).to_owned(),
            Self::TooLarge { limit } => {
                format!("The request body is longer than the {limit} bytes that are allowed.")
            }
            Self::TooSlow => "The request body did not arrive in time.".to_owned(),
            Self::Incomplete => "The request body broke off before its end, or is not packed as its Content-Encoding says.".to_owned(),
            Self::Invalid(invalid) => invalid.to_string(),
            Self::NotAcceptable => {
                "The answer is application/json, which the Accept header rules out.".to_owned()
            }
            Self::NotFound => "The requested resource does not exist.".to_owned(),
            Self::PreconditionFailed => {
                "The entity has changed since its tag in the If-Match header was given.".to_owned()
            }
            Self::FailedDependency => {
                "A request of the batch that this one depends on has failed.".to_owned()
            }
            Self::Conflict(conflict) => conflict.to_string(),
            Self::Overloaded => "The service is busy. Please try again.".to_owned(),
            Self::Unavailable(_) => {
                "The service is temporarily unavailable. Please try again.".to_owned()
            }
            Self::Internal(_) => {
                "The service failed. Quote the request-id to whoever runs it.".to_owned()
            }
        }
    }

    fn target(&self) -> Option<String> {
        let Self::Invalid(invalid) = self else { return None };
        Some(invalid.target.clone()).filter(|target| !target.is_empty())
    }

    /// The answer; what may not be told is logged.
    pub(super) fn respond(self, exchange: &Exchange) -> HttpResponse {
        let kind = self.kind();
        let status = StatusCode::from_u16(kind.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = HttpResponse::build(status);
        self.add_headers(&mut response);
        if let Self::Internal(cause) = &self {
            tracing::error!(request_id = %exchange.request_id, cause, "internal error");
        } else if let Self::Unavailable(cause) = &self {
            tracing::warn!(request_id = %exchange.request_id, cause, "unavailable");
        } else if let Self::Refused(refusal) = &self {
            exchange.refusal.set(Some(refusal.name()));
        }
        let body = ErrorBody {
            error: ErrorDetail {
                code: kind.code,
                message: self.message(),
                target: self.target(),
                inner_error: InnerError::new(
                    exchange.service.clock.now(),
                    exchange.request_id.to_string(),
                    exchange.client_request_id().to_owned(),
                ),
            },
        };
        response
            .insert_header((CONTENT_TYPE, "application/json"))
            .body(serde_json::to_string(&body).expect("texts can be written as JSON"))
    }

    fn add_headers(&self, response: &mut HttpResponseBuilder) {
        if let Self::Refused(refusal) = self {
            response.insert_header((WWW_AUTHENTICATE, challenge(refusal)));
        } else if let Self::NoSuchMethod { allowed } = self {
            let allowed = allowed.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
            response.insert_header((ALLOW, allowed));
        } else if let Self::Overloaded | Self::Unavailable(_) = self {
            // Whole seconds: the Python client drops anything else.
            response.insert_header((RETRY_AFTER, "1"));
        }
    }
}

/// RFC 6750 section 3: no error code where no credentials came.
fn challenge(refusal: &Refusal) -> HeaderValue {
    let details = if let Refusal::NoToken = refusal {
        String::new()
    } else if let Refusal::NotBearer = refusal {
        r#", error="invalid_request""#.to_owned()
    } else if let Refusal::MissingPermission { needed } = refusal {
        let scope = needed.iter().map(|permission| permission.name()).collect::<Vec<_>>().join(" ");
        format!(r#", error="insufficient_scope", scope="{scope}""#)
    } else {
        format!(r#", error="invalid_token", error_description="{refusal}""#)
    };
    let text = format!(r#"Bearer realm=""{details}"#);
    HeaderValue::from_str(&text).expect("refusals are spelled in visible ASCII")
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Invalid> for ApiError {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(invalid)
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) | StoreError::Unknown(_) => {
                Self::Unavailable(error.to_string())
            }
            StoreError::Conflict(conflict) => Self::Conflict(conflict),
            StoreError::Unopenable(_) | StoreError::Failed(_) => Self::Internal(error.to_string()),
        }
    }
}
