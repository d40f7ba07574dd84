//! Compares subjects that do the same work. They run in turn, round after round, so that all are
//! affected alike by what else the machine does.

use serde::Serialize;

use super::report::megabytes;
use super::run::{Run, median};
use super::targets;

/// A subject of a comparison.
pub struct Subject<'a> {
    pub name: &'static str,
    pub run: Box<dyn FnMut() -> Result<Run, String> + 'a>,
}

/// One run of each subject, and the speed of the machine at that time.
#[derive(Clone, Debug, Serialize)]
pub struct Round {
    pub runs: Vec<Run>,
    /// Requests per second to `/livez`, and without a token.
    pub reference: [f64; 2],
}

/// One row of the result: a subject compared with a baseline.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// The name of the path.
    pub path: String,
    /// What the path does.
    pub what: String,
    pub connections: u32,
    pub baseline: &'static str,
    pub subject: &'static str,
    /// The ratio of the subject's rate to the baseline's: the median, minimum and maximum of the
    /// rounds.
    pub ratio: [f64; 3],
    /// The minimum ratio to reach.
    pub target: Option<f64>,
    pub baseline_run: Run,
    pub subject_run: Run,
    /// The resident memory of the service in MB: after the start, and at its peak.
    pub memory_mb: Option<[f64; 2]>,
    pub rounds: Vec<Round>,
}

/// Subjects that were compared.
pub struct Comparison<'a> {
    /// The name of the path.
    pub path: &'a str,
    pub what: String,
    pub connections: u32,
    pub names: Vec<&'static str>,
    pub rounds: Vec<Round>,
}

impl<'a> Comparison<'a> {
    /// Runs the subjects in turn.
    pub fn run(
        path: &'a str,
        what: impl Into<String>,
        connections: u32,
        rounds: u32,
        mut subjects: Vec<Subject<'_>>,
        reference: impl Fn() -> Result<[Run; 2], String>,
    ) -> Result<Self, String> {
        let what = what.into();
        let names = subjects.iter().map(|subject| subject.name).collect();
        let mut all = Vec::new();
        for round in 1..=rounds {
            let reference = reference()?.map(|run| run.per_second);
            let mut runs = Vec::new();
            let mut rates = Vec::new();
            for subject in &mut subjects {
                let run = (subject.run)()
                    .map_err(|error| format!("{what}, {connections}: {}: {error}", subject.name))?;
                rates.push(format!("{} {:.0}/s", subject.name, run.per_second));
                runs.push(run);
            }
            eprintln!("{what}, {connections}, round {round}: {}", rates.join(", "));
            all.push(Round { runs, reference });
        }
        Ok(Self { path, what, connections, names, rounds: all })
    }

    /// A row for each other subject, with which the one that ran last is compared. `memory` is that of
    /// the last one in bytes: after the start, and at its peak.
    pub fn rows(&self, memory: [u64; 2]) -> impl Iterator<Item = Row> {
        let subject = self.names.len() - 1;
        (0..subject).map(move |baseline| Row {
            path: self.path.to_owned(),
            what: self.what.clone(),
            connections: self.connections,
            baseline: self.names[baseline],
            subject: self.names[subject],
            ratio: ratios(&self.rounds, baseline, subject),
            target: targets::min_ratio(self.path, self.names[baseline], self.connections),
            baseline_run: median_run(&self.rounds, baseline),
            subject_run: median_run(&self.rounds, subject),
            memory_mb: Some(memory.map(megabytes)),
            rounds: self.rounds.clone(),
        })
    }
}

impl Round {
    /// The ratio of the subject's rate to the baseline's, by their indexes.
    fn ratio(&self, baseline: usize, subject: usize) -> f64 {
        self.runs[subject].per_second / self.runs[baseline].per_second
    }
}

/// The median, minimum and maximum of the rounds' ratios.
fn ratios(rounds: &[Round], baseline: usize, subject: usize) -> [f64; 3] {
    let ratios = || rounds.iter().map(|round| round.ratio(baseline, subject));
    [
        median(ratios()),
        ratios().fold(f64::INFINITY, f64::min),
        ratios().fold(f64::NEG_INFINITY, f64::max),
    ]
}

/// The median of each figure of one subject.
fn median_run(rounds: &[Round], subject: usize) -> Run {
    let figure = |of: fn(&Run) -> f64| median(rounds.iter().map(|round| of(&round.runs[subject])));
    let known = |of: fn(&Run) -> Option<f64>| {
        let known: Vec<f64> = rounds.iter().filter_map(|round| of(&round.runs[subject])).collect();
        (!known.is_empty()).then(|| median(known))
    };
    Run {
        operations: rounds.iter().map(|round| round.runs[subject].operations).sum(),
        per_second: figure(|run| run.per_second),
        p50_ms: figure(|run| run.p50_ms),
        p99_ms: figure(|run| run.p99_ms),
        service_cpu_us: known(|run| run.service_cpu_us),
        postgres_cpu_us: known(|run| run.postgres_cpu_us),
        client_cpu_us: figure(|run| run.client_cpu_us),
    }
}
