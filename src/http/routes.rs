//! Every operation, a line each. The router, the permission tests and the README read this table.

use actix_web::http::Method;

use super::route::{AccessKind, Route, guarded, public, verified};
use super::{
    assignments, audit_events, batch, codes, device_states, documents, health, imports,
    installation, pools, provider, refusal_log,
};
use crate::auth::{Claim, Read, Write};
use crate::protocol::openapi::Description;

const POOLS: &str = "/beta/deviceManagement/embeddedSIMActivationCodePools";

/// A path below the pools.
macro_rules! below_pools {
    ($rest:literal) => {
        concat!("/beta/deviceManagement/embeddedSIMActivationCodePools", $rest)
    };
}

const POOLS_COUNT: &str = below_pools!("/$count");
const POOL: &str = below_pools!("/{pool}");
const ASSIGN: &str = below_pools!("/{pool}/assign");
const ASSIGNMENTS: &str = below_pools!("/{pool}/assignments");
const ASSIGNMENTS_COUNT: &str = below_pools!("/{pool}/assignments/$count");
const ASSIGNMENT: &str = below_pools!("/{pool}/assignments/{id}");
const DEVICE_STATES: &str = below_pools!("/{pool}/deviceStates");
const DEVICE_STATES_COUNT: &str = below_pools!("/{pool}/deviceStates/$count");
const DEVICE_STATE: &str = below_pools!("/{pool}/deviceStates/{id}");
const QR: &str = below_pools!("/{pool}/deviceStates/{id}/esimpool.qr");
const WINDOWS: &str = below_pools!("/{pool}/deviceStates/{id}/esimpool.windows");
const SHEET: &str = below_pools!("/{pool}/esimpool.sheet");
const IMPORT: &str = below_pools!("/esimpool.import");
const APPEND: &str = below_pools!("/{pool}/esimpool.import");
const CLAIM: &str = below_pools!("/{pool}/esimpool.claim");
const RELEASE: &str = below_pools!("/{pool}/esimpool.release");
const REINSTATE: &str = below_pools!("/{pool}/esimpool.reinstate");
const CODES: &str = below_pools!("/{pool}/esimpool.codes");
const CODES_COUNT: &str = below_pools!("/{pool}/esimpool.codes/$count");
const EXPORT: &str = below_pools!("/{pool}/esimpool.export");
const STOCK: &str = below_pools!("/{pool}/esimpool.stock");
const STOCK_OF_ALL: &str = below_pools!("/esimpool.stock");
const AUDIT: &str = "/beta/deviceManagement/auditEvents";
const AUDIT_COUNT: &str = "/beta/deviceManagement/auditEvents/$count";
const AUDIT_EVENT: &str = "/beta/deviceManagement/auditEvents/{id}";

const DISCOVERY: &str = "/{tenant}/v2.0/.well-known/openid-configuration";
const DISCOVERY_V1: &str = "/{tenant}/.well-known/openid-configuration";
const KEYS: &str = "/{tenant}/discovery/v2.0/keys";
const KEYS_V1: &str = "/{tenant}/discovery/keys";
const TOKEN: &str = "/{tenant}/oauth2/v2.0/token";
const DECISION: &str = "/beta/esimpool/decisions/{request}";

