//! pgbench writes the same rows with bare SQL: the baseline for the service.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::run::{CpuWatch, Length, LoadResult, Run};
use super::tools::{Tools, scripts};

/// The arguments of pgbench.
pub struct Pgbench<'a> {
    pub tools: &'a Tools,
    pub database: &'a str,
    /// The script, in `benches/sql`.
    pub script: &'a str,
    pub variables: Vec<(&'a str, String)>,
    pub connections: u32,
    /// The folder for its log.
    pub folder: &'a Path,
}

impl Pgbench<'_> {
    /// Measures one run. Also returns the total number of operations.
    ///
    /// The service keeps its connections, but pgbench opens new ones for each run, and Postgres starts a
    /// process for each. The cost of that is measured with one operation per connection, and
    /// subtracted.
    pub fn measure(
        &self,
        length: Length,
        number: u32,
        watch: &CpuWatch,
    ) -> Result<(Run, u64), String> {
        let connecting = Length::Operations(self.connections.into());
        let (first, overhead) = watch.over(|| self.execute(connecting, number, 0))?;
        let (result, taken) = watch.over(|| self.execute(length, number + 1, 1))?;
        Ok((Run::of(result, taken.minus(&overhead)), first.operations + result.operations))
    }

    /// Executes pgbench under this run number, with clients that have already done `done` operations.
    fn execute(&self, length: Length, number: u32, done: u32) -> Result<LoadResult, String> {
        let prefix = self.folder.join("pgbench");
        let mut command = Command::new(&self.tools.pgbench);
        command.args(["--no-vacuum", "--protocol=prepared", "--jobs=1", "--log"]);
        command.arg(format!("--client={}", self.connections));
        command.arg("--log-prefix").arg(&prefix);
        command.arg("--file").arg(scripts().join("sql").join(self.script));
        command.args(match length {
            Length::Seconds(seconds) => ["--time".to_owned(), format!("{seconds:.0}")],
            Length::Operations(all) => {
                ["--transactions".to_owned(), (all / u64::from(self.connections)).to_string()]
            }
        });
        let given = [("run", number.to_string()), ("n", done.to_string())];
        for (name, value) in self.variables.iter().chain(&given) {
            command.arg(format!("--define={name}={value}"));
        }
        let output = command.arg(self.database).output().map_err(|error| error.to_string())?;
        let (stdout, stderr) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let field = |name: &str| {
            let line = stdout.lines().find_map(|line| line.strip_prefix(name))?;
            line.split(['/', ' ']).next()?.parse::<f64>().ok()
        };
        let operations = field("number of transactions actually processed: ");
        let (Some(operations), Some(rate), true) =
            (operations, field("tps = "), output.status.success())
        else {
            let first = stderr.lines().next().unwrap_or_default();
            return Err(format!("pgbench with {}: {first}", self.script));
        };
        let latencies = self.latencies(&prefix)?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
        let count = operations as u64;
        Ok(LoadResult {
            operations: count,
            seconds: operations / rate,
            p50_us: percentile(&latencies, 50),
            p99_us: percentile(&latencies, 99),
        })
    }

    /// The latency of each operation in microseconds, sorted. Removes the log.
    fn latencies(&self, prefix: &Path) -> Result<Vec<f64>, String> {
        let failed = |error: std::io::Error| format!("pgbench's log: {error}");
        let log_prefix = prefix.file_name().map(|name| format!("{}.", name.display()));
        let mut latencies = Vec::new();
        for file in fs::read_dir(self.folder).map_err(failed)?.flatten() {
            let name = file.file_name().display().to_string();
            if log_prefix.as_ref().is_none_or(|prefix| !name.starts_with(prefix.as_str())) {
                continue;
            }
            let log = fs::read_to_string(file.path()).map_err(failed)?;
            let latency = |line: &str| line.split(' ').nth(2)?.parse::<f64>().ok();
            latencies.extend(log.lines().filter_map(latency));
            fs::remove_file(file.path()).map_err(failed)?;
        }
        latencies.sort_by(f64::total_cmp);
        Ok(latencies)
    }
}

fn percentile(sorted: &[f64], percent: usize) -> f64 {
    let index = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(index).copied().unwrap_or_default()
}
