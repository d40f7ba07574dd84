//! Why a request failed, as status, code and message.

#![warn(clippy::wildcard_enum_match_arm)]

use actix_web::http::Method;

use super::kinds::{
    BATCH_RESPONSE_TOO_LARGE, BODY_TIMEOUT, BODY_TOO_LARGE, CONFLICT, DEVICE_HAS_CODE, ErrorKind,
    FAILED_DEPENDENCY, FORBIDDEN, HEADERS_TOO_LARGE, IMPORT_REJECTED, INTERNAL, INVALID,
    METHOD_NOT_ALLOWED, NO_SPACE, NOT_ACCEPTABLE, NOT_FOUND, OUTCOME_UNKNOWN, PRECONDITION_FAILED,
    REMOTE_CALLER, UNAUTHENTICATED, UNAVAILABLE, UNKNOWN_SEGMENT, UNSUPPORTED_MEDIA_TYPE,
};
use super::state_conflict::StateConflict;
use crate::auth::Refusal;
use crate::domain::{ImportReport, Invalid};
use crate::http::body_memory::NoBodyMemory;
use crate::http::response_memory::NoResponseMemory;
use crate::store::{Conditional, Conflict, StoreError};

/// Why a request failed.
#[derive(Debug)]
pub enum ApiError {
    /// The request has more headers than are allowed.
    HeadersTooLarge {
        /// The greatest number of headers.
        fields: usize,
        /// The greatest length of all names and values together.
        bytes: usize,
    },
    /// No route has this segment at its position.
    UnknownSegment(String),
    /// The path exists, but not for this method.
    MethodNotAllowed {
        /// The methods that it exists for.
        allowed: Vec<Method>,
    },
    /// The caller was refused.
    Refused(Refusal),
    /// The development issuer is on and the request did not come straight from this machine.
    RemoteCaller,
    /// The body is of another media type, charset or encoding than the route takes.
    UnsupportedMediaType(&'static str),
    /// The body is longer than allowed.
    BodyTooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The compressed body expands more than any file of codes does.
    BodyExpandsTooMuch {
        /// How many times its length it may have when decompressed.
        max: u64,
    },
    /// The file has more codes than an import may have.
    TooManyCodes {
        /// The maximum.
        max: u64,
    },
    /// There is no space for the file until all of it has arrived. The cause is logged.
    NoSpace(String),
    /// The body arrived too slowly.
    BodyTimeout,
    /// The body ended early, or is not compressed as its `Content-Encoding` says.
    IncompleteBody,
    /// The input breaks a rule.
    Invalid(Invalid),
    /// A file has lines without a valid code.
    ImportRejected(Box<ImportReport>),
    /// The client does not accept JSON, which is all that there is.
    NotAcceptable,
    /// The tenant has no such entity.
    NotFound,
    /// The entity is of another revision than the client demands.
    PreconditionFailed,
    /// A request of the same batch that this one depends on has failed.
    FailedDependency,
    /// A constraint of the database.
    Conflict(Conflict),
    /// The request is valid, but the state of its entities forbids it.
    StateConflict(StateConflict),
    /// The pool has no code with that ICCID.
    NoSuchCode,
    /// No device of that name or EID has a code of the pool.
    NoSuchDevice,
    /// The response does not fit into that of its batch.
    BatchResponseTooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// There is no memory for the body or the response.
    Overloaded,
    /// The database or an issuer cannot be reached; nothing was changed. The cause is logged.
    Unavailable(String),
    /// The database broke off while it stored a change, and whether it was stored could not be learnt
    /// in time. The cause is logged.
    OutcomeUnknown(String),
    /// A defect of the service. The cause is logged.
    Internal(String),
}

impl ApiError {
    /// Its status, code and description.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::HeadersTooLarge { .. } => HEADERS_TOO_LARGE,
            Self::UnknownSegment(_) => UNKNOWN_SEGMENT,
            Self::MethodNotAllowed { .. } => METHOD_NOT_ALLOWED,
            Self::Refused(Refusal::NoKeysYet) | Self::Overloaded | Self::Unavailable(_) => {
                UNAVAILABLE
            }
            Self::Refused(refusal) if refusal.is_forbidden() => FORBIDDEN,
            Self::Refused(_) => UNAUTHENTICATED,
            Self::RemoteCaller => REMOTE_CALLER,
            Self::UnsupportedMediaType(_) => UNSUPPORTED_MEDIA_TYPE,
            Self::BodyTooLarge { .. } | Self::TooManyCodes { .. } => BODY_TOO_LARGE,
            Self::NoSpace(_) => NO_SPACE,
            Self::BodyTimeout => BODY_TIMEOUT,
            Self::IncompleteBody | Self::BodyExpandsTooMuch { .. } | Self::Invalid(_) => INVALID,
            Self::ImportRejected(_) => IMPORT_REJECTED,
            Self::NotAcceptable => NOT_ACCEPTABLE,
            Self::NotFound | Self::NoSuchCode | Self::NoSuchDevice => NOT_FOUND,
            Self::PreconditionFailed => PRECONDITION_FAILED,
            Self::FailedDependency => FAILED_DEPENDENCY,
            Self::BatchResponseTooLarge { .. } => BATCH_RESPONSE_TOO_LARGE,
            Self::Conflict(Conflict::DeviceHasCode) => DEVICE_HAS_CODE,
            Self::Conflict(_) => CONFLICT,
            Self::StateConflict(conflict) => conflict.kind(),
            Self::OutcomeUnknown(_) => OUTCOME_UNKNOWN,
            Self::Internal(_) => INTERNAL,
        }
    }

    /// The message for the client. It says what to change, and nothing of internal causes.
    pub(super) fn message(&self) -> String {
        match self {
            Self::HeadersTooLarge { fields, bytes } => format!(
                "The request has more than {fields} headers, or names and values of more than \
                 {bytes} bytes together."
            ),
            Self::UnknownSegment(segment) => {
                format!("Resource not found for the segment '{segment}'.")
            }
            Self::MethodNotAllowed { .. } => {
                "Specified HTTP method is not allowed for the request target.".to_owned()
            }
            Self::Refused(refusal) => refusal.to_string(),
            Self::RemoteCaller => "The development issuer is on, so requests must come straight \
                from this machine: to a loopback name or the address of the listener, without a \
                proxy. Configure a real issuer, or set identity.development.allow_remote."
                .to_owned(),
            Self::UnsupportedMediaType(message) => (*message).to_owned(),
            Self::BodyTooLarge { limit } => {
                format!("The request body is longer than the {limit} bytes that are allowed.")
            }
            Self::BodyExpandsTooMuch { max } => format!(
                "The compressed request body expands to more than {max} times its \
                 length, as no file of codes does. Send it without Content-Encoding."
            ),
            Self::TooManyCodes { max } => {
                format!("The file has more than {max} codes. Divide it into several files.")
            }
            Self::NoSpace(_) => "The service has no space for the file at present. Nothing of it \
                was stored. Try again later or with a smaller file, or tell the operator."
                .to_owned(),
            Self::BodyTimeout => "The request body did not arrive in time.".to_owned(),
            Self::IncompleteBody => "The request body ended early, or is not compressed as its \
                Content-Encoding says."
                .to_owned(),
            Self::Invalid(invalid) => invalid.to_string(),
            Self::ImportRejected(report) => import_message(report),
            Self::NotAcceptable => {
                "The response is application/json, which the Accept header excludes.".to_owned()
            }
            Self::NotFound => "The requested resource does not exist.".to_owned(),
            Self::PreconditionFailed => {
                "The entity has changed since the client read the tag in its If-Match header. Read \
                 it again."
                    .to_owned()
            }
            Self::FailedDependency => {
                "A request of the batch that this one depends on has failed.".to_owned()
            }
            Self::BatchResponseTooLarge { limit } => format!(
                "The responses of the batch are longer than the {limit} bytes that are allowed. Send \
                 this request by itself."
            ),
            Self::Conflict(conflict) => conflict.to_string(),
            Self::StateConflict(conflict) => conflict.message(),
            Self::NoSuchCode => {
                "The pool has no activation code with this integratedCircuitCardIdentifier."
                    .to_owned()
            }
            Self::NoSuchDevice => {
                "No device of this name or EID has an activation code of the pool that is installing \
                 or installed."
                    .to_owned()
            }
            Self::Overloaded => "The service is busy. Try again.".to_owned(),
            Self::Unavailable(_) => "The service is temporarily unavailable. Try again.".to_owned(),
            Self::OutcomeUnknown(_) => {
                "The database did not say in time whether the change was stored: it may have been. \
                 Repeat the request only with the Idempotency-Key that it had; else read first what \
                 is there."
                    .to_owned()
            }
            Self::Internal(_) => {
                "The service failed. Give the request-id to its operator.".to_owned()
            }
        }
    }

    /// The property or query option at fault.
    pub(super) fn target(&self) -> Option<String> {
        let Self::Invalid(invalid) = self else { return None };
        Some(invalid.target.clone()).filter(|target| !target.is_empty())
    }
}

