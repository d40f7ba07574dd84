//! What is counted. No label names a tenant or a pool: their number has no bound.

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

use super::Service;

/// The labels of a request.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Answered {
    method: &'static str,
    route: String,
    status: u16,
}

/// Everything that is counted.
pub struct Metrics {
    registry: Registry,
    requests: Family<Answered, Counter>,
    duration: Histogram,
    connections: Gauge,
    idle_connections: Gauge,
    bodies_left: Gauge,
    reads: Counter,
    units: Counter,
    tokens_verified: Counter,
    tokens_recognised: Counter,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("esimpool");
        // From half a millisecond, doubling, to some sixteen seconds.
        let buckets = (0..16).map(|step| 0.0005 * f64::from(1 << step));
        let metrics = Self {
            requests: Family::default(),
            duration: Histogram::new(buckets),
            connections: Gauge::default(),
            idle_connections: Gauge::default(),
            bodies_left: Gauge::default(),
            reads: Counter::default(),
            units: Counter::default(),
            tokens_verified: Counter::default(),
            tokens_recognised: Counter::default(),
            registry: Registry::default(),
        };
        let m = &metrics;
        registry.register("http_requests", "Requests answered", m.requests.clone());
        registry.register_with_unit(
            "http_request_duration",
            "From first byte to answer",
            Unit::Seconds,
            m.duration.clone(),
        );
        registry.register("database_connections", "Connections open", m.connections.clone());
        registry.register(
            "database_connections_idle",
            "Connections open and not in use",
            m.idle_connections.clone(),
        );
        registry.register_with_unit(
            "request_bodies_left",
            "Memory that bodies may still take",
            Unit::Bytes,
            m.bodies_left.clone(),
        );
        registry.register("database_reads", "Statements that only look", m.reads.clone());
        registry.register("database_units", "Units of work", m.units.clone());
        registry.register("tokens_verified", "Tokens verified", m.tokens_verified.clone());
        registry.register(
            "tokens_recognised",
            "Tokens known from before, and not verified again",
            m.tokens_recognised.clone(),
        );
        Self { registry, ..metrics }
    }
}

impl Metrics {
    /// Counts an answer.
    pub(super) fn count(&self, method: &str, route: &str, status: u16, took: Duration) {
        // A client may send any verb it likes; a label may not be anything.
        let known = ["GET", "POST", "PATCH", "DELETE", "PUT", "HEAD", "OPTIONS"];
        let method = known.into_iter().find(|known| *known == method).unwrap_or("other");
        let labels = Answered { method, route: route.to_owned(), status };
        self.requests.get_or_create(&labels).inc();
        self.duration.observe(took.as_secs_f64());
    }

    /// Everything in Prometheus' text format.
    pub(super) fn text(&self, service: &Service) -> String {
        let (open, idle) = service.store.connections();
        self.connections.set(open.into());
        self.idle_connections.set(idle.into());
        self.bodies_left.set(i64::try_from(service.bodies.left()).unwrap_or(i64::MAX));
        let (reads, units) = service.store.work_done();
        self.reads.inner().store(reads, Ordering::Relaxed);
        self.units.inner().store(units, Ordering::Relaxed);
        let (verified, recognised) = service.authenticator.work_done();
        self.tokens_verified.inner().store(verified, Ordering::Relaxed);
        self.tokens_recognised.inner().store(recognised, Ordering::Relaxed);
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("a string takes all that is written");
        text
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics(…)")
    }
}
