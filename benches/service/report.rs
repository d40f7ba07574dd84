//! The results of a benchmark.

use std::path::Path;

use serde::Serialize;

use super::comparison::Row;
use super::run::median;
use super::targets;

/// All results.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// The machine, the database, the options.
    pub circumstances: Vec<(String, String)>,
    pub rows: Vec<Row>,
    /// Single figures.
    pub figures: Vec<Figure>,
    /// The cost of operations as a tenant grows.
    pub growth: Vec<Growth>,
    /// Instructions per operation.
    pub instructions: Vec<(String, u64)>,
    /// Acknowledged and stored operations, by path.
    pub checks: Vec<(String, String)>,
    /// What was not measured, and why.
    pub left_out: Vec<String>,
}

/// A single figure.
#[derive(Debug, Serialize)]
pub struct Figure {
    pub what: String,
    pub value: f64,
    pub unit: &'static str,
    pub target: Option<Target>,
}

/// The cost of an operation as a tenant grows.
#[derive(Debug, Serialize)]
pub struct Growth {
    pub what: String,
    pub unit: &'static str,
    /// Pairs of a number of codes and the measured value.
    pub steps: Vec<(u32, f64)>,
}

/// The target of a figure.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    AtLeast(f64),
    AtMost(f64),
}

impl Report {
    pub fn add(&mut self, row: Row) {
        // A comparison with another program has the same figures once more.
        let first = row.baseline == "pgbench";
        if let (true, "create" | "get", Some([idle, peak])) =
            (first, row.path.as_str(), row.memory_mb)
        {
            if !self.figures.iter().any(|figure| figure.what == "memory, idle") {
                self.figure("memory, idle", idle, "MB", Some(Target::AtMost(targets::MAX_IDLE_MB)));
            }
            if row.connections == 128 {
                let what = format!("memory, {} with 128 connections", row.path);
                self.figure(&what, peak, "MB", Some(Target::AtMost(targets::MAX_BUSY_MB)));
            }
        }
        if first && row.path == "create" && row.connections == 32 {
            let p99 = row.subject_run.p99_ms / row.baseline_run.p99_ms;
            let what = "p99 of create with 32 connections, relative to pgbench";
            self.figure(what, p99, "×", Some(Target::AtMost(targets::MAX_CREATE_P99_RATIO)));
        }
        self.rows.push(row);
    }

    pub fn figure(&mut self, what: &str, value: f64, unit: &'static str, target: Option<Target>) {
        self.figures.push(Figure { what: what.to_owned(), value, unit, target });
    }

    /// Adds a step of an operation.
    pub fn growth_step(&mut self, what: String, unit: &'static str, codes: u32, value: f64) {
        let known = self.growth.iter_mut().find(|growth| growth.what == what);
        match known {
            Some(growth) => growth.steps.push((codes, value)),
            None => self.growth.push(Growth { what, unit, steps: vec![(codes, value)] }),
        }
    }

    pub fn checks(&mut self, path: &str, found: String) {
        if !found.is_empty() {
            self.checks.push((path.to_owned(), found));
        }
    }

    /// The speed of the machine while some rows were measured: the minimum and maximum rate of requests
    /// without a database, relative to the median of the benchmark.
    pub fn steadiness(&self, rows: &[Row]) -> [f64; 2] {
        fn rates(rows: &[Row]) -> impl Iterator<Item = f64> {
            rows.iter().flat_map(|row| &row.rounds).map(|round| round.reference[0])
        }
        let overall = median(rates(&self.rows));
        let relative = || rates(rows).map(|rate| rate / overall);
        [relative().fold(f64::INFINITY, f64::min), relative().fold(0.0, f64::max)]
    }

    /// Writes the results as JSON, and the table to a file with the extension `.md`.
    pub fn write(&self, file: &Path, table: &str) -> Result<(), String> {
        let failed = |error: std::io::Error| format!("{}: {error}", file.display());
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        let json = serde_json::to_string_pretty(self).map_err(|error| error.to_string())?;
        std::fs::write(file, json + "\n").map_err(failed)?;
        std::fs::write(file.with_extension("md"), table).map_err(failed)
    }
}

/// Bytes in MB of 2^20 bytes, as in `ps` and `top`.
#[expect(clippy::cast_precision_loss, reason = "bytes far below 2^52")]
pub fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
