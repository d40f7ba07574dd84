//! What every request can reach.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::body_memory::BodyMemory;
use super::low_stock::LowStockWatch;
use super::metrics::Metrics;
use super::permission_use::PermissionUse;
use super::prepared_document::PreparedDocuments;
use super::refusal_log::RefusalLog;
use super::response_memory::ResponseMemory;
use crate::auth::{Authenticator, Provider};
use crate::clock::Clock;
use crate::domain::{IdGenerator, Rules};
use crate::protocol::PageSizes;
use crate::shares::Threshold;
use crate::store::Store;

/// The running service, shared by all workers.
#[derive(Debug)]
pub struct Service {
    /// The database.
    pub store: Store,
    /// Verifies bearer tokens.
    pub authenticator: Authenticator,
    pub(super) rules: Rules,
    pub(super) limits: Limits,
    pub(super) body_memory: BodyMemory,
    pub(super) response_memory: ResponseMemory,
    pub(super) low_stock: LowStockWatch,
    pub(super) metrics: Metrics,
    pub(super) documents: PreparedDocuments,
    pub(super) clock: Clock,
    pub(super) ids: IdGenerator,
    pub(super) public_base_url: Option<String>,
    pub(super) listen: SocketAddr,
    pub(super) remote_callers: RemoteCallers,
    pub(super) development: Option<Arc<Development>>,
    pub(super) console: Option<ConsoleSettings>,
    pub(super) token_command: Option<String>,
    /// Whether it is about to stop.
    stopping: AtomicBool,
}

/// What a [`Service`] is built from.
#[derive(Debug)]
pub struct ServiceParts {
    /// The database.
    pub store: Store,
    /// Verifies bearer tokens.
    pub authenticator: Authenticator,
    /// The rules that input must keep.
    pub rules: Rules,
    /// How much a request may send or ask for.
    pub limits: Limits,
    /// The base of links, where the settings name one.
    pub public_base_url: Option<String>,
    /// The address that clients connect to.
    pub listen: SocketAddr,
    /// Whether requests may come from other machines.
    pub remote_callers: RemoteCallers,
    /// The development issuer as an identity provider, while it is on.
    pub provider: Option<Provider>,
    /// The console, if the service has it.
    pub console: Option<ConsoleSettings>,
    /// The command of a shell that prints a token of the development issuer, for examples. It tells every
    /// client where the program and its data are.
    pub token_command: Option<String>,
    /// The time.
    pub clock: Clock,
    /// New ids.
    pub ids: IdGenerator,
}

/// What exists only while the development issuer is on.
#[derive(Debug)]
pub(super) struct Development {
    pub(super) provider: Provider,
    pub(super) refusals: RefusalLog,
    pub(super) permission_use: PermissionUse,
}

/// How people sign in to the console.
#[derive(Clone, Debug)]
pub struct ConsoleSettings {
    /// The issuer. `None`: the development issuer, if it is on.
    pub issuer: Option<String>,
    /// The id of the console as a client of the issuer.
    pub client_id: Option<String>,
    /// What the console asks for, separated by spaces.
    pub scopes: String,
}

/// How much a request may send or ask for.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The longest JSON body, in bytes.
    pub body_bytes: usize,
    /// The longest import, in bytes.
    pub import_bytes: usize,
    /// The memory that all bodies in flight may take together, in bytes.
    pub bodies_in_flight_bytes: usize,
    /// The percentage of it that one tenant may take while no other takes any.
    pub tenant_share: u8,
    /// How long a body may take, beside the time that its length earns at the minimum rate.
    pub body_timeout: Duration,
    /// The longest page, in bytes.
    pub page_bytes: usize,
    /// All responses of a batch together, in bytes.
    pub batch_response_bytes: usize,
    /// The memory that all lists that are read or sent may take together, in bytes.
    pub responses_in_flight_bytes: usize,
    /// The page size without `$top`.
    pub top_default: u32,
    /// The largest page size.
    pub top_max: u32,
    /// The number of free codes from which down the stock of a pool is low, unless the pool has a
    /// threshold of its own.
    pub low_stock_threshold: i32,
}

impl Limits {
    /// The page sizes, for a client that prefers one.
    pub(super) fn page_sizes(&self, preferred: Option<u32>) -> PageSizes {
        PageSizes { default: self.top_default, max: self.top_max, preferred }
    }
}

/// Whether requests are served that do not come straight from this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemoteCallers {
    /// They are served.
    Allowed,
    /// They are refused: the development issuer is on, and gives a token to any process of this
    /// machine.
    Refused,
}

impl Service {
    /// A service of these parts, with nothing counted yet.
    #[must_use]
    pub fn new(parts: ServiceParts) -> Self {
        let development = parts.provider.map(|provider| {
            let permission_use = PermissionUse::new(parts.clock.now());
            Arc::new(Development { provider, refusals: RefusalLog::default(), permission_use })
        });
        Self {
            metrics: Metrics::new(parts.store.unit_durations()),
            store: parts.store,
            authenticator: parts.authenticator,
            rules: parts.rules,
            limits: parts.limits,
            body_memory: BodyMemory::new(
                parts.limits.bodies_in_flight_bytes,
                Threshold::new(parts.limits.tenant_share),
            ),
            response_memory: ResponseMemory::new(
                parts.limits.responses_in_flight_bytes,
                Threshold::new(parts.limits.tenant_share),
            ),
            low_stock: LowStockWatch::default(),
            documents: PreparedDocuments::default(),
            clock: parts.clock,
            ids: parts.ids,
            public_base_url: parts.public_base_url,
            listen: parts.listen,
            remote_callers: parts.remote_callers,
            development,
            console: parts.console,
            token_command: parts.token_command,
            stopping: AtomicBool::new(false),
        }
    }

    /// From now on `/readyz` is 503, and each response closes its connection.
    pub fn begin_to_stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// How long a client may take nothing of what is sent to it.
    #[must_use]
    pub fn send_timeout(&self) -> Duration {
        self.limits.body_timeout
    }

    /// Whether the development issuer is on.
    #[must_use]
    pub fn in_development(&self) -> bool {
        self.development.is_some()
    }
}
