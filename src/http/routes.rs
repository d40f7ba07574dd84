//! The route table: every operation, a row each. The router, the permission tests, the OpenAPI
//! document and the documentation read it.

use std::rc::Rc;
use std::sync::Arc;

use actix_web::http::Method;

use super::batch::batch;
use super::console::{console, console_path, root};
use super::cross_origin::CrossOrigin;
use super::docs::{docs_file, docs_page};
use super::documents::{metadata_document, openapi_document, service_document};
use super::explain_refusal::{explain_refusal, list_refusals};
use super::extract::{Body, IfNoneMatch};
use super::health::{livez, readyz};
use super::provider::{
    authorize, device_answer, device_code, device_page, instance, keys, openid_configuration,
    sign_in, sign_out, token,
};
use super::request_context::RequestContext;
use super::route::{Operation, Route, guarded, public, verified};
use super::router::{Router, RouterHandle};
use super::service::Service;
use super::show_permission_use::show_permission_use;
use super::{
    assignments, audit_events, codes, device_states, handouts, imports, installation, pools, stock,
    tenant_lists,
};
use crate::auth::{Caller, Claim, Read, ReadAudit, Write};
use crate::protocol::openapi::Limits;
use crate::protocol::{Batch, Links};

const POOLS: &str = "/beta/deviceManagement/embeddedSIMActivationCodePools";

/// A path below the collection of pools.
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
const TENANT_CODES: &str = below_pools!("/esimpool.codes");
const TENANT_CODES_COUNT: &str = below_pools!("/esimpool.codes/$count");
const TENANT_STATES: &str = below_pools!("/esimpool.deviceStates");
const TENANT_STATES_COUNT: &str = below_pools!("/esimpool.deviceStates/$count");
const EXPORT: &str = below_pools!("/{pool}/esimpool.export");
const STOCK: &str = below_pools!("/{pool}/esimpool.stock");
const STOCK_OF_ALL: &str = below_pools!("/esimpool.stock");
const AUDIT: &str = "/beta/deviceManagement/auditEvents";
const AUDIT_COUNT: &str = "/beta/deviceManagement/auditEvents/$count";
const AUDIT_EVENT: &str = "/beta/deviceManagement/auditEvents/{id}";
// Graph has the audit log in v1.0 as well, and pools in beta only.
const AUDIT_V1: &str = "/v1.0/deviceManagement/auditEvents";
const AUDIT_COUNT_V1: &str = "/v1.0/deviceManagement/auditEvents/$count";
const AUDIT_EVENT_V1: &str = "/v1.0/deviceManagement/auditEvents/{id}";

const DISCOVERY: &str = "/{tenant}/v2.0/.well-known/openid-configuration";
const DISCOVERY_V1: &str = "/{tenant}/.well-known/openid-configuration";
const KEYS: &str = "/{tenant}/discovery/v2.0/keys";
const KEYS_V1: &str = "/{tenant}/discovery/keys";
const TOKEN: &str = "/{tenant}/oauth2/v2.0/token";
const AUTHORIZE: &str = "/{tenant}/oauth2/v2.0/authorize";
const DEVICE_CODE: &str = "/{tenant}/oauth2/v2.0/devicecode";
const DEVICE_PAGE: &str = "/{tenant}/oauth2/deviceauth";
const SIGN_OUT: &str = "/{tenant}/oauth2/v2.0/logout";
const INSTANCE: &str = "/{tenant}/discovery/instance";
const REFUSALS: &str = "/beta/esimpool/decisions";
const REFUSAL: &str = "/beta/esimpool/decisions/{request}";
const PERMISSIONS_USED: &str = "/beta/esimpool/permissions/used";

/// The router over every route; over those of development only while the development issuer is on.
#[must_use]
pub fn router(development: bool) -> Rc<Router> {
    Router::new(|router| {
        let mut routes = routes(router);
        routes.retain(|route| development || !route.development);
        routes
    })
}

/// Every operation, those of development included.
#[must_use]
pub fn operations() -> Vec<Operation> {
    routes(&RouterHandle::default()).iter().map(Route::operation).collect()
}

/// The table. Batches are executed by `router`, and the documents describe its routes.
fn routes(router: &RouterHandle) -> Vec<Route> {
    use Method as M;
    let (batches, openapi, docs) = (router.clone(), router.clone(), router.clone());
    let batch = move |caller: Caller, requests: Body<Batch>, context: Rc<RequestContext>| {
        batch(batches.router(), caller, requests, context)
    };
    let openapi = move |service: Arc<Service>, limits: Limits, links: Links, known: IfNoneMatch| {
        openapi_document(openapi.router(), service, limits, links, known)
    };
    let docs = move |service: Arc<Service>, limits: Limits, links: Links, known: IfNoneMatch| {
        docs_page(docs.router(), service, limits, links, known)
    };
    let mut all = guarded_routes();
    all.extend(audit_routes());
    all.extend([
        verified("Batch", M::POST, "/beta/$batch", batch),
        verified("List refusals", M::GET, REFUSALS, list_refusals).in_development(),
        verified("Explain refusal", M::GET, REFUSAL, explain_refusal).in_development(),
        verified("Show permissions used", M::GET, PERMISSIONS_USED, show_permission_use)
            .in_development(),
        public("Service document", M::GET, "/beta", service_document),
        public("Metadata", M::GET, "/beta/$metadata", metadata_document),
        public("OpenAPI document", M::GET, "/openapi.json", openapi),
        public("Documentation page", M::GET, "/docs", docs).cross_origin(CrossOrigin::None),
        public("File of the documentation page", M::GET, "/docs/{path}", docs_file).with_rest(),
    ]);
    all.extend(console_routes());
    all.extend(provider_routes());
    all.extend([
        public("Liveness", M::GET, "/livez", livez),
        public("Readiness", M::GET, "/readyz", readyz),
    ]);
    all
}

