//! Who sent a request and what that allows; and, if a caller is refused, the reason.

use actix_web::http::header::{AUTHORIZATION, HeaderMap, HeaderValue};

use super::error::ApiError;
use super::refusal_log::LoggedRefusal;
use super::request::Request;
use super::request_context::RequestContext;
use crate::auth::{Caller, Explanation, Permission, Refusal};

/// The longest part of an unknown method that is logged, in characters.
const MAX_METHOD: usize = 20;

/// Proof that the caller of a request may use its route, which needs one of `needed`. Keeps what the
/// route needs for the log and, while the development issuer is on, what the caller uses.
///
/// # Errors
/// [`ApiError::Refused`]. The reason is kept for the log and, if it may be disclosed, for the
/// refusal log.
pub(super) async fn authorize<Proof>(
    request: &Request,
    needed: &'static [Permission],
    prove: fn(&Caller, &RequestContext) -> Result<Proof, Refusal>,
) -> Result<Proof, ApiError> {
    request.context.needed.set(needed);
    let proof = match authenticate(request).await {
        Ok(caller) => {
            record_use(&request.context, caller, needed);
            prove(caller, &request.context)
        }
        Err(refusal) => Err(refusal),
    };
    proof.map_err(|refusal| refused(request, needed, refusal))
}

/// Records what a caller carries and uses. A route that needs no permission tells nothing of that.
fn record_use(context: &RequestContext, caller: &Caller, needed: &[Permission]) {
    if let Some(development) = &context.service.development
        && !needed.is_empty()
    {
        development.permission_use.record(caller, needed);
    }
}

/// The sender of a request, by its bearer token.
async fn authenticate(request: &Request) -> Result<&Caller, Refusal> {
    let context = &request.context;
    if let Some(caller) = context.caller() {
        return Ok(caller);
    }
    let token = bearer_token(&request.head().headers)?;
    let caller = context.service.authenticator.authenticate(token).await?;
    Ok(context.set_caller(caller))
}

/// Keeps the reason of a refusal.
fn refused(request: &Request, needed: &'static [Permission], refusal: Refusal) -> ApiError {
    let context = &request.context;
    let token = context.authorization.as_ref().and_then(|value| parse_bearer(value).ok());
    let explanation = context.service.authenticator.explain(&refusal, token);
    let check = refusal.name();
    let error = ApiError::Refused(refusal);
    if let (Some(development), true) = (&context.service.development, explanation.may_disclose) {
        development.refusals.push(logged(request, needed, &error, check, &explanation));
    }
    // A request is refused once.
    drop(context.denial.set(explanation));
    error
}

fn logged(
    request: &Request,
    needed: &'static [Permission],
    error: &ApiError,
    check: &'static str,
    explanation: &Explanation,
) -> LoggedRefusal {
    let context = &request.context;
    let kind = error.kind();
    LoggedRefusal {
        request_id: context.request_id,
        at: context.service.clock.now(),
        method: request.head().method.as_str().chars().take(MAX_METHOD).collect(),
        route: context.route().unwrap_or("-"),
        status: kind.status,
        code: kind.code,
        check,
        why: explanation.why.clone(),
        token: explanation.token.clone(),
        needed,
        tenant: context.caller().map(Caller::tenant),
    }
}

/// The token in the `Authorization` header, of which there must be one.
fn bearer_token(headers: &HeaderMap) -> Result<&str, Refusal> {
    let mut values = headers.get_all(AUTHORIZATION);
    let value = values.next().ok_or(Refusal::NoToken)?;
    if values.next().is_some() {
        return Err(Refusal::TwoHeaders);
    }
    parse_bearer(value)
}

fn parse_bearer(value: &HeaderValue) -> Result<&str, Refusal> {
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
