//! What every request can reach.

use std::net::SocketAddr;
use std::time::Duration;

use super::body_memory::BodyMemory;
use super::codes::LowStockWatch;
use super::metrics::Metrics;
use super::refusal_log::RefusalLog;
use crate::auth::{Authenticator, Provider};
use crate::clock::Clock;
use crate::domain::{ChangeContext, Ids, Rules};
use crate::store::Store;

/// The running service, shared by all of its workers.
#[derive(Debug)]
pub struct Service {
    /// The data.
    pub store: Store,
    /// Who may come in.
    pub authenticator: Authenticator,
    /// What input must keep.
    pub rules: Rules,
    /// How much of it.
    pub limits: Limits,
    /// The memory that bodies may take.
    pub(super) bodies: BodyMemory,
    /// Warns of pools that run low.
    pub(super) low_stock: LowStockWatch,
    /// What is counted.
    pub metrics: Metrics,
    /// The time.
    pub clock: Clock,
    /// New ids.
    pub ids: Ids,
    /// The base of links, where the settings name it.
    pub public_base_url: Option<String>,
    /// Where clients connect.
    pub listen: SocketAddr,
    /// Whether requests may come through a proxy or by another name.
    pub remote: RemoteCallers,
    /// What is there only while the development issuer is on.
    pub(super) development: Option<Development>,
}

/// What is there only while the development issuer is on.
#[derive(Debug)]
pub struct Development {
    /// Who gets tokens, and which.
    pub(super) provider: Provider,
    /// The last refusals.
    pub(super) decisions: RefusalLog,
}

/// How much a request may bring.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The longest body, in bytes.
    pub body_bytes: usize,
    /// The longest file of codes, in bytes.
    pub import_bytes: usize,
    /// How long a client has for a body, and as much again for every so many bytes that came.
    pub body_pause: Duration,
    /// The page size without `$top`.
    pub top_default: u32,
    /// The greatest page size.
    pub top_max: u32,
    /// From how many free codes down a pool's stock is low, where nobody says otherwise.
    pub low_stock_threshold: i32,
}

/// Whether requests are served that did not come straight from this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemoteCallers {
    /// Yes.
    Welcome,
    /// No: the development issuer is on, and gives a token to anybody at this machine.
    Refused,
}

impl Service {
    /// A service over `store` for the callers that `authenticator` knows. `bodies_in_flight` is
    /// the memory, in bytes, that all bodies together may take.
    #[expect(clippy::too_many_arguments, reason = "named where it is called, once")]
    #[must_use]
    pub fn new(
        store: Store,
        authenticator: Authenticator,
        rules: Rules,
        limits: Limits,
        bodies_in_flight: usize,
        public_base_url: Option<String>,
        listen: SocketAddr,
        remote: RemoteCallers,
        development: Option<Provider>,
        clock: Clock,
        ids: Ids,
    ) -> Self {
        let metrics = Metrics::default();
        let bodies = BodyMemory::new(bodies_in_flight);
        Self {
            store,
            authenticator,
            rules,
            limits,
            bodies,
            low_stock: LowStockWatch::default(),
            metrics,
            clock,
            ids,
            public_base_url,
            listen,
            remote,
            development: development
                .map(|provider| Development { provider, decisions: RefusalLog::default() }),
        }
    }

    /// The moment of a change, and the name of its entry in the audit log.
    pub(super) fn change_context(&self) -> ChangeContext {
        ChangeContext { at: self.clock.now(), event: self.ids.next() }
    }

    /// Whether the development issuer is on.
    #[must_use]
    pub fn in_development(&self) -> bool {
        self.development.is_some()
    }
}
