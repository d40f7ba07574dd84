//! The stock in the metrics: codes by state, and pools that are low or empty.

use std::time::{Duration, Instant};

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};
use tokio::sync::Mutex;

use crate::clock::Clock;
use crate::store::Store;

/// How old the stock may be that is shown. The admin listener has no authentication: however often it
/// is asked, the database is not.
const MAX_AGE: Duration = Duration::from_secs(10);
/// How long the answer waits for the database. Prometheus gives up after 10 s.
const READ_TIMEOUT: Duration = Duration::from_secs(3);

/// The label of codes.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct StateLabels {
    state: &'static str,
}

/// The stock of all tenants, as it was read last.
#[derive(Debug, Default)]
pub(super) struct StockGauges {
    codes: Family<StateLabels, Gauge>,
    pools: Gauge,
    low: Gauge,
    empty: Gauge,
    read_at: Gauge,
    /// When it was last tried to read the stock.
    tried: Mutex<Option<Instant>>,
}

impl StockGauges {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register("codes", "Codes by state", self.codes.clone());
        registry.register("pools", "Pools", self.pools.clone());
        registry.register("pools_low", "Pools whose stock is low", self.low.clone());
        registry.register("pools_empty", "Pools without a free code", self.empty.clone());
        registry.register_with_unit(
            "stock_read_timestamp",
            "When the stock was last read, since 1970",
            Unit::Seconds,
            self.read_at.clone(),
        );
    }

    /// Reads the stock if it is older than ten seconds. While the database is away, it stays as it was.
    pub(super) async fn refresh(&self, store: &Store, default_threshold: i32, clock: Clock) {
        let mut tried = self.tried.lock().await;
        if tried.is_some_and(|tried| tried.elapsed() < MAX_AGE) {
            return;
        }
        let summary = tokio::time::timeout(READ_TIMEOUT, store.stock_summary(default_threshold));
        let summary = summary.await;
        *tried = Some(Instant::now());
        let Ok(Ok(summary)) = summary else {
            tracing::debug!("the stock could not be read for the metrics");
            return;
        };
        let states = summary.states().map(|(state, codes)| (state.name(), codes));
        for (state, codes) in states.chain([("bound", summary.bound)]) {
            self.codes.get_or_create(&StateLabels { state }).set(codes);
        }
        self.pools.set(summary.pools);
        self.low.set(summary.low);
        self.empty.set(summary.empty);
        self.read_at.set(clock.now().micros() / 1_000_000);
    }
}
