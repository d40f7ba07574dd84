//! One leg of a run: somebody did the same thing over and over for a while.

use serde::Serialize;

use super::process;

/// What a leg came to.
#[derive(Clone, Debug, Serialize)]
pub struct Leg {
    pub operations: u64,
    pub per_second: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    /// Processor time an operation, in microseconds: of the service, or of what stands in its place.
    pub service_cpu_us: Option<f64>,
    /// Of all of Postgres' processes, where they are ours to look at.
    pub postgres_cpu_us: Option<f64>,
    /// Of whoever asked: pgbench or wrk.
    pub client_cpu_us: f64,
}

/// How long a leg goes on.
#[derive(Clone, Copy, Debug)]
pub enum Length {
    Seconds(f64),
    Operations(u64),
}

/// What a load generator says of a leg.
#[derive(Clone, Copy, Debug)]
pub struct Told {
    pub operations: u64,
    pub seconds: f64,
    pub p50_us: f64,
    pub p99_us: f64,
}

/// Whose processor time counts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Watch {
    pub service: Option<u32>,
    pub postgres: Option<u32>,
}

/// Processor time so far, in microseconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Taken {
    service: Option<u64>,
    postgres: Option<u64>,
    client: u64,
}

impl Watch {
    /// Runs something and says how much processor time passed.
    pub fn over<T>(&self, run: impl FnOnce() -> Result<T, String>) -> Result<(T, Taken), String> {
        let before = self.now();
        let told = run()?;
        Ok((told, self.now().minus(&before)))
    }

    fn now(&self) -> Taken {
        Taken {
            service: self.service.map(process::cpu),
            postgres: self.postgres.map(process::cpu_of_family),
            // Load generators are children of this process, and end with their leg.
            client: process::cpu_of_ended_children(std::process::id()),
        }
    }
}

impl Taken {
    pub fn minus(self, other: &Self) -> Self {
        let minus = |ours: Option<u64>, theirs: Option<u64>| {
            ours.map(|ours| ours.saturating_sub(theirs.unwrap_or_default()))
        };
        Self {
            service: minus(self.service, other.service),
            postgres: minus(self.postgres, other.postgres),
            client: self.client.saturating_sub(other.client),
        }
    }
}

impl Leg {
    #[expect(clippy::cast_precision_loss, reason = "microseconds and counts far below 2^52")]
    pub fn of(told: Told, taken: Taken) -> Self {
        let operations = told.operations.max(1) as f64;
        let each = |micros: u64| micros as f64 / operations;
        Self {
            operations: told.operations,
            per_second: told.operations as f64 / told.seconds,
            p50_ms: told.p50_us / 1000.0,
            p99_ms: told.p99_us / 1000.0,
            service_cpu_us: taken.service.map(each),
            postgres_cpu_us: taken.postgres.map(each),
            client_cpu_us: each(taken.client),
        }
    }
}

/// The middle of some numbers, of an even number of them the mean of the two.
pub fn median(numbers: impl IntoIterator<Item = f64>) -> f64 {
    let mut numbers: Vec<f64> = numbers.into_iter().collect();
    numbers.sort_by(f64::total_cmp);
    let middle = numbers.len() / 2;
    match numbers.len() {
        0 => f64::NAN,
        length if length % 2 == 1 => numbers[middle],
        _ => f64::midpoint(numbers[middle - 1], numbers[middle]),
    }
}