/// The table.
pub(super) fn routes() -> Vec<Route> {
    use Method as M;
    vec![
        guarded::<Read, _, _>("List pools", M::GET, POOLS, pools::list),
        guarded::<Write, _, _>("Create pool", M::POST, POOLS, pools::create),
        guarded::<Read, _, _>("Count pools", M::GET, POOLS_COUNT, pools::count),
        guarded::<Read, _, _>("Get pool", M::GET, POOL, pools::get),
        guarded::<Write, _, _>("Update pool", M::PATCH, POOL, pools::update),
        guarded::<Write, _, _>("Delete pool", M::DELETE, POOL, pools::delete),
        guarded::<Write, _, _>("Assign", M::POST, ASSIGN, assignments::assign),
        guarded::<Read, _, _>("List assignments", M::GET, ASSIGNMENTS, assignments::list),
        guarded::<Write, _, _>("Create assignment", M::POST, ASSIGNMENTS, assignments::create),
        guarded::<Read, _, _>("Count assignments", M::GET, ASSIGNMENTS_COUNT, assignments::count),
        guarded::<Read, _, _>("Get assignment", M::GET, ASSIGNMENT, assignments::get),
        guarded::<Write, _, _>("Update assignment", M::PATCH, ASSIGNMENT, assignments::update),
        guarded::<Write, _, _>("Delete assignment", M::DELETE, ASSIGNMENT, assignments::delete),
        guarded::<Read, _, _>("List device states", M::GET, DEVICE_STATES, device_states::list),
        guarded::<Write, _, _>(
            "Create device state",
            M::POST,
            DEVICE_STATES,
            device_states::create,
        ),
        guarded::<Read, _, _>(
            "Count device states",
            M::GET,
            DEVICE_STATES_COUNT,
            device_states::count,
        ),
        guarded::<Read, _, _>("Get device state", M::GET, DEVICE_STATE, device_states::get),
        guarded::<Write, _, _>(
            "Update device state",
            M::PATCH,
            DEVICE_STATE,
            device_states::update,
        ),
        guarded::<Write, _, _>(
            "Delete device state",
            M::DELETE,
            DEVICE_STATE,
            device_states::delete,
        ),
        guarded::<Write, _, _>("Import codes into a new pool", M::POST, IMPORT, imports::create),
        guarded::<Write, _, _>("Import codes into a pool", M::POST, APPEND, imports::append),
        guarded::<Claim, _, _>("Claim activation code", M::POST, CLAIM, codes::claim),
        guarded::<Claim, _, _>("Get QR code", M::GET, QR, installation::qr),
        guarded::<Claim, _, _>("Get Windows settings", M::GET, WINDOWS, installation::windows),
        guarded::<Claim, _, _>("Get sheet of QR codes", M::GET, SHEET, installation::sheet),
        guarded::<Write, _, _>("Release activation code", M::POST, RELEASE, codes::release),
        guarded::<Write, _, _>("Reinstate activation code", M::POST, REINSTATE, codes::reinstate),
        guarded::<Read, _, _>("List codes", M::GET, CODES, codes::list),
        guarded::<Read, _, _>("Count codes", M::GET, CODES_COUNT, codes::count),
        guarded::<Read, _, _>("Export codes", M::GET, EXPORT, codes::export),
        guarded::<Read, _, _>("Get stock", M::GET, STOCK, codes::stock),
        guarded::<Write, _, _>("Set low-stock threshold", M::PATCH, STOCK, codes::set_low_stock),
        guarded::<Read, _, _>("Get stock of all pools", M::GET, STOCK_OF_ALL, codes::stock_of_all),
        guarded::<Read, _, _>("List audit events", M::GET, AUDIT, audit_events::list),
        guarded::<Read, _, _>("Count audit events", M::GET, AUDIT_COUNT, audit_events::count),
        guarded::<Read, _, _>("Get audit event", M::GET, AUDIT_EVENT, audit_events::get),
        verified("Batch", M::POST, "/beta/$batch", batch::batch),
        verified("Explain refusal", M::GET, DECISION, refusal_log::get).in_development(),
        public("Service document", M::GET, "/beta", documents::service),
        public("Metadata", M::GET, "/beta/$metadata", documents::metadata),
        public("OpenAPI document", M::GET, "/openapi.json", documents::openapi),
        public("Documentation page", M::GET, "/docs", documents::page),
        public("Discovery", M::GET, DISCOVERY, provider::openid_configuration).in_development(),
        public("Discovery v1", M::GET, DISCOVERY_V1, provider::openid_configuration)
            .in_development(),
        public("Keys", M::GET, KEYS, provider::keys).in_development(),
        public("Keys v1", M::GET, KEYS_V1, provider::keys).in_development(),
        public("Token", M::POST, TOKEN, provider::token).in_development(),
        public("Liveness", M::GET, "/livez", health::livez),
        public("Readiness", M::GET, "/readyz", health::readyz),
    ]
}

/// An operation as data, for tests and documents.
#[derive(Debug)]
pub struct Operation {
    /// What it does.
    pub name: &'static str,
    /// Its verb.
    pub method: Method,
    /// Its path; `{pool}` stands for an id.
    pub path: &'static str,
    /// Who may use it.
    pub access: AccessKind,
    /// Whether it is there only while the development issuer is on.
    pub development: bool,
    /// What it takes and gives.
    pub description: Description,
}

/// Every operation there is.
#[must_use]
pub fn operations() -> Vec<Operation> {
    let operation = |route: Route| Operation {
        description: route.description(),
        access: route.access(),
        name: route.name,
        method: route.method,
        path: route.path,
        development: route.development,
    };
    routes().into_iter().map(operation).collect()
}
