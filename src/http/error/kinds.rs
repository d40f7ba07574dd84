//! The table of errors that the documentation shows: status, code, and when.

/// One row of the table of errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorKind {
    /// The HTTP status.
    pub status: u16,
    /// `error.code`
    pub code: &'static str,
    /// When the response is given, in Markdown.
    pub when: &'static str,
}

const fn kind(status: u16, code: &'static str, when: &'static str) -> ErrorKind {
    ErrorKind { status, code, when }
}

/// Every error, by status.
pub const ERRORS: &[ErrorKind] = &[
    UNKNOWN_SEGMENT,
    INVALID,
    IMPORT_REJECTED,
    UNAUTHENTICATED,
    FORBIDDEN,
    REMOTE_CALLER,
    NOT_FOUND,
    METHOD_NOT_ALLOWED,
    NOT_ACCEPTABLE,
    BODY_TIMEOUT,
    CONFLICT,
    KEY_REUSED,
    NO_FREE_CODE,
    ALL_HANDED_OUT_ELSEWHERE,
    CODE_NOT_FREE,
    BOUND_TO_ANOTHER,
    DEVICE_HAS_CODE,
    NAMED_OTHERWISE,
    NAME_AMBIGUOUS,
    NOT_INSTALLING,
    NOT_QUARANTINED,
    NO_ACTIVE_CLAIM,
    NOT_SHOWABLE,
    PRECONDITION_FAILED,
    BODY_TOO_LARGE,
    UNSUPPORTED_MEDIA_TYPE,
    FAILED_DEPENDENCY,
    HEADERS_TOO_LARGE,
    INTERNAL,
    UNAVAILABLE,
    OUTCOME_UNKNOWN,
    NO_SPACE,
    BATCH_RESPONSE_TOO_LARGE,
];

pub(super) const UNKNOWN_SEGMENT: ErrorKind = kind(
    400,
    "BadRequest",
    "a path that the API does not have, `/v1.0` included; before authentication",
);
pub(super) const INVALID: ErrorKind = kind(
    400,
    "BadRequest",
    "a body, property or query option that breaks a rule; `target` names it",
);
pub(super) const IMPORT_REJECTED: ErrorKind = kind(
    400,
    "ImportRejected",
    "a file with lines that hold no valid code; `rejected` lists them, and nothing was stored",
);
pub(super) const UNAUTHENTICATED: ErrorKind =
    kind(401, "InvalidAuthenticationToken", "no token, or one that fails a check");
pub(super) const FORBIDDEN: ErrorKind =
    kind(403, "Forbidden", "a valid token without any permission that the operation needs");
pub(super) const REMOTE_CALLER: ErrorKind = kind(
    403,
    "RemoteCallerNotAllowed",
    "the development issuer is on, and the request used another host name or came through a proxy",
);
pub(super) const NOT_FOUND: ErrorKind = kind(
    404,
    "ResourceNotFound",
    "no such entity in the caller's tenant, also if the id is not a GUID",
);
pub(super) const METHOD_NOT_ALLOWED: ErrorKind = kind(
    405,
    "Request_BadRequest",
    "a method that the path does not support; `Allow` lists those it does",
);
pub(super) const NOT_ACCEPTABLE: ErrorKind =
    kind(406, "NotAcceptable", "an `Accept` header that excludes JSON where the response is JSON");
pub(super) const PRECONDITION_FAILED: ErrorKind =
    kind(412, "PreconditionFailed", "an `If-Match` header with the tag of another revision");
pub(super) const BODY_TIMEOUT: ErrorKind =
    kind(408, "RequestTimeout", "the body arrived too slowly");
pub(super) const CONFLICT: ErrorKind = kind(
    409,
    "Conflict",
    "the pool is assigned to this target already; with strict validation, the tenant has a code with this ICCID already",
);
pub(super) const KEY_REUSED: ErrorKind = kind(
    409,
    "IdempotencyKeyReused",
    "an `Idempotency-Key` that the caller used for another request within a day",
);
pub(super) const NO_FREE_CODE: ErrorKind =
    kind(409, "NoFreeActivationCode", "a claim from a pool without a free code");
