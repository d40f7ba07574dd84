//! More jobs than can be executed in time.

use std::time::Duration;

use super::{Bench, Does};
use crate::store::error::StoreError;

#[tokio::test]
async fn a_job_whose_caller_has_gone_away_is_not_executed() {
    let mut bench = Bench::new(100);
    let first = bench.submit(1, Does::Succeed).await;
    let gone = bench.submit(1, Does::Succeed).await;
    let last = bench.submit(1, Does::Succeed).await;
    gone.abort();
    drop(gone.await);
    let (batches, results) = bench.open(vec![first, last]).await;
    assert_eq!(batches, [vec![0], vec![2]]);
    assert_eq!(results, [Ok(0), Ok(2)]);
}

#[tokio::test]
async fn a_job_whose_turn_does_not_come_in_time_is_refused_and_not_executed() {
    let mut bench = Bench::with_patience(100, Duration::from_millis(50));
    let first = bench.submit(1, Does::Succeed).await;
    let late = bench.submit(1, Does::Succeed).await;
    let refused = late.await.expect("an answer while the first one still executes");
    assert!(matches!(refused, Err(StoreError::Unavailable(_))));
    let (batches, results) = bench.open(vec![first]).await;
    assert_eq!(batches, [vec![0]]);
    assert_eq!(results, [Ok(0)], "what executes is waited for");
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "what is tested depends on the age of a batch")]
async fn a_job_is_refused_at_once_if_those_before_it_would_take_too_long() {
    let mut bench = Bench::with_patience(10_000, Duration::from_secs(4));
    let mut answers = Vec::new();
    // One executes, and four full batches wait.
    for _ in 0..=1024 {
        answers.push(bench.submit(1, Does::Succeed).await);
    }
    // It has been executing for more than a quarter of the patience.
    tokio::time::sleep(Duration::from_millis(1050)).await;
    let refused = bench.submit(1, Does::Succeed).await;
    assert!(refused.is_finished(), "at once");
    assert!(matches!(refused.await.expect("an answer"), Err(StoreError::Unavailable(_))));
    let other = bench.submit(2, Does::Succeed).await;
    answers.push(other);
    let (_, results) = bench.open(answers).await;
    assert!(results.iter().all(Result::is_ok), "those that wait, and another tenant's");
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "what is tested depends on the age of a job")]
async fn the_newest_jobs_are_executed_first_once_the_oldest_have_waited_for_long() {
    let mut bench = Bench::with_patience(10_000, Duration::from_secs(4));
    let mut answers = Vec::new();
    for _ in 0..=300 {
        answers.push(bench.submit(1, Does::Succeed).await);
    }
    tokio::time::sleep(Duration::from_millis(550)).await;
    let (batches, _) = bench.open(answers).await;
    assert_eq!(batches[0], [0]);
    assert_eq!(batches[1], (45..=300).collect::<Vec<_>>(), "the newest, in their order");
    assert_eq!(batches[2], (1..45).collect::<Vec<_>>());
}
