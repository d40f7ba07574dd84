//! What is observed of each unit of work: a span, and its duration in a histogram.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use tracing::field::Empty;
use tracing::{Instrument, Span};
use uuid::Uuid;

/// What a unit of work does, for which tenant, if it is for one, and until when it may wait, unless
/// it may wait as long as any.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) struct Unit {
    name: &'static str,
    pub(super) tenant: Option<Uuid>,
    pub(super) wait_until: Option<Instant>,
}

impl Unit {
    pub(in crate::store) fn new(name: &'static str) -> Self {
        Self { name, tenant: None, wait_until: None }
    }

    pub(in crate::store) fn of(name: &'static str, tenant: impl Into<Uuid>) -> Self {
        Self { name, tenant: Some(tenant.into()), wait_until: None }
    }

    /// The same, which waits until then at the latest.
    pub(in crate::store) fn until(self, wait_until: Instant) -> Self {
        Self { wait_until: Some(wait_until), ..self }
    }
}

/// The label of a histogram.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct UnitLabel {
    unit: &'static str,
}

/// Seconds that units of work took, by name: waiting for a connection included.
pub type UnitDurations = Family<UnitLabel, Histogram>;

/// What has been observed since the store was opened.
#[derive(Debug)]
pub(super) struct Trace {
    durations: UnitDurations,
    reads: AtomicU64,
    writes: AtomicU64,
}

impl Default for Trace {
    fn default() -> Self {
        // From 100 µs to 13 s.
        let histogram = || Histogram::new(exponential_buckets(0.000_1, 2.5, 13));
        Self {
            durations: Family::new_with_constructor(histogram),
            reads: AtomicU64::new(0),
            writes: AtomicU64::new(0),
        }
    }
}

impl Trace {
    pub(super) fn durations(&self) -> &UnitDurations {
        &self.durations
    }

    /// Reads and units of work since the store was opened.
    pub(super) fn counts(&self) -> (u64, u64) {
        (self.reads.load(Ordering::Relaxed), self.writes.load(Ordering::Relaxed))
    }

    pub(super) async fn read<T>(&self, unit: Unit, work: impl FnOnce(Span) -> T) -> T::Output
    where
        T: Future,
    {
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.observe(unit, work).await
    }

    pub(super) async fn write<T>(&self, unit: Unit, work: impl FnOnce(Span) -> T) -> T::Output
    where
        T: Future,
    {
        self.writes.fetch_add(1, Ordering::Relaxed);
        self.observe(unit, work).await
    }

    /// Runs work within a span, which it is given to record its `rows`.
    async fn observe<T: Future>(&self, unit: Unit, work: impl FnOnce(Span) -> T) -> T::Output {
        let began = Instant::now();
        let span = tracing::debug_span!("unit", name = unit.name, tenant = Empty, rows = Empty);
        if let (Some(tenant), false) = (unit.tenant, span.is_disabled()) {
            span.record("tenant", tracing::field::display(tenant));
        }
        let outcome = work(span.clone()).instrument(span).await;
        let label = UnitLabel { unit: unit.name };
        self.durations.get_or_create(&label).observe(began.elapsed().as_secs_f64());
        outcome
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use futures_util::FutureExt;
    use prometheus_client::encoding::text::encode;
    use prometheus_client::registry::Registry;
    use tracing::field::{Field, Visit};
    use tracing::span::{Attributes, Id, Record};
    use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
    use uuid::Uuid;

    use super::{Trace, Unit};

    /// The fields of every span, in the order in which they were recorded.
    #[derive(Clone, Default)]
    struct Recorded(Arc<Mutex<Vec<String>>>);

    impl Visit for Recorded {
        fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
            self.0.lock().expect("whole").push(format!("{field}={value:?}"));
        }
    }

    impl<S: tracing::Subscriber> Layer<S> for Recorded {
        fn on_new_span(&self, span: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
            span.record(&mut self.clone());
        }

        fn on_record(&self, _: &Id, values: &Record<'_>, _: Context<'_, S>) {
            values.record(&mut self.clone());
        }
    }

    #[test]
    fn a_unit_of_work_has_a_span_and_a_duration() {
        let (trace, recorded) = (Trace::default(), Recorded::default());
        let subscriber = tracing_subscriber::registry().with(recorded.clone());
        tracing::subscriber::with_default(subscriber, || {
            let unit = Unit::of("claim", Uuid::nil());
            let work = |span: tracing::Span| async move {
                span.record("rows", 3);
            };
            trace.write(unit, work).now_or_never().expect("nothing to wait for");
        });
        let fields = recorded.0.lock().expect("whole").join(" ");
        assert_eq!(fields, format!("name=\"claim\" tenant={} rows=3", Uuid::nil()));

        let mut registry = Registry::default();
        registry.register("unit", "", trace.durations().clone());
        let mut text = String::new();
        encode(&mut text, &registry).expect("a string");
        assert!(text.contains("unit_count{unit=\"claim\"} 1"), "{text}");
        assert_eq!(trace.counts(), (0, 1));
    }
}