pub(super) const ALL_HANDED_OUT_ELSEWHERE: ErrorKind = kind(
    409,
    "ActivationCodesHandedOutElsewhere",
    "a claim from a pool whose codes were all handed out before, from it or from another one",
);
pub(super) const CODE_NOT_FREE: ErrorKind =
    kind(409, "ActivationCodeNotFree", "a claim of a particular code that is not free");
pub(super) const BOUND_TO_ANOTHER: ErrorKind = kind(
    409,
    "CodeBoundToAnotherDevice",
    "the activation code that a claim asks for is bound to the EID of another device",
);
pub(super) const DEVICE_HAS_CODE: ErrorKind = kind(
    409,
    "DeviceHasActivationCode",
    "the device would hold two codes of one pool, installing or installed",
);
pub(super) const NAMED_OTHERWISE: ErrorKind = kind(
    409,
    "DeviceHasAnotherName",
    "a claim by an EID whose device has another name than the claim says, without `rename`",
);
pub(super) const NAME_AMBIGUOUS: ErrorKind = kind(
    409,
    "DeviceNameAmbiguous",
    "a claim or a release by a name that several devices with EIDs have",
);
pub(super) const NOT_INSTALLING: ErrorKind = kind(
    409,
    "ClaimNotInstalling",
    "a release of a claim that is not installing, or of a device state without a claim",
);
pub(super) const NOT_QUARANTINED: ErrorKind = kind(
    409,
    "ActivationCodeNotQuarantined",
    "a reinstatement of a code that is not in quarantine",
);
pub(super) const NO_ACTIVE_CLAIM: ErrorKind = kind(
    409,
    "NoActiveClaim",
    "showing the code of a device that holds none by a claim, or whose claim is no longer installing or installed",
);
pub(super) const NOT_SHOWABLE: ErrorKind = kind(
    409,
    "ActivationCodeNotShowable",
    "showing a code that has `$` or a control character in a field, no host, or more than 255 characters",
);
pub(super) const BODY_TOO_LARGE: ErrorKind = kind(
    413,
    "RequestEntityTooLarge",
    "a body longer than `limits.body_bytes`, a file longer than `limits.import_bytes` or with more than 33,554,432 codes",
);
pub(super) const UNSUPPORTED_MEDIA_TYPE: ErrorKind = kind(
    415,
    "UnsupportedMediaType",
    "a body that is not `application/json` in UTF-8 (`text/csv` for an import), or is compressed other than with gzip",
);
pub(super) const FAILED_DEPENDENCY: ErrorKind =
    kind(424, "FailedDependency", "in a batch: a request that this one depends on has failed");
pub(super) const HEADERS_TOO_LARGE: ErrorKind = kind(
    431,
    "RequestHeaderFieldsTooLarge",
    "more than 80 headers, or more than 32 KiB of them; before authentication",
);
pub(super) const INTERNAL: ErrorKind =
    kind(500, "InternalError", "a defect; the log has the cause under the `request-id`");
pub(super) const UNAVAILABLE: ErrorKind = kind(
    503,
    "ServiceUnavailable",
    "the database or the issuer's keys cannot be reached, or the service is busy; nothing was changed, and `Retry-After` says when to try again",
);
pub(super) const OUTCOME_UNKNOWN: ErrorKind = kind(
    504,
    "OutcomeUnknown",
    "PostgreSQL broke off while it stored a change, and did not say in time whether it is stored; repeat the request only with the `Idempotency-Key` that it had",
);
pub(super) const NO_SPACE: ErrorKind = kind(
    507,
    "InsufficientStorage",
    "an import for which the service has no disk space; nothing of it was stored, and the log says what is full",
);
pub(super) const BATCH_RESPONSE_TOO_LARGE: ErrorKind = kind(
    507,
    "ResponseTooLarge",
    "in a batch: a GET whose response does not fit into `limits.batch_response_bytes` beside the others",
);
