//! Every operation, a line each. The router, the permission tests and the README read this table.

use std::rc::Rc;

use actix_web::http::Method;

use super::guarded::{AccessKind, Route, guarded, public};
use super::table::Table;
use super::{health, pools};
use crate::auth::{Read, Write};

const POOLS: &str = "/beta/deviceManagement/embeddedSIMActivationCodePools";
const POOL: &str = "/beta/deviceManagement/embeddedSIMActivationCodePools/{pool}";

/// The table.
fn routes() -> Vec<Route> {
    use Method as M;
    vec![
        guarded::<Read, _, _>("List pools", M::GET, POOLS, pools::list),
        guarded::<Write, _, _>("Create pool", M::POST, POOLS, pools::create),
        guarded::<Read, _, _>("Get pool", M::GET, POOL, pools::get),
        guarded::<Write, _, _>("Update pool", M::PATCH, POOL, pools::update),
        guarded::<Write, _, _>("Delete pool", M::DELETE, POOL, pools::delete),
        public("Liveness", M::GET, "/livez", health::livez),
        public("Readiness", M::GET, "/readyz", health::readyz),
    ]
}

/// An operation as data, for tests and documents.
#[derive(Clone, Debug)]
pub struct Operation {
    /// What it does.
    pub name: &'static str,
    /// Its verb.
    pub method: Method,
    /// Its path; `{pool}` stands for an id.
    pub path: &'static str,
    /// Who may use it.
    pub access: AccessKind,
}

/// Every operation there is.
#[must_use]
pub fn operations() -> Vec<Operation> {
    let operation = |route: Route| Operation {
        name: route.name,
        method: route.method,
        path: route.path,
        access: route.access,
    };
    routes().into_iter().map(operation).collect()
}

/// The table, ready for requests.
#[must_use]
pub fn table() -> Rc<Table> {
    Table::new(routes())
}
