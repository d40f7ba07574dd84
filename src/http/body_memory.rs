//! The memory that request bodies may take, all together.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::ApiError;

/// Bytes are counted in blocks of this size.
const BLOCK: usize = 4096;
/// How long a body waits for others to be done with.
const PATIENCE: Duration = Duration::from_secs(5);

/// So many bytes and no more.
#[derive(Debug)]
pub(super) struct BodyMemory(Arc<Semaphore>);

/// What one request has taken of a budget. Gives it back when dropped.
#[derive(Debug, Default)]
pub(super) struct BodyReservation {
    bytes: usize,
    blocks: Option<OwnedSemaphorePermit>,
}

impl BodyMemory {
    pub(super) fn new(bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new(bytes.div_ceil(BLOCK))))
    }

    /// Bytes that are still to be had.
    pub(super) fn left(&self) -> usize {
        self.0.available_permits() * BLOCK
    }

    /// Enlarges `share` to hold `bytes`, waiting for others if there is need. A caller that waits
    /// in vain is told to come again and gives back what it held, so that two half-read bodies
    /// never wait for each other for ever.
    pub(super) async fn enlarge(
        &self,
        share: &mut BodyReservation,
        bytes: usize,
    ) -> Result<(), ApiError> {
        let more = bytes.div_ceil(BLOCK) - share.bytes.div_ceil(BLOCK);
        if more > 0 {
            let more = u32::try_from(more).unwrap_or(u32::MAX);
            let taken =
                tokio::time::timeout(PATIENCE, self.0.clone().acquire_many_owned(more)).await;
            let Ok(Ok(taken)) = taken else {
                return Err(ApiError::Overloaded);
            };
            match &mut share.blocks {
                Some(blocks) => blocks.merge(taken),
                none => *none = Some(taken),
            }
        }
        share.bytes = bytes;
        Ok(())
    }
}
