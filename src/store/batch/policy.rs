//! How large batches are, and how many execute at a time. Each constant was chosen by
//! `cargo bench` with 1 to 128 connections; see `docs/decisions/batching.md`.

use std::time::Duration;

use crate::shares::Threshold;

/// The most jobs of a batch.
const MAX_BATCH_JOBS: usize = 256;
/// The most rows of a batch. A job with more is executed by itself.
pub(super) const MAX_BATCH_ROWS: usize = 2048;

/// Batches of a tenant that execute at a time: one runs while the next is committing.
const MAX_IN_FLIGHT: usize = 2;
/// The same while batches take longer than [`SLOW_BATCH`]: they wait for a disk, not a processor.
const MAX_IN_FLIGHT_SLOW: usize = 4;
pub(super) const SLOW_BATCH: Duration = Duration::from_millis(3);
/// The same after a conflict, while each batch has one job.
const MAX_IN_FLIGHT_SINGLE: usize = 8;
/// How long jobs are executed one by one after some have conflicted.
pub(super) const CONFLICT_BACKOFF: Duration = Duration::from_millis(50);

/// What the queues of a store keep to.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) struct Policy {
    /// The most jobs of a kind that wait, over all tenants.
    pub(in crate::store) max_waiting: usize,
    /// How many of these places one tenant may have.
    pub(in crate::store) threshold: Threshold,
    /// Whether the database has one writer.
    pub(in crate::store) single_writer: bool,
    /// How long a caller waits for its job to begin.
    pub(in crate::store) patience: Duration,
}

/// The state of a queue, as far as the policy depends on it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Pace {
    Normal,
    /// The last batch took longer than [`SLOW_BATCH`].
    Slow,
    /// Jobs have conflicted within [`CONFLICT_BACKOFF`].
    OneByOne,
}

impl Pace {
    /// The most jobs of a batch.
    pub(super) fn max_jobs(self) -> usize {
        match self {
            Self::OneByOne => 1,
            Self::Normal | Self::Slow => MAX_BATCH_JOBS,
        }
    }
}

impl Policy {
    /// When the oldest job has waited for so long, the newest ones are executed first.
    pub(super) fn newest_first_after(self) -> Duration {
        self.patience / 8
    }

    /// How many batches of a tenant may execute at a time.
    pub(super) fn max_in_flight(self, pace: Pace) -> usize {
        match pace {
            _ if self.single_writer => 1,
            Pace::Normal => MAX_IN_FLIGHT,
            Pace::Slow => MAX_IN_FLIGHT_SLOW,
            Pace::OneByOne => MAX_IN_FLIGHT_SINGLE,
        }
    }
}
