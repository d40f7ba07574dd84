//! What stands between the router and a handler.
//!
//! actix polls a handler's extractors together, so that a body error could win over a missing
//! token. Here the order is a property of construction: authenticate, authorise, and only then
//! read what else the handler asks for, argument by argument. The handler's first argument is the
//! permit of its route's access; with another one it does not compile. Nor does a route without an
//! access: only [`guarded`], [`verified`] and [`public`] make one, each with its own.

use std::panic::AssertUnwindSafe;
use std::rc::Rc;

use actix_web::HttpResponse;
use actix_web::http::Method;
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;

use super::ApiError;
use super::authenticate::authorize;
use super::handler::{Handler, PublicHandler};
use super::reply::Reply;
use super::request::Request;
use super::request_context::RequestContext;
use crate::auth::{Access, Caller, Claim, Permission, Permit, Read, Refusal, Write};
use crate::protocol::openapi::Description;

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessKind {
    /// Everybody.
    Public,
    /// Whoever has a good token; what is done with it is authorised by itself.
    Caller,
    /// Whoever has one of the permissions of [`Read`].
    Read,
    /// Whoever has the permission of [`Write`].
    Write,
    /// Whoever has the permission of [`Claim`].
    Claim,
}

impl AccessKind {
    /// The permissions of which a token needs one; none where any token does, or none.
    #[must_use]
    pub fn permissions(self) -> &'static [Permission] {
        match self {
            Self::Public | Self::Caller => &[],
            Self::Read => Read::PERMISSIONS,
            Self::Write => Write::PERMISSIONS,
            Self::Claim => Claim::PERMISSIONS,
        }
    }
}

/// An action as a value, for the table.
pub(super) trait Kind: Access {
    const KIND: AccessKind;
}

impl Kind for Read {
    const KIND: AccessKind = AccessKind::Read;
}

impl Kind for Write {
    const KIND: AccessKind = AccessKind::Write;
}

impl Kind for Claim {
    const KIND: AccessKind = AccessKind::Claim;
}

type Run = Rc<dyn Fn(Request) -> LocalBoxFuture<'static, Result<HttpResponse, ApiError>>>;

/// One line of the route table.
#[derive(Clone)]
pub(super) struct Route {
    pub(super) name: &'static str,
    pub(super) method: Method,
    pub(super) path: &'static str,
    /// Says what `run` demands, and is only set together with it.
    access: AccessKind,
    /// Whether it is there only while the development issuer is on.
    pub(super) development: bool,
    run: Run,
    /// Says in the OpenAPI document what its handler takes and gives.
    describe: fn(&mut Description),
}

/// A route for callers whose token grants `A`.
pub(super) fn guarded<A: Kind, Args, H: Handler<Permit<A>, Args>>(
    name: &'static str,
    method: Method,
    path: &'static str,
    handler: H,
) -> Route {
    let prove = |caller: &Caller, context: &RequestContext| caller.permit::<A>(context.request_id);
    let run = behind(handler, A::PERMISSIONS, prove);
    Route { name, method, path, access: A::KIND, development: false, run, describe: H::describe }
}

/// A route for callers with any good token: for batches, whose parts are guarded each by itself,
/// and for what a caller may know of its own.
pub(super) fn verified<Args, H: Handler<Caller, Args>>(
    name: &'static str,
    method: Method,
    path: &'static str,
    handler: H,
) -> Route {
    let run = behind(handler, &[], |caller, _| Ok(caller.clone()));
    let access = AccessKind::Caller;
    Route { name, method, path, access, development: false, run, describe: H::describe }
}

/// A handler behind the check of who is calling and of what that allows.
fn behind<P: 'static, Args, H: Handler<P, Args>>(
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
            Ok(reply.respond(&request.context).await)
        }
        .boxed_local()
    })
}

/// A route for everybody. The list of these is short, and a test pins it.
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
    let (access, run) = (AccessKind::Public, Rc::new(run));
    Route { name, method, path, access, development: false, run, describe: H::describe }
}

impl Route {
    /// The same, there only while the development issuer is on.
    pub(super) fn in_development(self) -> Self {
        Self { development: true, ..self }
    }

    /// Who may use it.
    pub(super) fn access(&self) -> AccessKind {
        self.access
    }

    /// The answer to a request, whatever happens: a handler that panics is a 500.
    pub(super) async fn answer(&self, request: Request) -> HttpResponse {
        let context = request.context.clone();
        match AssertUnwindSafe((self.run)(request)).catch_unwind().await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => error.respond(&context),
            Err(_) => ApiError::Internal("a handler panicked".to_owned()).respond(&context),
        }
    }

    /// What its handler takes and gives.
    pub(super) fn description(&self) -> Description {
        let mut description = Description::default();
        (self.describe)(&mut description);
        description
    }
}

/// A client that wants no JSON is told before anything is done.
fn check_accept<R: Reply>(request: &Request) -> Result<(), ApiError> {
    if R::JSON && !request.context.preferences.json { Err(ApiError::NotAcceptable) } else { Ok(()) }
}
