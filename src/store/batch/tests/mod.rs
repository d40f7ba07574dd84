//! The queue with a fake job: no database.

mod overload;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

use super::{BatchJob, JobResult, Policy, Queues};
use crate::domain::TenantId;
use crate::shares::Threshold;
use crate::store::db::{LockRetries, Tasks};
use crate::store::error::{Conflict, StoreError};

/// What the fake job's batches were, each by the numbers of its jobs.
#[derive(Debug)]
struct Executed {
    batches: Mutex<Vec<Vec<u32>>>,
    /// A batch executes when it gets a permit.
    gate: Semaphore,
    alone: AtomicUsize,
}

#[derive(Debug)]
struct Fake {
    number: u32,
    tenant: u128,
    does: Does,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Does {
    Succeed,
    Conflict,
    LoseTheDatabase,
    /// Meets locked rows until it has been executed three times.
    MeetLocks,
    /// Is left to be retried alone by a batch of several.
    Wait,
    /// Is left to be retried alone by every batch.
    WaitLonger,
    Panic,
}

impl BatchJob for Fake {
    type Context = Arc<Executed>;
    type Output = u32;

    fn tenant(&self) -> TenantId {
        uuid::Uuid::from_u128(self.tenant).into()
    }

    fn rows(&self) -> usize {
        if self.number >= 1000 { 1500 } else { 1 }
    }

    async fn execute_batch(
        executed: &Self::Context,
        jobs: &[Arc<Self>],
        _: Instant,
    ) -> Result<Vec<JobResult<u32>>, StoreError> {
        executed.gate.acquire().await.expect("open").forget();
        let numbers = jobs.iter().map(|job| job.number).collect();
        let times = {
            let mut batches = executed.batches.lock().expect("whole");
            batches.push(numbers);
            batches.len()
        };
        let any = |does| jobs.iter().any(|job| job.does == does);
        assert!(!any(Does::Panic), "a job that panics");
        if any(Does::LoseTheDatabase) {
            return Err(StoreError::Unknown("gone".to_owned()));
        }
        if any(Does::MeetLocks) && times < 3 {
            return Err(StoreError::Locked("rows".to_owned()));
        }
        if any(Does::Conflict) {
            return Err(StoreError::Conflict(Conflict::RowExists));
        }
        let result = |job: &Arc<Self>| match job.does {
            Does::WaitLonger => JobResult::RetryAlone,
            Does::Wait if jobs.len() > 1 => JobResult::RetryAlone,
            _ => JobResult::Done(job.number),
        };
        Ok(jobs.iter().map(result).collect())
    }

    async fn execute_alone(
        executed: &Self::Context,
        job: &Arc<Self>,
        _: Instant,
    ) -> Result<u32, StoreError> {
        executed.alone.fetch_add(1, Ordering::Relaxed);
        Ok(job.number)
    }
}

struct Bench {
    queues: Arc<Queues>,
    executed: Arc<Executed>,
    numbers: u32,
}

type Answer = tokio::task::JoinHandle<Result<u32, StoreError>>;

impl Bench {
    fn new(max_waiting: usize) -> Self {
        Self::with_patience(max_waiting, Duration::from_mins(1))
    }

    fn with_patience(max_waiting: usize, patience: Duration) -> Self {
        Self::with(max_waiting, patience, Threshold::new(100))
    }

    fn with(max_waiting: usize, patience: Duration, threshold: Threshold) -> Self {
        let policy = Policy { max_waiting, threshold, single_writer: true, patience };
        let executed = Executed {
            batches: Mutex::default(),
            gate: Semaphore::new(0),
            alone: AtomicUsize::new(0),
        };
        let queues =
            Arc::new(Queues::new(policy, Tasks::current(), LockRetries::new(4, threshold)));
        Self { queues, executed: Arc::new(executed), numbers: 0 }
    }

    /// Submits a job of a tenant and waits until it is queued.
    async fn submit(&mut self, tenant: u128, does: Does) -> Answer {
        let number = self.numbers;
        self.numbers += 1;
        self.submit_as(number, tenant, does).await
    }

    async fn submit_as(&mut self, number: u32, tenant: u128, does: Does) -> Answer {
        let (queues, executed) = (self.queues.clone(), self.executed.clone());
        let answer =
            tokio::spawn(
                async move { queues.submit(&executed, Fake { number, tenant, does }).await },
            );
        // On one thread, every task runs until it waits.
        tokio::task::yield_now().await;
        answer
    }

