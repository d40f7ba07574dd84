//! Who sent a request and what that allows; and where a caller is turned away, why.

use actix_web::http::header::{AUTHORIZATION, HeaderMap, HeaderValue};

use super::ApiError;
use super::request::Request;
use super::request_context::RequestContext;
use crate::auth::{Caller, Permission, Refusal};

/// Proof that the sender of a request may do what its route does. Somebody who may not is told
/// Graph's words, and whoever may know is told why.
pub(super) async fn authorize<Proof>(
    request: &Request,
    needed: &'static [Permission],
    prove: fn(&Caller, &RequestContext) -> Result<Proof, Refusal>,
) -> Result<Proof, ApiError> {
    let context = &request.context;
    let proof = match authenticate(request).await {
        Ok(caller) => prove(&caller, context),
        Err(refusal) => Err(refusal),
    };
    proof.map_err(|refusal| {
        let token = context.authorization.as_ref().and_then(|value| token(value).ok());
        let explanation = context.service.authenticator.explain(&refusal, token);
        let error = ApiError::Refused(refusal);
        if let Some(development) = &context.service.development {
            let method = request.head().method.as_str();
            development.decisions.keep(context, method, needed, &error, &explanation);
        }
        // A request is turned away once.
        drop(context.turned_away.set((explanation, needed)));
        error
    })
}

/// Who sent the request, by its bearer token.
async fn authenticate(request: &Request) -> Result<Caller, Refusal> {
    let context = &request.context;
    if let Some(caller) = context.caller.get() {
        return Ok(caller.clone());
    }
    let token = bearer(&request.head().headers)?;
    let caller = context.service.authenticator.authenticate(token).await?;
    Ok(context.caller.get_or_init(|| caller).clone())
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
