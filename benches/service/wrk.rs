//! wrk, the load generator for HTTP.

use std::process::Command;

use serde::Deserialize;

use super::run::{CpuWatch, Length, LoadResult, Run};
use super::tools::scripts;

/// The arguments of wrk.
pub struct Wrk<'a> {
    pub url: &'a str,
    /// The script, in `benches/wrk`.
    pub script: &'a str,
    pub token: Option<&'a str>,
    /// Environment variables for the script.
    pub variables: Vec<(&'a str, String)>,
    pub connections: u32,
    /// Whether every request should be refused.
    pub refused: bool,
}

/// The output of the scripts.
#[derive(Debug, Deserialize)]
struct Output {
    /// Negative if some responses did not arrive in time.
    sent: i64,
    answered: u64,
    measured: u64,
    refused: u64,
    broken: u64,
    seconds: f64,
    p50: f64,
    p99: f64,
}

impl Wrk<'_> {
    /// Measures one run. All its operations were acknowledged.
    ///
    /// # Errors
    /// If a request got no response, or an unexpected one.
    pub fn measure(&self, length: Length, first: u64, watch: &CpuWatch) -> Result<Run, String> {
        let (result, taken) = watch.over(|| self.execute(length, first))?;
        Ok(Run::of(result, taken))
    }

    fn execute(&self, length: Length, first: u64) -> Result<LoadResult, String> {
        /// Longer than any run: the script ends the run itself.
        const MAX_SECONDS: f64 = 600.0;
        let (seconds, limit) = match length {
            Length::Seconds(seconds) => (seconds, u64::MAX),
            Length::Operations(operations) => (MAX_SECONDS, operations),
        };
        let mut command = Command::new("wrk");
        command.args(["--threads=1", "--timeout=60s"]);
        command.arg(format!("--connections={}", self.connections));
        command.arg(format!("--duration={:.0}s", seconds + 60.0));
        command.arg("--script").arg(scripts().join("wrk").join(self.script)).arg(self.url);
        command.env("BENCH_CONNECTIONS", self.connections.to_string());
        command.env("BENCH_SECONDS", seconds.to_string());
        command.env("BENCH_LIMIT", limit.to_string());
        command.env("BENCH_FIRST", first.to_string());
        match self.token {
            Some(token) => command.env("BENCH_TOKEN", token),
            None => command.env_remove("BENCH_TOKEN"),
        };
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        let output = command.output().map_err(|error| format!("wrk: {error}"))?;
        let stdout = String::from_utf8_lossy(&output.stdout);
        let line = stdout.lines().find(|line| line.starts_with('{'));
        let result = line.and_then(|line| serde_json::from_str::<Output>(line).ok());
        let result = result.ok_or_else(|| {
            format!("wrk with {}: {}", self.script, String::from_utf8_lossy(&output.stderr).trim())
        })?;
        self.check(&result)
    }

    fn check(&self, output: &Output) -> Result<LoadResult, String> {
        let wrong = |what: &str| Err(format!("wrk with {}: {what}: {output:?}", self.script));
        let Ok(sent) = u64::try_from(output.sent) else {
            return wrong("some requests got no response");
        };
        if output.broken > 0 || sent != output.answered {
            return wrong("some requests got no response");
        }
        if output.refused != if self.refused { sent } else { 0 } {
            return wrong("an unexpected number of requests were refused");
        }
        if output.measured != sent {
            return wrong("the number of latencies is not that of the requests");
        }
        Ok(LoadResult {
            operations: sent,
            seconds: output.seconds,
            p50_us: output.p50,
            p99_us: output.p99,
        })
    }
}
