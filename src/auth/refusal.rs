//! Why a request was refused.

#![warn(clippy::wildcard_enum_match_arm)]

use super::Permission;

/// The check that failed. The message is sent to the caller, so it reveals neither the token's
/// content nor which keys and issuers are known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The request has no credentials.
    #[error("Access token is empty.")]
    NoToken,
    /// The credentials are of another scheme than `Bearer`.
    #[error("The Authorization header must be 'Bearer' and an access token.")]
    NotBearer,
    /// The request has two `Authorization` headers.
    #[error("The Authorization header must be given once.")]
    TwoHeaders,
    /// The token is longer than 16 KiB.
    #[error("The access token is too long.")]
    TooLong,
    /// The token is not three parts of base64url around JSON, or a claim has the wrong type.
    #[error("CompactToken parsing failed: the JWT is not well formed.")]
    Malformed,
    /// The claim of this name is neither absent nor of a form that can be used.
    #[error("Access token validation failure. The claim '{0}' has a form that cannot be used.")]
    UnusableClaim(String),
    /// The header names a type other than an access token, or an extension that must be understood
    /// (`crit`).
    #[error("CompactToken parsing failed: the JWT header is not that of an access token.")]
    UnsupportedHeader,
    /// No configured issuer has the name in `iss`.
    #[error("Access token validation failure. Invalid issuer.")]
    UnknownIssuer,
    /// The issuer has no such key, or its key is for another algorithm than the header names.
    #[error("Access token validation failure. The signing key is not known.")]
    UnknownKey,
    /// The issuer's keys have not been fetched yet, so none of its tokens can be verified.
    #[error("The signing keys of the token's issuer are not available. Please try again.")]
    NoKeysYet,
    /// The signature does not match.
    #[error("Access token validation failure. Invalid signature.")]
    BadSignature,
    /// The token is an id token, or names no application.
    #[error("Access token validation failure. This is not an access token.")]
    NotAccessToken,
    /// `exp` has passed.
    #[error("Lifetime validation failed, the token is expired.")]
    Expired,
    /// `nbf` or `iat` is in the future.
    #[error("Lifetime validation failed, the token is not yet valid.")]
    NotYetValid,
    /// `aud` names another service.
    #[error("Access token validation failure. Invalid audience.")]
    WrongAudience,
    /// `tid` is absent, not a GUID, or a tenant that the issuer may not issue tokens for.
    #[error("Access token validation failure. Invalid tenant.")]
    WrongTenant,
    /// The token is of a personal Microsoft account, which Graph does not support for this API.
    #[error("Personal Microsoft accounts are not supported by this API.")]
    PersonalAccount,
    /// The token is valid but does not grant what the route requires.
    #[error(
        "Application is not authorized to perform this operation. Application must have one of \
         the following scopes: {}",
        needed.iter().map(|permission| permission.name()).collect::<Vec<_>>().join(", ")
    )]
    MissingPermission {
        /// The permissions of the route; any one of them suffices.
        needed: &'static [Permission],
    },
}

impl Refusal {
    /// Whether the token is valid and only lacks a permission: 403 rather than 401.
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        matches!(self, Self::MissingPermission { .. })
    }

    /// The name for logs and metrics.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::NoToken => "no_token",
            Self::NotBearer => "not_bearer",
            Self::TwoHeaders => "two_headers",
            Self::TooLong => "too_long",
            Self::Malformed => "malformed",
            Self::UnusableClaim(_) => "unusable_claim",
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
