//! Functions as handlers: what the caller may do, then what they want of the request.

use std::future::Future;

use super::ApiError;
use super::extract::Extract;
use super::reply::Reply;
use super::request::Request;
use crate::auth::{Access, Caller, Permit};
use crate::protocol::QueryOptions;
use crate::protocol::openapi::Description;

/// What the caller may do, within a request whose parts have been read.
pub(super) trait Proof: Sized {
    fn within(self, request: &mut Request) -> Self;
}

impl<A: Access> Proof for Permit<A> {
    fn within(self, request: &mut Request) -> Self {
        self.with_idempotency_key(request.idempotency_key.take())
    }
}

impl Proof for Caller {
    fn within(self, _: &mut Request) -> Self {
        self
    }
}

/// A function that does the work of a guarded route: what the caller may do, then what it wants of
/// the request, in the order in which faults are to be found.
pub(super) trait Handler<P, Args>: Clone + 'static {
    type Reply: Reply;

    fn call(
        &self,
        proof: P,
        request: &mut Request,
    ) -> impl Future<Output = Result<Self::Reply, ApiError>>;

    fn describe(description: &mut Description);
}

/// The same for everybody.
pub(super) trait PublicHandler<Args>: Clone + 'static {
    type Reply: Reply;

    fn call(&self, request: &mut Request) -> impl Future<Output = Result<Self::Reply, ApiError>>;

    fn describe(description: &mut Description);
}

/// Functions of so many arguments are handlers.
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
                self(proof.within(request), $($arg),*).await
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

/// A handler that reads no query options has none: whatever stands there is refused by name.
fn refuse_options(read: bool, request: &Request) -> Result<(), ApiError> {
    if !read {
        QueryOptions::parse(request.query())?.finish()?;
    }
    Ok(())
}
