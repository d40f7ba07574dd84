//! Tokens from the development issuer of a data folder, which the service of that folder trusts.

use std::time::Duration;

use crate::app::{development_is_on, service_urls};
use crate::auth::{DevelopmentIssuer, KeyFileError, TokenRequest};
use crate::clock::Clock;
use crate::config::Settings;

/// How long the tokens that commands issue for themselves are valid.
const TOKEN_TTL: Duration = Duration::from_hours(12);

/// A request for a token of an application with these permissions, to be changed.
pub(in crate::cli) fn token_request(settings: &Settings, permissions: Vec<String>) -> TokenRequest {
    TokenRequest {
        service: service_urls(settings).default_url().to_owned(),
        permissions,
        delegated: false,
        tenant: DevelopmentIssuer::TENANT.into(),
        audience: DevelopmentIssuer::AUDIENCE.to_owned(),
        ttl: TOKEN_TTL,
        wrong: None,
    }
}

/// A token from the development issuer of the data folder, or `None` if the folder has none or it is
/// off.
///
/// # Errors
/// If the issuer's key cannot be read.
pub(in crate::cli) fn development_token(
    settings: &Settings,
    request: &TokenRequest,
) -> Result<Option<String>, KeyFileError> {
    if !development_is_on(settings) || !DevelopmentIssuer::exists(&settings.data_dir) {
        return Ok(None);
    }
    let (issuer, _) = DevelopmentIssuer::open(&settings.data_dir)?;
    Ok(Some(issuer.token(request, Clock::system().now())))
}
