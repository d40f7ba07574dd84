//! The README's table of errors: status, code, and when.

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
    IMPORT_REJECTED,
    UNAUTHENTICATED,
    FORBIDDEN,
    FOREIGN,
    NOT_FOUND,
    NO_SUCH_METHOD,
    NOT_ACCEPTABLE,
    TOO_SLOW,
    CONFLICT,
    KEY_REUSED,
    NONE_FREE,
    ALL_HANDED_OUT_ELSEWHERE,
    CODE_NOT_FREE,
    DEVICE_HAS_CODE,
    NOT_INSTALLING,
    NOT_QUARANTINED,
    NO_ACTIVE_CLAIM,
    NOT_SHOWABLE,
    PRECONDITION_FAILED,
    TOO_LARGE,
    UNSUPPORTED_MEDIA_TYPE,
    FAILED_DEPENDENCY,
    INTERNAL,
    UNAVAILABLE,
];

pub(super) const UNKNOWN_SEGMENT: ErrorKind = kind(
    400,
    "BadRequest",
    "a path that is not in the API, `/v1.0` included; before authentication",
);
pub(super) const INVALID: ErrorKind = kind(
    400,
    "BadRequest",
    "a body, property or query option that breaks a rule; `target` names it",
);
pub(super) const IMPORT_REJECTED: ErrorKind = kind(
    400,
    "ImportRejected",
    "a file with lines that hold no good code; `rejected` names them, and nothing was stored",
);
pub(super) const UNAUTHENTICATED: ErrorKind =
    kind(401, "InvalidAuthenticationToken", "no token, or one that fails a check");
pub(super) const FORBIDDEN: ErrorKind =
    kind(403, "Forbidden", "a good token without a permission that the operation needs");
pub(super) const FOREIGN: ErrorKind = kind(
    403,
    "RemoteCallerNotAllowed",
    "the development issuer is on and the request came by another name or through a proxy",
);
pub(super) const NOT_FOUND: ErrorKind = kind(
    404,
    "ResourceNotFound",
    "no such entity in the caller's tenant, whatever its id looks like",
);
pub(super) const NO_SUCH_METHOD: ErrorKind = kind(
    405,
    "Request_BadRequest",
    "a verb that the path does not know; `Allow` lists those it does",
);
pub(super) const NOT_ACCEPTABLE: ErrorKind = kind(
    406,
    "NotAcceptable",
    "an `Accept` header that rules JSON out where there is nothing else",
);
pub(super) const PRECONDITION_FAILED: ErrorKind =
    kind(412, "PreconditionFailed", "an `If-Match` with the tag of another revision");
pub(super) const TOO_SLOW: ErrorKind = kind(408, "RequestTimeout", "the body stopped coming");
pub(super) const CONFLICT: ErrorKind = kind(
    409,
    "Conflict",
    "a target that the pool is assigned to already; with strict validation, an ICCID that the tenant has already",
);
pub(super) const KEY_REUSED: ErrorKind = kind(
    409,
    "IdempotencyKeyReused",
    "an `Idempotency-Key` that the caller gave to another request within a day",
);
pub(super) const NONE_FREE: ErrorKind =
    kind(409, "NoFreeActivationCode", "a claim from a pool without a free code");
pub(super) const ALL_HANDED_OUT_ELSEWHERE: ErrorKind = kind(
    409,
    "ActivationCodesHandedOutElsewhere",
    "a claim from a pool whose codes were all handed out before, from it or from another one",
);
pub(super) const CODE_NOT_FREE: ErrorKind =
    kind(409, "ActivationCodeNotFree", "a claim of a certain code that is not free");
pub(super) const DEVICE_HAS_CODE: ErrorKind = kind(
    409,
    "DeviceHasActivationCode",
    "a device that would have two codes of one pool, installing or installed",
);
pub(super) const NOT_INSTALLING: ErrorKind =
    kind(409, "ClaimNotInstalling", "a release of what is not a claim that is still installing");
pub(super) const NOT_QUARANTINED: ErrorKind = kind(
    409,
    "ActivationCodeNotQuarantined",
    "a reinstatement of a code that is not in quarantine",
);
pub(super) const NO_ACTIVE_CLAIM: ErrorKind = kind(
    409,
    "NoActiveClaim",
    "showing the code of a device that no claim gave one, or whose claim is not installing or installed any more",
);
pub(super) const NOT_SHOWABLE: ErrorKind = kind(
    409,
    "ActivationCodeNotShowable",
    "showing a code with `$` or a control character in a field, without a host, or of more than 255 characters",
);
pub(super) const TOO_LARGE: ErrorKind = kind(
    413,
    "RequestEntityTooLarge",
    "a body longer than `limits.body_bytes`, a file longer than `limits.import_bytes`",
);
pub(super) const UNSUPPORTED_MEDIA_TYPE: ErrorKind = kind(
    415,
    "UnsupportedMediaType",
    "a body that is not `application/json` (`text/csv` where a file is imported) in UTF-8, or is packed other than with gzip",
);
pub(super) const FAILED_DEPENDENCY: ErrorKind =
    kind(424, "FailedDependency", "in a batch: a request that this one depends on has failed");
pub(super) const INTERNAL: ErrorKind =
    kind(500, "InternalError", "a defect; the log has the cause under the `request-id`");
pub(super) const UNAVAILABLE: ErrorKind = kind(
    503,
    "ServiceUnavailable",
    "the database or an issuer's keys are away, or all is busy; `Retry-After` says when to try again",
);