    /// Lets all batches execute, and returns what they were.
    async fn open(&self, answers: Vec<Answer>) -> (Vec<Vec<u32>>, Vec<Result<u32, String>>) {
        self.executed.gate.add_permits(1000);
        let mut results = Vec::new();
        for answer in answers {
            let result = answer.await.expect("an answer");
            results.push(result.map_err(|error| error.to_string()));
        }
        (self.executed.batches.lock().expect("whole").clone(), results)
    }
}

#[tokio::test]
async fn jobs_that_come_while_a_batch_executes_become_the_next_batch() {
    let mut bench = Bench::new(100);
    let mut answers = Vec::new();
    for _ in 0..5 {
        answers.push(bench.submit(1, Does::Succeed).await);
    }
    let (batches, results) = bench.open(answers).await;
    assert_eq!(batches, [vec![0], vec![1, 2, 3, 4]]);
    assert_eq!(results, (0..5).map(Ok).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_batch_is_of_one_tenant() {
    let mut bench = Bench::new(100);
    let mut answers = Vec::new();
    for tenant in [1, 2, 1, 2, 1, 2] {
        answers.push(bench.submit(tenant, Does::Succeed).await);
    }
    let (mut batches, _) = bench.open(answers).await;
    batches.sort();
    assert_eq!(batches, [vec![0], vec![1], vec![2, 4], vec![3, 5]]);
}

#[tokio::test]
async fn a_job_at_fault_is_found_by_halves_and_fails_alone() {
    let mut bench = Bench::new(100);
    let mut answers = vec![bench.submit(1, Does::Succeed).await];
    for number in 1..9 {
        let does = if number == 6 { Does::Conflict } else { Does::Succeed };
        answers.push(bench.submit(1, does).await);
    }
    let (batches, results) = bench.open(answers).await;
    let failed = |(_, result): &(usize, &Result<u32, String>)| result.is_err();
    let failed: Vec<_> = results.iter().enumerate().filter(failed).map(|(n, _)| n).collect();
    assert_eq!(failed, [6]);
    assert_eq!(
        batches[1..],
        [
            vec![1, 2, 3, 4, 5, 6, 7, 8],
            vec![1, 2, 3, 4],
            vec![5, 6, 7, 8],
            vec![5, 6],
            vec![5],
            vec![6],
            vec![7, 8]
        ]
    );
}

#[tokio::test]
async fn a_lost_database_fails_the_whole_batch_without_trying_again() {
    let mut bench = Bench::new(100);
    let mut answers = vec![bench.submit(1, Does::Succeed).await];
    answers.push(bench.submit(1, Does::LoseTheDatabase).await);
    answers.push(bench.submit(1, Does::Succeed).await);
    let (batches, results) = bench.open(answers).await;
    assert_eq!(batches, [vec![0], vec![1, 2]]);
    assert!(results[0].is_ok() && results[1].is_err() && results[2].is_err());
}

#[tokio::test]
async fn a_job_that_cannot_be_decided_with_others_is_retried_alone() {
    let mut bench = Bench::new(100);
    let mut answers = vec![bench.submit(1, Does::Succeed).await];
    for does in [Does::Wait, Does::Succeed, Does::WaitLonger] {
        answers.push(bench.submit(1, does).await);
    }
    let (mut batches, results) = bench.open(answers).await;
    batches.sort();
    assert_eq!(batches, [vec![0], vec![1], vec![1, 2, 3], vec![3]]);
    assert_eq!(results, [Ok(0), Ok(1), Ok(2), Ok(3)]);
    assert_eq!(bench.executed.alone.load(Ordering::Relaxed), 1, "only the one that waits longer");
}

#[tokio::test]
async fn a_panic_fails_its_batch_and_the_queue_goes_on() {
    let mut bench = Bench::new(100);
    let first = bench.submit(1, Does::Panic).await;
    let second = bench.submit(1, Does::Succeed).await;
    let (_, results) = bench.open(vec![first, second]).await;
    assert!(results[0].is_err() && results[1].is_ok());
}

#[tokio::test]
async fn a_full_queue_refuses_at_once() {
    let mut bench = Bench::new(2);
    let mut answers = Vec::new();
    for _ in 0..4 {
        answers.push(bench.submit(1, Does::Succeed).await);
    }
    // The first is executing, two wait.
    let refused = answers.pop().expect("the fourth").await.expect("an answer");
    assert!(matches!(refused, Err(StoreError::Unavailable(_))));
    let (_, results) = bench.open(answers).await;
    assert!(results.iter().all(Result::is_ok));
}

#[tokio::test]
async fn a_tenant_that_fills_its_queue_leaves_places_for_others() {
    let mut bench = Bench::with(16, Duration::from_mins(1), Threshold::new(75));
    let mut answers = Vec::new();
    for _ in 0..=12 {
        answers.push(bench.submit(1, Does::Succeed).await);
    }
    // The first is executing, twelve wait: three quarters of the places.
    let refused = bench.submit(1, Does::Succeed).await;
    assert!(matches!(refused.await.expect("an answer"), Err(StoreError::Unavailable(_))));
    for tenant in [2, 2, 2, 3] {
        answers.push(bench.submit(tenant, Does::Succeed).await);
    }
    let (_, results) = bench.open(answers).await;
    assert!(results.iter().all(Result::is_ok), "{results:?}");
}

#[tokio::test]
async fn a_batch_has_no_more_rows_than_the_limit() {
    let mut bench = Bench::new(100);
    let mut answers = vec![bench.submit(1, Does::Succeed).await];
    for number in [1000, 1001, 1002] {
        answers.push(bench.submit_as(number, 1, Does::Succeed).await);
    }
    let (batches, _) = bench.open(answers).await;
    assert_eq!(batches, [vec![0], vec![1000], vec![1001], vec![1002]]);
}

#[tokio::test]
async fn a_job_that_meets_locked_rows_is_repeated_beside_the_queue() {
    let mut bench = Bench::new(100);
    let first = bench.submit(1, Does::MeetLocks).await;
    let second = bench.submit(1, Does::Succeed).await;
    let (batches, results) = bench.open(vec![first, second]).await;
    assert_eq!(batches, [[0], [1], [0]]);
    assert_eq!(results, [Ok(0), Ok(1)]);
}
