//! The contracts of a handler: what its arguments, its result and the function itself must be.

use std::future::Future;

use actix_web::HttpResponse;

use super::error::ApiError;
use super::request::Request;
use super::request_context::RequestContext;
use crate::auth::{Access, Caller, Permit};
use crate::protocol::QueryOptions;
use crate::protocol::openapi::Description;

/// An argument of a handler, taken from the request.
pub(super) trait Extract: Sized {
    /// Whether it reads the query string.
    const READS_OPTIONS: bool = false;

    fn extract(request: &mut Request) -> impl Future<Output = Result<Self, ApiError>>;

    /// Adds it to the OpenAPI description of the operation.
    fn describe(_: &mut Description) {}
}

/// A successful result of a handler.
pub(super) trait Reply {
    /// Whether it is JSON only, so that a client that does not accept JSON is refused.
    const JSON: bool = true;

    fn respond(self, context: &RequestContext) -> impl Future<Output = HttpResponse>;

    /// Adds it to the OpenAPI description of the operation.
    fn describe(description: &mut Description);
}

/// Proof of what the caller may do: a permit, or the verified caller.
pub(super) trait Proof: Sized {
    /// The proof for a request whose body has been read.
    fn for_request(self, request: &mut Request) -> Self;
}

impl<A: Access> Proof for Permit<A> {
    fn for_request(self, request: &mut Request) -> Self {
        self.with_idempotency_key(request.idempotency_key.take())
    }
}

impl Proof for Caller {
    fn for_request(self, _: &mut Request) -> Self {
        self
    }
}

/// A function that serves a route which is not public. Its first argument is the proof; the others
/// are extracted in order, which is the order in which faults are reported.
pub(super) trait Handler<P, Args>: Clone + 'static {
    type Reply: Reply;

    fn call(
        &self,
        proof: P,
        request: &mut Request,
    ) -> impl Future<Output = Result<Self::Reply, ApiError>>;

    /// Adds its arguments and its result to the OpenAPI description of the operation.
    fn describe(description: &mut Description);
}

/// A function that serves a public route.
pub(super) trait PublicHandler<Args>: Clone + 'static {
    type Reply: Reply;

    fn call(&self, request: &mut Request) -> impl Future<Output = Result<Self::Reply, ApiError>>;

    /// Adds its arguments and its result to the OpenAPI description of the operation.
    fn describe(description: &mut Description);
}

/// Implements both for functions of that many extracted arguments.
macro_rules! handlers {
    ($($Arg:ident $arg:ident),*) => {
        impl<P, F, Fut, R, $($Arg),*> Handler<P, ($($Arg,)*)> for F
        where
            P: Proof,
            F: Fn(P, $($Arg),*) -> Fut + Clone + 'static,
            Fut: Future<Output = Result<R, ApiError>>,
            R: Reply,
            $($Arg: Extract,)*
        {
            type Reply = R;

            async fn call(&self, proof: P, request: &mut Request) -> Result<R, ApiError> {
                $(let $arg = $Arg::extract(request).await?;)*
                refuse_options(false $(|| $Arg::READS_OPTIONS)*, request)?;
                self(proof.for_request(request), $($arg),*).await
            }

            fn describe(description: &mut Description) {
                $($Arg::describe(description);)*
                R::describe(description);
            }
        }

        impl<F, Fut, R, $($Arg),*> PublicHandler<($($Arg,)*)> for F
        where
            F: Fn($($Arg),*) -> Fut + Clone + 'static,
            Fut: Future<Output = Result<R, ApiError>>,
            R: Reply,
            $($Arg: Extract,)*
        {
            type Reply = R;

            async fn call(&self, request: &mut Request) -> Result<R, ApiError> {
                $(let $arg = $Arg::extract(request).await?;)*
                refuse_options(false $(|| $Arg::READS_OPTIONS)*, request)?;
                self($($arg),*).await
            }

            fn describe(description: &mut Description) {
                $($Arg::describe(description);)*
                R::describe(description);
            }
        }
    };
}

handlers!();
handlers!(A1 a1);
handlers!(A1 a1, A2 a2);
handlers!(A1 a1, A2 a2, A3 a3);
handlers!(A1 a1, A2 a2, A3 a3, A4 a4);
handlers!(A1 a1, A2 a2, A3 a3, A4 a4, A5 a5);
handlers!(A1 a1, A2 a2, A3 a3, A4 a4, A5 a5, A6 a6);
handlers!(A1 a1, A2 a2, A3 a3, A4 a4, A5 a5, A6 a6, A7 a7);

/// Refuses every query option by name if no argument of the handler reads them.
fn refuse_options(read: bool, request: &Request) -> Result<(), ApiError> {
    if !read {
        QueryOptions::parse(request.query())?.finish()?;
    }
    Ok(())
}
