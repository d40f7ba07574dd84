//! A route: its row of the route table, and the checks between the router and its handler.
//!
//! actix polls a handler's extractors concurrently, so that a fault of the body could be reported
//! before a missing token. Here the order is a property of construction: authenticate, authorise,
//! and only then extract the handler's arguments, one after the other. The first argument of a
//! handler is the permit of its route's access; with another one it does not compile. A route
//! without an access cannot be built: only [`guarded`], [`verified`] and [`public`] build one, and
//! each sets its own.

use std::panic::AssertUnwindSafe;
use std::rc::Rc;

use actix_web::HttpResponse;
use actix_web::http::Method;
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;

use super::authenticate::authorize;
use super::cross_origin::CrossOrigin;
use super::error::ApiError;
use super::handler::{Handler, PublicHandler, Reply};
use super::request::Request;
use super::request_context::RequestContext;
use crate::auth::{Access, Caller, Claim, Permission, Permit, Read, ReadAudit, Refusal, Write};
use crate::protocol::openapi::Description;

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessKind {
    /// Every client, without a token.
    Public,
    /// Every caller with a valid token. What it is used for is authorised separately.
    Caller,
    /// Callers with one of the permissions of [`Read`].
    Read,
    /// Callers with one of the permissions of [`Write`].
    Write,
    /// Callers with one of the permissions of [`ReadAudit`].
    ReadAudit,
    /// Callers with one of the permissions of [`Claim`].
    Claim,
}

impl AccessKind {
    /// The permissions of which a token needs one. Empty for [`Self::Public`] and
    /// [`Self::Caller`], which need none.
    #[must_use]
    pub fn permissions(self) -> &'static [Permission] {
        match self {
            Self::Public | Self::Caller => &[],
            Self::Read => Read::PERMISSIONS,
            Self::Write => Write::PERMISSIONS,
            Self::ReadAudit => ReadAudit::PERMISSIONS,
            Self::Claim => Claim::PERMISSIONS,
        }
    }
}

/// An access type with its value in the route table.
pub(super) trait RouteAccess: Access {
    const KIND: AccessKind;
}

impl RouteAccess for Read {
    const KIND: AccessKind = AccessKind::Read;
}

impl RouteAccess for Write {
    const KIND: AccessKind = AccessKind::Write;
}

impl RouteAccess for ReadAudit {
    const KIND: AccessKind = AccessKind::ReadAudit;
}

impl RouteAccess for Claim {
    const KIND: AccessKind = AccessKind::Claim;
}

type Run = Rc<dyn Fn(Request) -> LocalBoxFuture<'static, Result<HttpResponse, ApiError>>>;

/// One row of the route table.
#[derive(Clone)]
pub(super) struct Route {
    pub(super) name: &'static str,
    pub(super) method: Method,
    pub(super) path: &'static str,
    /// What `run` demands: the two are only set together.
    access: AccessKind,
    /// Whether it exists only while the development issuer is on.
    pub(super) development: bool,
    /// Which pages may call its path from another origin.
    pub(super) cross_origin: CrossOrigin,
    /// Whether the id at the end of its path stands for all further segments.
    pub(super) with_rest: bool,
    run: Run,
    describe: fn(&mut Description),
}

/// A route for callers whose token grants `A`.
pub(super) fn guarded<A: RouteAccess, Args, H: Handler<Permit<A>, Args>>(
    name: &'static str,
    method: Method,
    path: &'static str,
    handler: H,
) -> Route {
    let prove = |caller: &Caller, context: &RequestContext| caller.permit::<A>(context.request_id);
    let run = authorized(handler, A::PERMISSIONS, prove);
    Route::new(name, method, path, A::KIND, run, H::describe)
}

/// A route for callers with any valid token: for batches, whose parts are authorised one by one,
/// and for what is about the caller itself.
pub(super) fn verified<Args, H: Handler<Caller, Args>>(
    name: &'static str,
    method: Method,
    path: &'static str,
    handler: H,
) -> Route {
    let run = authorized(handler, &[], |caller, _| Ok(caller.clone()));
    Route::new(name, method, path, AccessKind::Caller, run, H::describe)
}

/// A route for every client. The list of these is short, and a test pins it.
pub(super) fn public<Args, H: PublicHandler<Args>>(
    name: &'static str,
    method: Method,
    path: &'static str,
    handler: H,
) -> Route {
    let run = move |mut request: Request| {
        let handler = handler.clone();
        async move {
            let reply = handler.call(&mut request).await?;
            Ok(reply.respond(&request.context).await)
        }
        .boxed_local()
    };
    Route::new(name, method, path, AccessKind::Public, Rc::new(run), H::describe)
}

/// Runs a handler once the caller is authorised.
fn authorized<P: 'static, Args, H: Handler<P, Args>>(
    handler: H,
    needed: &'static [Permission],
    prove: fn(&Caller, &RequestContext) -> Result<P, Refusal>,
) -> Run {
    Rc::new(move |mut request: Request| {
        let handler = handler.clone();
        async move {
            let proof = authorize(&request, needed, prove).await?;
            check_accept::<H::Reply>(&request)?;
            let reply = handler.call(proof, &mut request).await?;
            request.keep_reservation();
            Ok(reply.respond(&request.context).await)
        }
        .boxed_local()
    })
}

/// Refuses a client that does not accept JSON before anything is changed.
fn check_accept<R: Reply>(request: &Request) -> Result<(), ApiError> {
    if R::JSON && !request.context.preferences.json { Err(ApiError::NotAcceptable) } else { Ok(()) }
}

impl Route {
    fn new(
        name: &'static str,
        method: Method,
        path: &'static str,
        access: AccessKind,
        run: Run,
        describe: fn(&mut Description),
    ) -> Self {
        let (development, with_rest, cross_origin) = (false, false, CrossOrigin::Any);
        Self { name, method, path, access, development, cross_origin, with_rest, run, describe }
    }

    /// The same route, which other pages may call as `cross_origin` says.
    pub(super) fn cross_origin(self, cross_origin: CrossOrigin) -> Self {
        Self { cross_origin, ..self }
    }

    /// The same route, whose last id stands for all further segments, with slashes between them.
    pub(super) fn with_rest(self) -> Self {
        Self { with_rest: true, ..self }
    }

    /// The same route, existing only while the development issuer is on.
    pub(super) fn in_development(self) -> Self {
        Self { development: true, ..self }
    }

    /// The response to a request, also if the handler panics: then 500.
    pub(super) async fn respond(&self, request: Request) -> HttpResponse {
        let context = request.context.clone();
        match AssertUnwindSafe((self.run)(request)).catch_unwind().await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => error.respond(&context),
            Err(_) => ApiError::Internal("a handler panicked".to_owned()).respond(&context),
        }
    }

    /// The route as data.
    pub(super) fn operation(&self) -> Operation {
        let mut description = Description::default();
        (self.describe)(&mut description);
        Operation {
            name: self.name,
            method: self.method.clone(),
            path: self.path,
            access: self.access,
            development: self.development,
            description,
        }
    }
}

/// A route as data, for documents and tests.
#[derive(Debug)]
pub struct Operation {
    /// What it does, in a few words.
    pub name: &'static str,
    /// Its HTTP method.
    pub method: Method,
    /// Its path, with the names of ids in braces: `{pool}`.
    pub path: &'static str,
    /// Who may use it.
    pub access: AccessKind,
    /// Whether it exists only while the development issuer is on.
    pub development: bool,
    /// Its parameters, body and responses, for OpenAPI.
    pub description: Description,
}
