//! Another tenant, which does a day's work at a steady pace.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use esimpool::auth::Permission;
use reqwest::{Method, header::CONTENT_TYPE};
use serde_json::{Value, json};
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::attacker::token;
use crate::support::{Actor, Answer, POOLS, code};

/// How often each worker begins a request.
const PACE: Duration = Duration::from_millis(50);
/// A request that takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(20);
/// The first code of the next pool: a code that was handed out is never handed out again.
static NEXT_CODE: AtomicUsize = AtomicUsize::new(0);

/// What a tenant met.
#[derive(Default)]
pub struct Experience {
    /// How long each request took, in milliseconds.
    pub times: Vec<f64>,
    /// What went wrong.
    pub failures: Vec<String>,
}

impl Experience {
    /// The time within which that share of all requests were answered.
    pub fn within(&self, share: f64) -> f64 {
        let mut times = self.times.clone();
        times.sort_by(f64::total_cmp);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index")]
        #[expect(clippy::cast_precision_loss, reason = "some thousands")]
        let index = (times.len() as f64 * share) as usize;
        times.get(index.min(times.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
    }

    pub fn add(&mut self, other: Self) {
        self.times.extend(other.times);
        self.failures.extend(other.failures);
    }
}

/// A caller who may do everything in its tenant.
pub fn bystander(addr: SocketAddr, folder: &Path) -> Actor {
    let all = [Permission::ConfigurationReadWriteAll, Permission::ActivationCodeClaimAll];
    Actor::new(addr, Some(&token(folder, "bystander", &all)))
}

/// Creates, reads, lists and claims, a request each `PACE`, until the time is over.
pub async fn work(actor: Actor, worker: usize, length: Duration) -> Experience {
    let begun = Instant::now();
    let mut experience = Experience::default();
    let mut pace = interval(PACE);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut pool = String::new();
    for number in 0.. {
        pace.tick().await;
        if begun.elapsed() > length {
            break;
        }
        let (method, path, body) = step(&pool, worker, number);
        let request = actor.request(method, &path).header(CONTENT_TYPE, "application/json");
        let asked = Instant::now();
        let answer = Answer::try_of(request.body(body.to_string()));
        match timeout(PATIENCE, answer).await {
            Ok(Ok(answer)) if answer.status.is_success() => {
                if number % 10 == 0 {
                    answer.header("location").clone_into(&mut pool);
                }
            }
            Ok(Ok(answer)) => {
                experience.failures.push(format!("{path}: {} {}", answer.status, answer.text()));
            }
            Ok(Err(error)) => experience.failures.push(format!("{path}: {error:?}")),
            Err(_) => experience.failures.push(format!("{path}: no answer")),
        }
        experience.times.push(asked.elapsed().as_secs_f64() * 1000.0);
    }
    experience
}

/// What a worker does next: a pool in every ten requests, then reads and claims of it.
fn step(pool: &str, worker: usize, number: usize) -> (Method, String, Value) {
    match number % 10 {
        0 => {
            let first = NEXT_CODE.fetch_add(5, Ordering::Relaxed);
            let codes: Vec<Value> = (first..first + 5).map(code).collect();
            let body = json!({ "displayName": "Spring", "activationCodes": codes });
            (Method::POST, POOLS.to_owned(), body)
        }
        1 | 4 | 7 => (Method::GET, pool.to_owned(), Value::Null),
        2 | 5 => {
            let body = json!({ "deviceName": format!("device {worker} {number}") });
            (Method::POST, format!("{pool}/esimpool.claim"), body)
        }
        3 => (
            Method::GET,
            format!("{POOLS}?$top=10&$filter=startswith(displayName,'S')"),
            Value::Null,
        ),
        _ => (Method::GET, format!("{pool}/deviceStates"), Value::Null),
    }
}
