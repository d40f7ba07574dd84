//! What a run came to.

use std::path::Path;

use serde::Serialize;

use super::aims;
use super::contest::Row;
use super::leg::median;

/// Everything that was found.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// The machine, the database, the options.
    pub circumstances: Vec<(String, String)>,
    pub rows: Vec<Row>,
    /// Single figures.
    pub figures: Vec<Figure>,
    /// What becomes of operations as a tenant grows.
    pub growth: Vec<Growth>,
    /// Instructions an operation.
    pub instructions: Vec<(String, u64)>,
    /// Acknowledged against stored, each path by its name.
    pub checks: Vec<(String, String)>,
    /// What was left out, and why.
    pub left_out: Vec<String>,
}

/// A figure that is no row.
#[derive(Debug, Serialize)]
pub struct Figure {
    pub what: String,
    pub value: f64,
    pub unit: &'static str,
    pub aim: Option<Aim>,
}

/// An operation on a tenant that grows.
#[derive(Debug, Serialize)]
pub struct Growth {
    pub what: String,
    pub unit: &'static str,
    /// With so many codes, so much.
    pub steps: Vec<(u32, f64)>,
}

/// What a figure is to be.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Aim {
    AtLeast(f64),
    AtMost(f64),
}

impl Report {
    pub fn add(&mut self, row: Row) {
        if let ("create" | "get", Some([idle, peak])) = (row.path.as_str(), row.memory_mb) {
            if !self.figures.iter().any(|figure| figure.what == "memory, idle") {
                self.figure("memory, idle", idle, "MB", Some(Aim::AtMost(aims::IDLE_MB)));
            }
            if row.connections == 128 {
                let what = format!("memory, {} with 128 connections", row.path);
                self.figure(&what, peak, "MB", Some(Aim::AtMost(aims::BUSY_MB)));
            }
        }
        if row.path == "create" && row.connections == 32 {
            let p99 = row.contender_leg.p99_ms / row.limit_leg.p99_ms;
            let what = "p99 of create with 32 connections, by pgbench's";
            self.figure(what, p99, "×", Some(Aim::AtMost(aims::P99_OF_CREATE)));
        }
        self.rows.push(row);
    }

    pub fn figure(&mut self, what: &str, value: f64, unit: &'static str, aim: Option<Aim>) {
        self.figures.push(Figure { what: what.to_owned(), value, unit, aim });
    }

    /// One step further of an operation.
    pub fn grown(&mut self, what: String, unit: &'static str, codes: u32, value: f64) {
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

    /// How fast the machine answered requests without a database while a row was measured, by the
    /// middle of the whole run: at least and at most.
    pub fn steadiness(&self, rows: &[Row]) -> [f64; 2] {
        fn rates(rows: &[Row]) -> impl Iterator<Item = f64> {
            rows.iter().flat_map(|row| &row.rounds).map(|round| round.reference[0])
        }
        let middle = median(rates(&self.rows));
        let parts = || rates(rows).map(|rate| rate / middle);
        [parts().fold(f64::INFINITY, f64::min), parts().fold(0.0, f64::max)]
    }

    /// Writes it as JSON, and its table into a file beside that.
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

/// Bytes as MB, which are 2^20 of them here, as `ps` and `top` have it.
#[expect(clippy::cast_precision_loss, reason = "bytes far below 2^52")]
pub fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