/// The pages for people. No page of another origin gets them.
fn console_routes() -> [Route; 3] {
    use Method as M;

    [
        public("Root", M::GET, "/", root),
        public("Console", M::GET, "/console", console).cross_origin(CrossOrigin::None),
        public("Page or file of the console", M::GET, "/console/{path}", console_path)
            .cross_origin(CrossOrigin::None)
            .with_rest(),
    ]
}

/// The operations that need a permission.
fn guarded_routes() -> Vec<Route> {
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
        guarded::<Claim, _, _>("Claim activation code", M::POST, CLAIM, handouts::claim),
        guarded::<Claim, _, _>("Get QR code", M::GET, QR, installation::qr),
        guarded::<Claim, _, _>("Get Windows settings", M::GET, WINDOWS, installation::windows),
        guarded::<Claim, _, _>("Get sheet of QR codes", M::GET, SHEET, installation::sheet),
        guarded::<Write, _, _>("Release activation code", M::POST, RELEASE, handouts::release),
        guarded::<Write, _, _>(
            "Reinstate activation code",
            M::POST,
            REINSTATE,
            handouts::reinstate,
        ),
        guarded::<Read, _, _>("List codes", M::GET, CODES, codes::list),
        guarded::<Write, _, _>("Remove free codes", M::DELETE, CODES, codes::remove),
        guarded::<Read, _, _>("Count codes", M::GET, CODES_COUNT, codes::count),
        guarded::<Read, _, _>("List codes of all pools", M::GET, TENANT_CODES, tenant_lists::codes),
        guarded::<Write, _, _>(
            "Remove free codes of all pools",
            M::DELETE,
            TENANT_CODES,
            tenant_lists::remove_codes,
        ),
        guarded::<Read, _, _>(
            "Count codes of all pools",
            M::GET,
            TENANT_CODES_COUNT,
            tenant_lists::count_codes,
        ),
        guarded::<Read, _, _>(
            "List device states of all pools",
            M::GET,
            TENANT_STATES,
            tenant_lists::device_states,
        ),
        guarded::<Read, _, _>(
            "Count device states of all pools",
            M::GET,
            TENANT_STATES_COUNT,
            tenant_lists::count_device_states,
        ),
        guarded::<Read, _, _>("Export codes", M::GET, EXPORT, codes::export),
        guarded::<Read, _, _>("Get stock", M::GET, STOCK, stock::get),
        guarded::<Write, _, _>(
            "Set low-stock threshold",
            M::PATCH,
            STOCK,
            stock::set_low_stock_threshold,
        ),
        guarded::<Read, _, _>("Get stock of all pools", M::GET, STOCK_OF_ALL, stock::get_all),
    ]
}

/// The development issuer as an identity provider.
fn provider_routes() -> Vec<Route> {
    use Method as M;

    let documents = [
        public("Discovery", M::GET, DISCOVERY, openid_configuration),
        public("Discovery v1", M::GET, DISCOVERY_V1, openid_configuration),
        public("Instance discovery", M::GET, INSTANCE, instance),
        public("Keys", M::GET, KEYS, keys),
        public("Keys v1", M::GET, KEYS_V1, keys),
    ];
    let token = public("Token", M::POST, TOKEN, token).cross_origin(CrossOrigin::Registered);
    let closed = [
        public("Sign-in page", M::GET, AUTHORIZE, authorize),
        public("Sign in", M::POST, AUTHORIZE, sign_in),
        public("Device code", M::POST, DEVICE_CODE, device_code),
        public("Device page", M::GET, DEVICE_PAGE, device_page),
        public("Sign in on a device", M::POST, DEVICE_PAGE, device_answer),
        public("Sign out", M::GET, SIGN_OUT, sign_out),
    ];
    let closed = closed.map(|route| route.cross_origin(CrossOrigin::None));
    documents.into_iter().chain([token]).chain(closed).map(Route::in_development).collect()
}

/// The audit log, which Graph has under both versions.
fn audit_routes() -> Vec<Route> {
    use Method as M;

    vec![
        guarded::<ReadAudit, _, _>("List audit events", M::GET, AUDIT, audit_events::list),
        guarded::<ReadAudit, _, _>("Count audit events", M::GET, AUDIT_COUNT, audit_events::count),
        guarded::<ReadAudit, _, _>("Get audit event", M::GET, AUDIT_EVENT, audit_events::get),
        guarded::<ReadAudit, _, _>("List audit events v1.0", M::GET, AUDIT_V1, audit_events::list),
        guarded::<ReadAudit, _, _>(
            "Count audit events v1.0",
            M::GET,
            AUDIT_COUNT_V1,
            audit_events::count,
        ),
        guarded::<ReadAudit, _, _>(
            "Get audit event v1.0",
            M::GET,
            AUDIT_EVENT_V1,
            audit_events::get,
        ),
    ]
}
