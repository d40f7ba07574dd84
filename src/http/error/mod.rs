//! Everything that is not a success, in Graph's shape: one exhaustive match from cause to status,
//! code and message. Causes that are ours go to the log and not on the wire.

#![warn(clippy::wildcard_enum_match_arm)]

use actix_web::http::header::{ALLOW, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpResponse, HttpResponseBuilder};

mod kinds;

pub use kinds::{ERRORS, ErrorKind};

use kinds::{
    ALL_HANDED_OUT_ELSEWHERE, CODE_NOT_FREE, CONFLICT, DEVICE_HAS_CODE, FAILED_DEPENDENCY,
    FORBIDDEN, FOREIGN, IMPORT_REJECTED, INTERNAL, INVALID, KEY_REUSED, NO_ACTIVE_CLAIM,
    NO_SUCH_METHOD, NONE_FREE, NOT_ACCEPTABLE, NOT_FOUND, NOT_INSTALLING, NOT_QUARANTINED,
    NOT_SHOWABLE, PRECONDITION_FAILED, TOO_LARGE, TOO_SLOW, UNAUTHENTICATED, UNAVAILABLE,
    UNKNOWN_SEGMENT, UNSUPPORTED_MEDIA_TYPE,
};

use super::request_context::RequestContext;
use crate::auth::Refusal;
use crate::domain::{ImportReport, Invalid};
use crate::protocol::{ErrorBody, ErrorDetail, ImportDetails, InnerError};
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
    /// A file has lines that hold no good code.
    ImportRejected(Box<ImportReport>),
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
    /// A good request that cannot be done as things are.
    StateConflict(StateConflict),
    /// The pool has no code of that ICCID.
    NoSuchCode,
    /// More bodies than memory.
    Overloaded,
    /// The database is away or the answer of a change was lost.
    Unavailable(String),
    /// Ours to mend.
    Internal(String),
}

/// Why a request that is good by itself cannot be done as things are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateConflict {
    /// The key belongs to another request.
    KeyReused,
    /// The pool has no free code.
    NoneFree,
    /// It has none that was not handed out before.
    AllHandedOutElsewhere,
    /// The code that was asked for is not free.
    CodeNotFree,
    /// The device has another code of the pool.
    DeviceHasCode,
    /// The claim is not installing any more.
    NotInstalling,
    /// The code is not in quarantine.
    NotQuarantined,
    /// The device has no code of the pool now.
    NoActiveClaim,
    /// The code that it has is none that a device could read.
    NotShowable,
}

impl StateConflict {
    fn kind(self) -> ErrorKind {
        match self {
            Self::KeyReused => KEY_REUSED,
            Self::NoneFree => NONE_FREE,
            Self::AllHandedOutElsewhere => ALL_HANDED_OUT_ELSEWHERE,
            Self::CodeNotFree => CODE_NOT_FREE,
            Self::DeviceHasCode => DEVICE_HAS_CODE,
            Self::NotInstalling => NOT_INSTALLING,
            Self::NotQuarantined => NOT_QUARANTINED,
            Self::NoActiveClaim => NO_ACTIVE_CLAIM,
            Self::NotShowable => NOT_SHOWABLE,
        }
    }

    fn message(self) -> &'static str {
        match self {
            Self::KeyReused => {
                "The Idempotency-Key was given to another request. Use a new key for a new request."
            }
            Self::NoneFree => "The pool has no free activation code. Add codes to it.",
            Self::AllHandedOutElsewhere => {
                "Every activation code left in the pool was handed out before, from this or from \
                 another pool. Add new codes to it."
            }
            Self::CodeNotFree => "The activation code that was asked for is not free.",
            Self::DeviceHasCode => {
                "The device has another activation code of this pool, that is installing or \
                 installed."
            }
            Self::NotInstalling => "Only a claim that is still installing can be released.",
            Self::NotQuarantined => "Only a quarantined activation code can be reinstated.",
            Self::NoActiveClaim => {
                "No claim gave this device an activation code of the pool, or it is over: a code is \
                 shown while it is installing or installed."
            }
            Self::NotShowable => {
                "No device could read the activation code: a field holds '$' or a control \
                 character, the host is empty, or the whole is longer than 255 characters."
            }
        }
    }
}

