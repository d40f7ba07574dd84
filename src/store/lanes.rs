//! Callers of one tenant who want the same kind of thing at the same moment travel together: what
//! has come while the last statement ran goes to the database as the next one. Nobody waits for
//! company: whoever comes to an empty lane leaves at once.
//!
//! Each caller hears what became of its own. Where several cannot be done together they are done by
//! halves, so that who is at fault is found among a thousand in ten steps; and who would have to wait
//! for others is left to go alone. `docs/merged-writes.md` says why all of this is safe.

use std::collections::{HashMap, VecDeque};
use std::fmt::Debug;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use tokio::sync::oneshot;

use super::engine::Dialect;
use super::{Store, StoreError};
use crate::domain::TenantId;

/// Something that can be done for several callers at once.
pub(super) trait Shared: Debug + Send + Sync + Sized + 'static {
    /// What each of them gets.
    type Output: Debug + Send + 'static;

    /// Where those of its kind wait.
    fn lanes(store: &Store) -> &Lanes<Self>;

    /// Whose it is: a statement is about one tenant.
    fn tenant(&self) -> TenantId;

    /// How many rows it takes, about.
    fn rows(&self) -> usize {
        1
    }

    /// Does all of them, or fails and has done none. What it says is in their order. One without
    /// company waits for whatever is in its way; several leave alone who would have to.
    fn together(
        store: &Store,
        jobs: &[Arc<Self>],
    ) -> impl Future<Output = Result<Vec<Verdict<Self::Output>>, StoreError>> + Send;
}

/// What became of one of several.
#[derive(Debug)]
pub(super) enum Verdict<T> {
    /// It is done.
    Done(T),
    /// Nothing was done of it: it has to go alone.
    Alone,
}

/// The lanes of one kind of work, a lane a tenant.
#[derive(Debug)]
pub(super) struct Lanes<J: Shared> {
    by_tenant: Mutex<HashMap<TenantId, Lane<J>>>,
    waiting: AtomicUsize,
    most_waiting: usize,
}

#[derive(Debug)]
struct Lane<J: Shared> {
    waiting: VecDeque<Waiting<J>>,
    /// How many statements are under way.
    under_way: usize,
    /// Whether the last one took long: its commit then waits for a slow disk, not for a processor.
    slow: bool,
    /// Until when nobody travels together here, since somebody was in the way of others.
    apart: Option<Instant>,
}

#[derive(Debug)]
struct Waiting<J: Shared> {
    job: Arc<J>,
    answer: oneshot::Sender<Result<J::Output, StoreError>>,
}

/// So many travel together at the most,
const MOST_JOBS: usize = 256;
/// and so many rows.
const MOST_ROWS: usize = 2048;
/// Statements of a lane that are under way at the same time.
const AT_ONCE: usize = 2;
/// The same where each takes longer than this, and where each takes one along only.
const AT_ONCE_IF_SLOW: usize = 4;
const SLOW: Duration = Duration::from_millis(3);
const AT_ONCE_IF_APART: usize = 8;
/// How long callers go one by one after some of them were in each other's way.
const APART: Duration = Duration::from_millis(50);

impl<J: Shared> Lanes<J> {
    /// Empty lanes, in which so many may wait, all together.
    pub(super) fn new(most_waiting: usize) -> Self {
        let (by_tenant, waiting) = (Mutex::default(), AtomicUsize::default());
        Self { by_tenant, waiting, most_waiting }
    }

    fn lanes(&self) -> MutexGuard<'_, HashMap<TenantId, Lane<J>>> {
        self.by_tenant.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues a job, and says whether there is something to be begun.
    fn enter(&self, waiting: Waiting<J>, dialect: Dialect) -> Result<bool, StoreError> {
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= self.most_waiting {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            return Err(StoreError::Unavailable("too many changes are waiting".to_owned()));
        }
        let mut lanes = self.lanes();
        let lane = lanes.entry(waiting.job.tenant()).or_insert_with(Lane::new);
        lane.waiting.push_back(waiting);
        let begin = lane.under_way < lane.at_once(dialect);
        lane.under_way += usize::from(begin);
        Ok(begin)
    }

    /// Those of a lane who travel next; with none the lane is left.
    fn next(&self, tenant: TenantId, dialect: Dialect) -> Option<Vec<Waiting<J>>> {
        let mut lanes = self.lanes();
        let lane = lanes.get_mut(&tenant)?;
        // One too many, once what was slow is fast again.
        let leave = lane.under_way > lane.at_once(dialect) || lane.waiting.is_empty();
        if !leave {
            let batch = lane.take();
            self.waiting.fetch_sub(batch.len(), Ordering::Relaxed);
            return Some(batch);
        }
        lane.under_way -= 1;
        if lane.under_way == 0 && lane.waiting.is_empty() {
            lanes.remove(&tenant);
        }
        None
    }

