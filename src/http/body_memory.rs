//! The memory that the bodies of all requests in flight may take together.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The unit in which memory is reserved.
const BLOCK_BYTES: usize = 4096;
/// How long a body waits for memory.
const RESERVE_TIMEOUT: Duration = Duration::from_secs(5);

/// A fixed amount of memory, reserved by requests as their bodies arrive.
#[derive(Debug)]
pub(super) struct BodyMemory(Arc<Semaphore>);

/// The memory that one request has reserved. Dropping it frees the memory.
#[derive(Debug, Default)]
pub(super) struct BodyReservation {
    bytes: usize,
    blocks: Option<OwnedSemaphorePermit>,
}

/// There was no memory for a body within [`RESERVE_TIMEOUT`].
#[derive(Debug)]
pub(super) struct NoBodyMemory;

impl BodyMemory {
    pub(super) fn new(bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new(bytes.div_ceil(BLOCK_BYTES))))
    }

    /// The memory that is not reserved, in bytes.
    pub(super) fn free_bytes(&self) -> usize {
        self.0.available_permits() * BLOCK_BYTES
    }

    /// Enlarges `reservation` to `bytes`, waiting for other requests to finish if necessary.
    ///
    /// # Errors
    /// [`NoBodyMemory`] after [`RESERVE_TIMEOUT`], so that two half-read bodies never wait for each
    /// other forever.
    pub(super) async fn enlarge(
        &self,
        reservation: &mut BodyReservation,
        bytes: usize,
    ) -> Result<(), NoBodyMemory> {
        let more = bytes.div_ceil(BLOCK_BYTES) - reservation.bytes.div_ceil(BLOCK_BYTES);
        if more > 0 {
            let more = u32::try_from(more).unwrap_or(u32::MAX);
            let acquired = self.0.clone().acquire_many_owned(more);
            let acquired = tokio::time::timeout(RESERVE_TIMEOUT, acquired).await;
            let Ok(Ok(acquired)) = acquired else { return Err(NoBodyMemory) };
            match &mut reservation.blocks {
                Some(blocks) => blocks.merge(acquired),
                none => *none = Some(acquired),
            }
        }
        reservation.bytes = bytes;
        Ok(())
    }
}
