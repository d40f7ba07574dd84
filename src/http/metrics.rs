//! The metrics of the service. No label names a tenant or a pool, whose number has no bound.

use std::fmt;
use std::sync::atomic::Ordering;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use super::stock_gauges::StockGauges;
use crate::store::UnitDurations;

/// The labels of a request.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    route: String,
    status: u16,
}

/// The label of what tenants share.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ResourceLabels {
    resource: &'static str,
}

/// The metrics of one service.
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    duration: Histogram,
    connections: Gauge,
    idle_connections: Gauge,
    free_body_bytes: Gauge,
    free_response_bytes: Gauge,
    refused: Family<ResourceLabels, Counter>,
    reads: Counter,
    units: Counter,
    tokens_verified: Counter,
    tokens_recognised: Counter,
    log_lines_dropped: Counter,
    /// The stock, which is read from the database.
    pub(super) stock: StockGauges,
}

/// Values that others count, as they are when the metrics are read.
pub(super) struct CurrentValues {
    /// Open connections to the database, and how many of them are idle.
    pub(super) connections: (u32, u32),
    /// Memory for request bodies that is free, in bytes.
    pub(super) free_body_bytes: usize,
    /// Memory for lists in responses that is free, in bytes.
    pub(super) free_response_bytes: usize,
    /// How many requests waited for their part of a shared resource in vain, by resource.
    pub(super) refused: [(&'static str, u64); 3],
    /// Statements that only read, and units of work.
    pub(super) store_work: (u64, u64),
    /// Tokens whose signature was verified, and tokens found in the cache.
    pub(super) tokens: (u64, u64),
    /// Lines of the log that were dropped.
    pub(super) log_lines_dropped: u64,
}

impl Metrics {
    /// Metrics that include the durations which the store observes.
    pub(super) fn new(unit_durations: &UnitDurations) -> Self {
        let mut registry = Registry::with_prefix("esimpool");
        // From 0.5 ms to 16.4 s, each twice the one before.
        let buckets = (0..16).map(|step| 0.0005 * f64::from(1 << step));
        let metrics = Self {
            requests: Family::default(),
            duration: Histogram::new(buckets),
            connections: Gauge::default(),
            idle_connections: Gauge::default(),
            free_body_bytes: Gauge::default(),
            free_response_bytes: Gauge::default(),
            refused: Family::default(),
            reads: Counter::default(),
            units: Counter::default(),
            tokens_verified: Counter::default(),
            tokens_recognised: Counter::default(),
            log_lines_dropped: Counter::default(),
            stock: StockGauges::default(),
            registry: Registry::default(),
        };
        let m = &metrics;
        registry.register("http_requests", "Requests answered", m.requests.clone());
        registry.register_with_unit(
            "http_request_duration",
            "Time from a request's head to its response",
            Unit::Seconds,
            m.duration.clone(),
        );
        registry.register("database_connections", "Open connections", m.connections.clone());
        registry.register(
            "database_connections_idle",
            "Open connections that are idle",
            m.idle_connections.clone(),
        );
        registry.register_with_unit(
            "request_bodies_left",
            "Memory for request bodies that is free",
            Unit::Bytes,
            m.free_body_bytes.clone(),
        );
        registry.register_with_unit(
            "responses_left",
            "Memory for lists in responses that is free",
            Unit::Bytes,
            m.free_response_bytes.clone(),
        );
        registry.register(
            "share_refusals",
            "Requests that waited for their part of a shared resource in vain",
            m.refused.clone(),
        );
        registry.register("database_reads", "Statements that only read", m.reads.clone());
        registry.register("database_units", "Units of work", m.units.clone());
        registry.register_with_unit(
            "database_unit_duration",
            "Time that a read or unit of work took, with the wait for a connection",
            Unit::Seconds,
            unit_durations.clone(),
        );
        registry.register(
            "tokens_verified",
            "Tokens whose signature was verified",
            m.tokens_verified.clone(),
        );
        registry.register(
            "tokens_recognised",
            "Tokens found in the cache of verified tokens",
            m.tokens_recognised.clone(),
        );
        registry.register(
            "log_lines_dropped",
            "Lines of the log that were dropped or could not be written",
            m.log_lines_dropped.clone(),
        );
        m.stock.register(&mut registry);
        Self { registry, ..metrics }
    }

    /// Counts a response.
    pub(super) fn count(&self, method: &'static str, route: &str, status: u16, took: Duration) {
        let labels = RequestLabels { method, route: route.to_owned(), status };
        self.requests.get_or_create(&labels).inc();
        self.duration.observe(took.as_secs_f64());
    }

    /// All metrics in the OpenMetrics text format, with these current values.
    pub(super) fn render(&self, current: &CurrentValues) -> String {
        let (open, idle) = current.connections;
        self.connections.set(open.into());
        self.idle_connections.set(idle.into());
        self.free_body_bytes.set(i64::try_from(current.free_body_bytes).unwrap_or(i64::MAX));
        let free = i64::try_from(current.free_response_bytes).unwrap_or(i64::MAX);
        self.free_response_bytes.set(free);
        for (resource, refused) in current.refused {
            let refusals = self.refused.get_or_create(&ResourceLabels { resource });
            refusals.inner().store(refused, Ordering::Relaxed);
        }
        let (reads, units) = current.store_work;
        self.reads.inner().store(reads, Ordering::Relaxed);
        self.units.inner().store(units, Ordering::Relaxed);
        let (verified, recognised) = current.tokens;
        self.tokens_verified.inner().store(verified, Ordering::Relaxed);
        self.tokens_recognised.inner().store(recognised, Ordering::Relaxed);
        self.log_lines_dropped.inner().store(current.log_lines_dropped, Ordering::Relaxed);
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("writing to a string does not fail");
        text
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics(…)")
    }
}