    /// Learns from what has just been done.
    fn note(&self, tenant: TenantId, took: Duration, in_the_way: bool) {
        if let Some(lane) = self.lanes().get_mut(&tenant) {
            lane.slow = took > SLOW;
            if in_the_way {
                lane.apart = Some(Instant::now() + APART);
            }
        }
    }
}

impl<J: Shared> Lane<J> {
    fn new() -> Self {
        Self { waiting: VecDeque::new(), under_way: 0, slow: false, apart: None }
    }

    fn is_apart(&self) -> bool {
        self.apart.is_some_and(|until| Instant::now() < until)
    }

    /// How many statements may be under way.
    fn at_once(&self, dialect: Dialect) -> usize {
        match dialect {
            // The only writer.
            Dialect::Sqlite => 1,
            Dialect::Postgres if self.is_apart() => AT_ONCE_IF_APART,
            Dialect::Postgres if self.slow => AT_ONCE_IF_SLOW,
            Dialect::Postgres => AT_ONCE,
        }
    }

    fn take(&mut self) -> Vec<Waiting<J>> {
        let most = if self.is_apart() { 1 } else { MOST_JOBS };
        let mut rows = 0;
        let fits = |waiting: &&Waiting<J>| {
            rows += waiting.job.rows();
            rows <= MOST_ROWS
        };
        let fitting = self.waiting.iter().take(most).take_while(fits).count();
        self.waiting.drain(..fitting.max(1)).collect()
    }
}

impl Store {
    /// Does a job, together with others that are waiting; a large one by itself.
    pub(super) async fn share<J: Shared>(&self, job: J) -> Result<J::Output, StoreError> {
        if job.rows() > MOST_ROWS {
            return self.alone(&Arc::new(job)).await;
        }
        let (answer, answered) = oneshot::channel();
        let dialect = self.0.engine.dialect();
        let tenant = job.tenant();
        if J::lanes(self).enter(Waiting { job: Arc::new(job), answer }, dialect)? {
            self.0.engine.spawn(travel::<J>(self.clone(), tenant));
        }
        let gone = |_| Err(StoreError::Unknown("the work was not brought to its end".to_owned()));
        answered.await.unwrap_or_else(gone)
    }

    /// Does a job without company.
    pub(super) async fn alone<J: Shared>(&self, job: &Arc<J>) -> Result<J::Output, StoreError> {
        let done = J::together(self, std::slice::from_ref(job)).await?;
        match done.into_iter().next() {
            Some(Verdict::Done(output)) => Ok(output),
            Some(Verdict::Alone) | None => {
                Err(StoreError::Unavailable("others were in the way for too long".to_owned()))
            }
        }
    }
}

/// Does what waits in a lane, until nothing does. On the runtime that opened the store: whatever
/// was begun is brought to its end even if its caller leaves.
async fn travel<J: Shared>(store: Store, tenant: TenantId) {
    let dialect = store.0.engine.dialect();
    while let Some(batch) = J::lanes(&store).next(tenant, dialect) {
        let began = Instant::now();
        // Who panics takes its company along, whose answers are then dropped, but not the lane.
        let done = AssertUnwindSafe(deliver(&store, batch)).catch_unwind().await;
        J::lanes(&store).note(tenant, began.elapsed(), done.unwrap_or(true));
    }
}

/// Does these, and tells each of them. Says whether they were in each other's way.
async fn deliver<J: Shared>(store: &Store, batch: Vec<Waiting<J>>) -> bool {
    let mut in_the_way = false;
    let mut parts = vec![batch];
    while let Some(mut part) = parts.pop() {
        let jobs: Vec<_> = part.iter().map(|waiting| waiting.job.clone()).collect();
        match J::together(store, &jobs).await {
            Ok(verdicts) => {
                for (waiting, verdict) in part.into_iter().zip(verdicts) {
                    match verdict {
                        Verdict::Done(output) => waiting.tell(Ok(output)),
                        Verdict::Alone => waiting.go_alone(store),
                    }
                }
            }
            // The database is away: for all of them.
            Err(StoreError::Unavailable(cause) | StoreError::Unknown(cause)) => {
                for waiting in part {
                    waiting.tell(Err(StoreError::Unavailable(cause.clone())));
                }
            }
            Err(_) if part.len() > 1 => {
                in_the_way = true;
                let second = part.split_off(part.len() / 2);
                parts.extend([second, part]);
            }
            Err(error) => {
                if let Some(waiting) = part.pop() {
                    waiting.tell(Err(error));
                }
            }
        }
    }
    in_the_way
}

impl<J: Shared> Waiting<J> {
    /// Tells the caller, who may have left.
    fn tell(self, answer: Result<J::Output, StoreError>) {
        drop(self.answer.send(answer));
    }

    /// Goes without company, beside the lane: it may take long.
    fn go_alone(self, store: &Store) {
        let alone = store.clone();
        store.0.engine.spawn(async move {
            let done = alone.alone(&self.job).await;
            self.tell(done);
        });
    }
}
