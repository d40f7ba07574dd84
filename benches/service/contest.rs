//! Several who do the same, in turn, round after round: what is compared was measured side by side.

use serde::Serialize;

use super::leg::{Leg, median};

/// Somebody who takes part.
pub struct Contender<'a> {
    pub name: &'static str,
    pub run: Box<dyn FnMut() -> Result<Leg, String> + 'a>,
}

/// Each contender's leg of one round, and how the machine was.
#[derive(Clone, Debug, Serialize)]
pub struct Round {
    pub legs: Vec<Leg>,
    /// Requests a second to `/livez` and without a token.
    pub reference: [f64; 2],
}

/// One line of the result: somebody against somebody else.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// The path's name, and what it does in words.
    pub path: String,
    pub what: String,
    pub connections: u32,
    pub limit: &'static str,
    pub contender: &'static str,
    /// Operations a second of the one by those of the other: the middle of the rounds, the least
    /// and the most.
    pub ratio: [f64; 3],
    /// What the ratio is to be at least.
    pub aim: Option<f64>,
    pub limit_leg: Leg,
    pub contender_leg: Leg,
    /// The resident memory of the service in MB: when it had just started, and at most.
    pub memory_mb: Option<[f64; 2]>,
    pub rounds: Vec<Round>,
}

/// Lets the contenders run in turn.
pub fn in_turn(
    rounds: u32,
    label: &str,
    contenders: &mut [Contender<'_>],
    mut reference: impl FnMut() -> Result<[Leg; 2], String>,
) -> Result<Vec<Round>, String> {
    let mut all = Vec::new();
    for round in 1..=rounds {
        let reference = reference()?.map(|leg| leg.per_second);
        let mut legs = Vec::new();
        let mut said = Vec::new();
        for contender in &mut *contenders {
            let leg = (contender.run)().map_err(|error| format!("{label}: {error}"))?;
            said.push(format!("{} {:.0}/s", contender.name, leg.per_second));
            legs.push(leg);
        }
        eprintln!("{label}, round {round}: {}", said.join(", "));
        all.push(Round { legs, reference });
    }
    Ok(all)
}

impl Round {
    /// How much more the contender did than the limit, by their places.
    pub fn ratio(&self, limit: usize, contender: usize) -> f64 {
        self.legs[contender].per_second / self.legs[limit].per_second
    }
}

/// The middle of the rounds' ratios, the least and the most.
pub fn ratios(rounds: &[Round], limit: usize, contender: usize) -> [f64; 3] {
    let ratios = || rounds.iter().map(|round| round.ratio(limit, contender));
    [
        median(ratios()),
        ratios().fold(f64::INFINITY, f64::min),
        ratios().fold(f64::NEG_INFINITY, f64::max),
    ]
}

/// The middle of each figure of one contender.
pub fn middle(rounds: &[Round], place: usize) -> Leg {
    let figure = |of: fn(&Leg) -> f64| median(rounds.iter().map(|round| of(&round.legs[place])));
    let known = |of: fn(&Leg) -> Option<f64>| {
        let known: Vec<f64> = rounds.iter().filter_map(|round| of(&round.legs[place])).collect();
        (!known.is_empty()).then(|| median(known))
    };
    Leg {
        operations: rounds.iter().map(|round| round.legs[place].operations).sum(),
        per_second: figure(|leg| leg.per_second),
        p50_ms: figure(|leg| leg.p50_ms),
        p99_ms: figure(|leg| leg.p99_ms),
        service_cpu_us: known(|leg| leg.service_cpu_us),
        postgres_cpu_us: known(|leg| leg.postgres_cpu_us),
        client_cpu_us: figure(|leg| leg.client_cpu_us),
    }
}
