//! pgbench: the same rows by bare SQL, the limit that the service is held against.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::leg::{Leg, Length, Told, Watch};
use super::tools::{Tools, scripts};

/// A run of pgbench.
pub struct Pgbench<'a> {
    pub tools: &'a Tools,
    pub database: &'a str,
    /// In `benches/sql`.
    pub script: &'a str,
    pub variables: Vec<(&'a str, String)>,
    pub connections: u32,
    /// Where its log may lie meanwhile.
    pub folder: &'a Path,
}

impl Pgbench<'_> {
    /// Runs it, and says what it came to and how many operations there were in all.
    ///
    /// The service keeps its connections; pgbench makes new ones for each leg, a process each. A run
    /// of one operation a connection shows what that costs, which is taken off.
    pub fn leg(&self, length: Length, run: u32, watch: &Watch) -> Result<(Leg, u64), String> {
        let connecting = Length::Operations(self.connections.into());
        let (first, overhead) = watch.over(|| self.run(connecting, run, 0))?;
        let (told, taken) = watch.over(|| self.run(length, run + 1, 1))?;
        Ok((Leg::of(told, taken.minus(&overhead)), first.operations + told.operations))
    }

    /// A run under this number, whose clients have done so many operations already.
    fn run(&self, length: Length, run: u32, done: u32) -> Result<Told, String> {
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
        let given = [("run", run.to_string()), ("n", done.to_string())];
        for (name, value) in self.variables.iter().chain(&given) {
            command.arg(format!("--define={name}={value}"));
        }
        let output = command.arg(self.database).output().map_err(|error| error.to_string())?;
        let (said, complained) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let number = |name: &str| {
            let line = said.lines().find_map(|line| line.strip_prefix(name))?;
            line.split(['/', ' ']).next()?.parse::<f64>().ok()
        };
        let operations = number("number of transactions actually processed: ");
        let (Some(operations), Some(rate), true) =
            (operations, number("tps = "), output.status.success())
        else {
            let first = complained.lines().next().unwrap_or_default();
            return Err(format!("pgbench with {}: {first}", self.script));
        };
        let latencies = self.latencies(&prefix)?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
        let count = operations as u64;
        Ok(Told {
            operations: count,
            seconds: operations / rate,
            p50_us: percentile(&latencies, 50),
            p99_us: percentile(&latencies, 99),
        })
    }

    /// The latency of each operation, in microseconds, the shortest first. The log is removed.
    fn latencies(&self, prefix: &Path) -> Result<Vec<f64>, String> {
        let failed = |error: std::io::Error| format!("pgbench's log: {error}");
        let begins = prefix.file_name().map(|name| format!("{}.", name.display()));
        let mut latencies = Vec::new();
        for file in fs::read_dir(self.folder).map_err(failed)?.flatten() {
            let name = file.file_name().display().to_string();
            if begins.as_ref().is_none_or(|begins| !name.starts_with(begins.as_str())) {
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
    let place = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(place).copied().unwrap_or_default()
}
