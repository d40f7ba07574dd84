//! Why a request was refused, for developers at their own machine: the last refusals of tokens of
//! the development issuer, in memory. Tokens of other issuers are nobody's business here.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use actix_web::HttpResponse;
use actix_web::http::header::CACHE_CONTROL;
use serde::Serialize;
use serde_json::json;

use super::extract::RequestName;
use super::reply::Reply;
use super::request_context::RequestContext;
use super::{ApiError, Service};
use crate::auth::{Caller, Carried, DevelopmentIssuer, Explanation, Permission};
use crate::domain::{RequestId, TenantId, Timestamp};
use crate::protocol::openapi::Description;

/// So many refusals are kept, and no more.
const KEPT: usize = 500;

/// The last refusals, the latest at the end.
#[derive(Debug, Default)]
pub(super) struct RefusalLog(Mutex<VecDeque<Arc<LoggedRefusal>>>);

/// One refusal.
#[derive(Debug)]
pub(super) struct LoggedRefusal {
    request_id: RequestId,
    at: Timestamp,
    method: String,
    route: &'static str,
    status: u16,
    code: &'static str,
    check: &'static str,
    why: String,
    token: Option<Carried>,
    needed: &'static [Permission],
    /// The tenant of the caller, where the token itself was good.
    tenant: Option<TenantId>,
}

impl RefusalLog {
    /// Keeps a refusal, if it may be told.
    pub(super) fn keep(
        &self,
        context: &RequestContext,
        method: &str,
        needed: &'static [Permission],
        error: &ApiError,
        explanation: &Explanation,
    ) {
        let ApiError::Refused(refusal) = error else { return };
        if !explanation.tellable {
            return;
        }
        let decision = LoggedRefusal {
            request_id: context.request_id,
            at: context.service.clock.now(),
            method: method.chars().take(20).collect(),
            route: context.route.get().unwrap_or("-"),
            status: error.kind().status,
            code: error.kind().code,
            check: refusal.name(),
            why: explanation.why.clone(),
            token: explanation.carried.clone(),
            needed,
            tenant: context.caller.get().map(Caller::tenant),
        };
        let mut kept = self.kept();
        if kept.len() == KEPT {
            kept.pop_front();
        }
        kept.push_back(Arc::new(decision));
    }

    fn find(&self, request_id: RequestId) -> Option<Arc<LoggedRefusal>> {
        self.kept().iter().rev().find(|decision| decision.request_id == request_id).cloned()
    }

    fn kept(&self) -> MutexGuard<'_, VecDeque<Arc<LoggedRefusal>>> {
        // Nothing panics while it holds the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `GET /beta/esimpool/decisions/{request}`, for whoever has a token of the development issuer: a
/// refusal of their own tenant's caller, or of a token that nobody could be made of.
pub(super) async fn get(
    caller: Caller,
    RequestName(request): RequestName,
    service: Arc<Service>,
) -> Result<Explained, ApiError> {
    let development = service.development.as_ref().ok_or(ApiError::NotFound)?;
    if caller.issuer() != DevelopmentIssuer::NAME {
        return Err(ApiError::NotFound);
    }
    let decision = development.decisions.find(request).ok_or(ApiError::NotFound)?;
    if decision.tenant.is_some_and(|tenant| tenant != caller.tenant()) {
        return Err(ApiError::NotFound);
    }
    Ok(Explained(decision))
}

/// A refusal, explained.
pub(super) struct Explained(Arc<LoggedRefusal>);

impl Serialize for Explained {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let LoggedRefusal { request_id, at, method, route, status, code, check, why, .. } =
            &*self.0;
        let names: Vec<_> = self.0.needed.iter().map(|permission| permission.name()).collect();
        let mut decision = json!({
            "requestId": request_id.to_string(),
            "dateTime": at.to_string(),
            "request": format!("{method} {route}"),
            "status": status,
            "code": code,
            "check": check,
            "why": why,
            "needsOneOf": names,
        });
        if let Some(token) = &self.0.token {
            decision["token"] = json!(token);
        }
        decision.serialize(serializer)
    }
}

impl Reply for Explained {
    async fn respond(self, _: &RequestContext) -> HttpResponse {
        HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(self)
    }

    fn describe(description: &mut Description) {
        let text = json!({ "type": "string" });
        let schema = json!({
            "type": "object",
            "required": ["requestId", "status", "code", "check", "why", "needsOneOf"],
            "properties": {
                "requestId": text,
                "dateTime": text,
                "request": text,
                "status": { "type": "integer" },
                "code": text,
                "check": text,
                "why": text,
                "needsOneOf": { "type": "array", "items": text },
                "token": { "type": "object" },
            },
        });
        description.gives_json(200, "Why the request was refused.", &schema);
    }
}
