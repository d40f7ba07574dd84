//! Why a caller was turned away.

#![warn(clippy::wildcard_enum_match_arm)]

use super::Permission;

/// The check that failed. The message is what the caller reads; it names neither the token's
/// content nor what is known of keys and issuers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No credentials came.
    #[error("Access token is empty.")]
    NoToken,
    /// Credentials of another scheme.
    #[error("The Authorization header must be 'Bearer' and an access token.")]
    NotBearer,
    /// Two sets of credentials.
    #[error("The Authorization header must be given once.")]
    TwoHeaders,
    /// The token is longer than any issuer makes them.
    #[error("The access token is too long.")]
    TooLong,
    /// Not three parts of base64url around JSON, or a claim of the wrong type.
    #[error("CompactToken parsing failed: the JWT is not well formed.")]
    Malformed,
    /// The header names a type that is no access token, or an extension that must be understood.
    #[error("CompactToken parsing failed: the JWT header is not that of an access token.")]
    UnsupportedHeader,
    /// No configured issuer bears the name in `iss`.
    #[error("Access token validation failure. Invalid issuer.")]
    UnknownIssuer,
    /// The issuer has no such key, or none for the algorithm that the header names.
    #[error("Access token validation failure. The signing key is not known.")]
    UnknownKey,
    /// The issuer's keys could not be had so far: nobody's token can be judged.
    #[error("The signing keys of the token's issuer are not available. Please try again.")]
    NoKeysYet,
    /// The signature does not fit.
    #[error("Access token validation failure. Invalid signature.")]
    BadSignature,
    /// An id token, or one that names no application.
    #[error("Access token validation failure. This is not an access token.")]
    NotAccessToken,
    /// `exp` has passed.
    #[error("Lifetime validation failed, the token is expired.")]
    Expired,
    /// `nbf` or `iat` lies ahead.
    #[error("Lifetime validation failed, the token is not yet valid.")]
    NotYetValid,
    /// `aud` names another service.
    #[error("Access token validation failure. Invalid audience.")]
    WrongAudience,
    /// `tid` is absent, no GUID, or none that the issuer may speak for.
    #[error("Access token validation failure. Invalid tenant.")]
    WrongTenant,
    /// A personal Microsoft account: Graph does not support them here.
    #[error("Personal Microsoft accounts are not supported by this API.")]
    PersonalAccount,
    /// A good token that does not grant what the route needs.
    #[error(
        "Application is not authorized to perform this operation. Application must have one of \
         the following scopes: {}",
        needed.iter().map(|permission| permission.name()).collect::<Vec<_>>().join(", ")
    )]
    MissingPermission {
        /// Any one of these would do.
        needed: &'static [Permission],
    },
}

impl Refusal {
    /// Whether the caller is known and only its permissions fall short: 403 rather than 401.
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        matches!(self, Self::MissingPermission { .. })
    }

    /// A short name for logs and metrics.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::NoToken => "no_token",
            Self::NotBearer => "not_bearer",
            Self::TwoHeaders => "two_headers",
            Self::TooLong => "too_long",
            Self::Malformed => "malformed",
            Self::UnsupportedHeader => "unsupported_header",
            Self::UnknownIssuer => "unknown_issuer",
            Self::UnknownKey => "unknown_key",
            Self::NoKeysYet => "no_keys_yet",
            Self::BadSignature => "bad_signature",
            Self::NotAccessToken => "not_access_token",
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::WrongAudience => "wrong_audience",
            Self::WrongTenant => "wrong_tenant",
            Self::PersonalAccount => "personal_account",
            Self::MissingPermission { .. } => "missing_permission",
        }
    }
}