/// The number of rejected lines and the first of them, for readers of the message alone.
fn import_message(report: &ImportReport) -> String {
    let lines = match report.rejected_count {
        1 => "1 line was rejected".to_owned(),
        count => format!("{count} lines were rejected"),
    };
    let first = match report.rejected.first() {
        Some(first) => format!(" {first}."),
        None => {
            " They were rejected because of stored codes: handed out before, or with the ICCID of \
                 another code. Only a caller with permission to claim is told which lines."
                .to_owned()
        }
    };
    format!("{lines}, and nothing was imported.{first}")
}

/// The result of a conditional change.
///
/// # Errors
/// [`ApiError::NotFound`] or [`ApiError::PreconditionFailed`].
pub(in crate::http) fn done<T>(outcome: Conditional<T>) -> Result<T, ApiError> {
    match outcome {
        Conditional::Done(done) => Ok(done),
        Conditional::NotFound => Err(ApiError::NotFound),
        Conditional::PreconditionFailed => Err(ApiError::PreconditionFailed),
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<StateConflict> for ApiError {
    fn from(conflict: StateConflict) -> Self {
        Self::StateConflict(conflict)
    }
}

impl From<Invalid> for ApiError {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(invalid)
    }
}

impl From<NoBodyMemory> for ApiError {
    fn from(_: NoBodyMemory) -> Self {
        Self::Overloaded
    }
}

impl From<NoResponseMemory> for ApiError {
    fn from(_: NoResponseMemory) -> Self {
        Self::Overloaded
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) | StoreError::Locked(_) => {
                Self::Unavailable(error.to_string())
            }
            StoreError::Unknown(_) => Self::OutcomeUnknown(error.to_string()),
            StoreError::SpoolFull(cause) => Self::NoSpace(cause),
            StoreError::Conflict(conflict) => Self::Conflict(conflict),
            StoreError::KeyReused => Self::StateConflict(StateConflict::KeyReused),
            StoreError::Unopenable(_) | StoreError::Unfit(_) | StoreError::Failed(_) => {
                Self::Internal(error.to_string())
            }
        }
    }
}
