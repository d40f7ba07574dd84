//! wrk: whoever asks the service.

use std::process::Command;

use serde::Deserialize;

use super::leg::{Leg, Length, Told, Watch};
use super::tools::scripts;

/// A run of wrk.
pub struct Wrk<'a> {
    pub url: &'a str,
    /// In `benches/wrk`.
    pub script: &'a str,
    pub token: Option<&'a str>,
    /// What the script asks the environment for.
    pub variables: Vec<(&'a str, String)>,
    pub connections: u32,
    /// Whether every request is to be refused.
    pub refused: bool,
}

/// What the scripts print.
#[derive(Debug, Deserialize)]
struct Printed {
    /// Below 0: they were not all answered in time.
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
    /// Runs it, and says what it came to. Every request is answered, and as it should be, or this
    /// fails: so many were acknowledged.
    pub fn leg(&self, length: Length, first: u64, watch: &Watch) -> Result<Leg, String> {
        let (told, taken) = watch.over(|| self.run(length, first))?;
        Ok(Leg::of(told, taken))
    }

    fn run(&self, length: Length, first: u64) -> Result<Told, String> {
        /// Longer than any leg: the script itself ends the run.
        const PATIENCE: f64 = 600.0;
        let (seconds, limit) = match length {
            Length::Seconds(seconds) => (seconds, u64::MAX),
            Length::Operations(operations) => (PATIENCE, operations),
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
        let said = String::from_utf8_lossy(&output.stdout);
        let line = said.lines().find(|line| line.starts_with('{'));
        let printed = line.and_then(|line| serde_json::from_str::<Printed>(line).ok());
        let printed = printed.ok_or_else(|| {
            format!("wrk with {}: {}", self.script, String::from_utf8_lossy(&output.stderr).trim())
        })?;
        self.told(&printed)
    }

    fn told(&self, printed: &Printed) -> Result<Told, String> {
        let wrong = |what: &str| Err(format!("wrk with {}: {what}: {printed:?}", self.script));
        let Ok(sent) = u64::try_from(printed.sent) else { return wrong("not all was answered") };
        if printed.broken > 0 || sent != printed.answered {
            return wrong("not all was answered");
        }
        if printed.refused != if self.refused { sent } else { 0 } {
            return wrong("requests were refused");
        }
        if printed.measured != sent {
            return wrong("the latencies are not those of the requests");
        }
        Ok(Told {
            operations: sent,
            seconds: printed.seconds,
            p50_us: printed.p50,
            p99_us: printed.p99,
        })
    }
}
