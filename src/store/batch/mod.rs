//! Group commit: coalesces concurrent jobs of one kind and tenant into one statement.
//!
//! While a batch is executing, jobs queue; when it is done, the queue becomes the next batch. A job
//! never waits for others to come: the first one starts at once. If a batch fails, it is bisected,
//! so that the job at fault is found in log2(n) steps and fails alone.
//!
//! A job that cannot begin within the patience of its caller is refused at once, or dropped from its
//! queue; so is one whose caller has gone away. The reasons and the proof of safety are in
//! `docs/decisions/batching.md`.
//!
//! Knows no particular job and no SQL.

mod job;
mod policy;
mod queue;
mod queues;
mod run;
#[cfg(test)]
mod tests;

pub(super) use job::{BatchJob, JobResult};
pub(super) use policy::Policy;
pub(super) use queues::Queues;
