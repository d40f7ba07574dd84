//! One run: the same operation, repeated for a while by one subject.

use serde::Serialize;

use super::process;

/// The figures of a run.
#[derive(Clone, Debug, Serialize)]
pub struct Run {
    pub operations: u64,
    pub per_second: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    /// CPU time per operation of the service or competitor, in microseconds.
    pub service_cpu_us: Option<f64>,
    /// CPU time per operation of all Postgres processes, if the server is private.
    pub postgres_cpu_us: Option<f64>,
    /// CPU time per operation of the load generator: pgbench or wrk.
    pub client_cpu_us: f64,
}

/// The length of a run.
#[derive(Clone, Copy, Debug)]
pub enum Length {
    Seconds(f64),
    Operations(u64),
}

/// What a load generator reports.
#[derive(Clone, Copy, Debug)]
pub struct LoadResult {
    pub operations: u64,
    pub seconds: f64,
    pub p50_us: f64,
    pub p99_us: f64,
}

/// The processes whose CPU time is measured.
#[derive(Clone, Copy, Debug, Default)]
pub struct CpuWatch {
    pub service: Option<u32>,
    pub postgres: Option<u32>,
}

/// CPU time in microseconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct CpuTime {
    service: Option<u64>,
    postgres: Option<u64>,
    client: u64,
}

impl CpuWatch {
    /// Executes `run` and measures the CPU time that it takes.
    pub fn over<T>(&self, run: impl FnOnce() -> Result<T, String>) -> Result<(T, CpuTime), String> {
        let before = self.now();
        let result = run()?;
        Ok((result, self.now().minus(&before)))
    }

    fn now(&self) -> CpuTime {
        CpuTime {
            service: self.service.map(process::cpu),
            postgres: self.postgres.map(process::cpu_of_family),
            // Load generators are children of this process that have ended after their run.
            client: process::cpu_of_ended_children(std::process::id()),
        }
    }
}

impl CpuTime {
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

impl Run {
    #[expect(clippy::cast_precision_loss, reason = "microseconds and counts far below 2^52")]
    pub fn of(result: LoadResult, taken: CpuTime) -> Self {
        let operations = result.operations.max(1) as f64;
        let each = |micros: u64| micros as f64 / operations;
        Self {
            operations: result.operations,
            per_second: result.operations as f64 / result.seconds,
            p50_ms: result.p50_us / 1000.0,
            p99_ms: result.p99_us / 1000.0,
            service_cpu_us: taken.service.map(each),
            postgres_cpu_us: taken.postgres.map(each),
            client_cpu_us: each(taken.client),
        }
    }
}

/// The median.
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
