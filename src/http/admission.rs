//! Who sent a request and what that allows; and where a caller is turned away, why.

use actix_web::http::header::{AUTHORIZATION, HeaderMap, HeaderValue};

use super::ApiError;
use super::exchange::Exchange;
use super::incoming::Incoming;
use crate::auth::{Caller, Permission, Refusal};

/// Proof that the sender of a request may do what its route does. Somebody who may not is told
/// Graph's words, and whoever may know is told why.
pub(super) async fn admit<Proof>(
    incoming: &Incoming,
    needed: &'static [Permission],
    prove: fn(&Caller, &Exchange) -> Result<Proof, Refusal>,
) -> Result<Proof, ApiError> {
    let exchange = &incoming.exchange;
    let proof = match authenticate(incoming).await {
        Ok(caller) => prove(&caller, exchange),
        Err(refusal) => Err(refusal),
    };
    proof.map_err(|refusal| {
        let token = exchange.authorization.as_ref().and_then(|value| token(value).ok());
        let explanation = exchange.service.authenticator.explain(&refusal, token);
        let error = ApiError::Refused(refusal);
        if let Some(development) = &exchange.service.development {
            let method = incoming.head().method.as_str();
            development.decisions.keep(exchange, method, needed, &error, &explanation);
        }
        // A request is turned away once.
        drop(exchange.turned_away.set((explanation, needed)));
        error
    })
}

/// Who sent the request, by its bearer token.
async fn authenticate(incoming: &Incoming) -> Result<Caller, Refusal> {
    let exchange = &incoming.exchange;
    if let Some(caller) = exchange.caller.get() {
        return Ok(caller.clone());
    }
    let token = bearer(&incoming.head().headers)?;
    let caller = exchange.service.authenticator.authenticate(token).await?;
    Ok(exchange.caller.get_or_init(|| caller).clone())
}

/// The token of the one Authorization header.
fn bearer(headers: &HeaderMap) -> Result<&str, Refusal> {
    let mut values = headers.get_all(AUTHORIZATION);
    let value = values.next().ok_or(Refusal::NoToken)?;
    if values.next().is_some() {
        return Err(Refusal::TwoHeaders);
    }
    token(value)
}

fn token(value: &HeaderValue) -> Result<&str, Refusal> {
    let value = value.to_str().map_err(|_| Refusal::NotBearer)?.trim();
    let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Refusal::NotBearer);
    }
    match token.trim() {
        "" => Err(Refusal::NoToken),
        token => Ok(token),
    }
}