impl ApiError {
    /// Which line of the table it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::NoSuchSegment(_) => UNKNOWN_SEGMENT,
            Self::NoSuchMethod { .. } => NO_SUCH_METHOD,
            Self::Refused(Refusal::NoKeysYet) | Self::Overloaded | Self::Unavailable(_) => {
                UNAVAILABLE
            }
            Self::Refused(refusal) if refusal.is_forbidden() => FORBIDDEN,
            Self::Refused(_) => UNAUTHENTICATED,
            Self::Foreign => FOREIGN,
            Self::UnsupportedMediaType(_) => UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge { .. } => TOO_LARGE,
            Self::TooSlow => TOO_SLOW,
            Self::Incomplete | Self::Invalid(_) => INVALID,
            Self::ImportRejected(_) => IMPORT_REJECTED,
            Self::NotAcceptable => NOT_ACCEPTABLE,
            Self::NotFound | Self::NoSuchCode => NOT_FOUND,
            Self::PreconditionFailed => PRECONDITION_FAILED,
            Self::FailedDependency => FAILED_DEPENDENCY,
            Self::Conflict(Conflict::DeviceHasCode) => DEVICE_HAS_CODE,
            Self::Conflict(_) => CONFLICT,
            Self::StateConflict(reason) => reason.kind(),
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
            Self::ImportRejected(report) => import_message(report),
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
            Self::StateConflict(reason) => reason.message().to_owned(),
            Self::NoSuchCode => {
                "The pool has no activation code of this integratedCircuitCardIdentifier.".to_owned()
            }
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
    pub(super) fn respond(self, context: &RequestContext) -> HttpResponse {
        let kind = self.kind();
        let status = StatusCode::from_u16(kind.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = HttpResponse::build(status);
        self.add_headers(&mut response);
        if let Self::Internal(cause) = &self {
            tracing::error!(request_id = %context.request_id, cause, "internal error");
        } else if let Self::Unavailable(cause) = &self {
            tracing::warn!(request_id = %context.request_id, cause, "unavailable");
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
            .body(serde_json::to_string(&body).expect("texts can be written as JSON"))
    }

    fn add_headers(&self, response: &mut HttpResponseBuilder) {
        if let Self::Overloaded | Self::Unavailable(_) | Self::Refused(Refusal::NoKeysYet) = self {
            // Whole seconds: the Python client drops anything else.
            response.insert_header((RETRY_AFTER, "1"));
        } else if let Self::Refused(refusal) = self {
            response.insert_header((WWW_AUTHENTICATE, challenge(refusal)));
        } else if let Self::NoSuchMethod { allowed } = self {
            let allowed = allowed.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
            response.insert_header((ALLOW, allowed));
        }
    }
}

/// The first line at fault, for those who read no further.
fn import_message(report: &ImportReport) -> String {
    let lines = match report.rejected_count {
        1 => "1 line was rejected".to_owned(),
        count => format!("{count} lines were rejected"),
    };
    let first = report.rejected.first().map_or_else(String::new, |first| format!(" {first}."));
    format!("{lines}, and nothing was imported.{first}")
}

/// RFC 6750 section 3.1: no error code where no credentials came, or none of this scheme.
fn challenge(refusal: &Refusal) -> HeaderValue {
    let details = if let Refusal::NoToken | Refusal::NotBearer = refusal {
        String::new()
    } else if let Refusal::TwoHeaders = refusal {
        // Sent twice is malformed, for which the RFC has 400; but nobody is known to be calling,
        // and that is a 401 here, whatever the reason.
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

impl From<StateConflict> for ApiError {
    fn from(reason: StateConflict) -> Self {
        Self::StateConflict(reason)
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
            StoreError::KeyReused => Self::StateConflict(StateConflict::KeyReused),
            StoreError::Unopenable(_) | StoreError::Failed(_) => Self::Internal(error.to_string()),
        }
    }
}
