//! The memory that the bodies of all requests in flight may take together, with what they are parsed
//! to. Tenants share it.

use std::time::{Duration, Instant};

use crate::shares::{Holder, Share, Shares, Threshold};

/// The unit in which memory is reserved.
const BLOCK_BYTES: usize = 4096;
/// How long a request waits for memory, for its body and again for its response.
pub(super) const RESERVE_TIMEOUT: Duration = Duration::from_secs(5);

/// The memory for small bodies and for the beginnings of others, as a divisor of the whole.
const SMALL_PART: usize = 8;
/// How much of a body may be in that memory: a body that costs no more never waits for long ones.
const SMALL_BYTES: usize = 64 * 1024;
/// At least so many bodies of one tenant find room in that memory, however little there is.
const MIN_SMALL_BODIES: usize = 8;
/// What the text of an object becomes: a code with its strings, its encrypted form, and its row on the
/// way to the database.
const OBJECT_BYTES: usize = 512;

/// A fixed amount of memory, reserved by requests as their bodies arrive.
#[derive(Debug)]
pub(super) struct BodyMemory {
    small: Shares,
    large: Shares,
    /// The blocks of a body that are in `small`.
    beginning: usize,
}

/// The memory that one request has reserved. Dropping it frees the memory.
#[derive(Debug, Default)]
pub(super) struct BodyReservation {
    small: Option<Share>,
    large: Option<Share>,
}

/// There was no memory for a body within [`RESERVE_TIMEOUT`].
#[derive(Debug)]
pub(super) struct NoBodyMemory;

/// The memory that a JSON document takes while its request is served, in bytes: its text, the strings
/// that are copied from it, and what its objects become.
pub(super) fn json_cost(json: &[u8], max_objects: usize) -> usize {
    let objects = json.split(|byte| *byte == b'{').count() - 1;
    json.len() * 2 + objects.min(max_objects) * OBJECT_BYTES
}

impl BodyMemory {
    /// So much memory, of which a tenant may hold as much as the threshold says.
    pub(super) fn new(bytes: usize, threshold: Threshold) -> Self {
        let blocks = bytes.div_ceil(BLOCK_BYTES);
        let small = Shares::new(blocks / SMALL_PART, threshold);
        let large = Shares::new(blocks - blocks / SMALL_PART, threshold);
        let beginning = (SMALL_BYTES / BLOCK_BYTES).min(small.most() / MIN_SMALL_BODIES).max(1);
        Self { small, large, beginning }
    }

    /// The memory that is not reserved, in bytes.
    pub(super) fn free_bytes(&self) -> usize {
        (self.small.free() + self.large.free()) * BLOCK_BYTES
    }

    /// How many bodies were refused because there was no memory for them.
    pub(super) fn refused(&self) -> u64 {
        self.small.refused() + self.large.refused()
    }

    /// Enlarges the reservation of a tenant's request to `bytes`, waiting for other requests to finish
    /// if necessary. What is more than a tenant may have alone is not counted: else such a request
    /// could never be served.
    ///
    /// # Errors
    /// [`NoBodyMemory`] after [`RESERVE_TIMEOUT`], so that two half-read bodies never wait for each
    /// other forever.
    pub(super) async fn enlarge(
        &self,
        reservation: &mut BodyReservation,
        tenant: Holder,
        bytes: usize,
    ) -> Result<(), NoBodyMemory> {
        let blocks = bytes.div_ceil(BLOCK_BYTES);
        let small = blocks.min(self.beginning).min(self.small.most());
        enlarge(&self.small, &mut reservation.small, tenant, small).await?;
        let large = (blocks - small).min(self.large.most());
        enlarge(&self.large, &mut reservation.large, tenant, large).await
    }
}

async fn enlarge(
    shares: &Shares,
    share: &mut Option<Share>,
    tenant: Holder,
    blocks: usize,
) -> Result<(), NoBodyMemory> {
    let more = blocks.saturating_sub(share.as_ref().map_or(0, Share::units));
    if more == 0 {
        return Ok(());
    }
    let until = Instant::now() + RESERVE_TIMEOUT;
    Share::merge(share, shares.take(tenant, more, until).await.ok_or(NoBodyMemory)?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{BodyMemory, BodyReservation, OBJECT_BYTES, Threshold, json_cost};

    const MIB: usize = 1024 * 1024;

    #[tokio::test]
    async fn small_bodies_find_memory_beside_large_ones() {
        let memory = BodyMemory::new(16 * MIB, Threshold::new(75));
        let mut large = BodyReservation::default();
        memory.enlarge(&mut large, None, 64 * MIB).await.expect("no more than there is");
        let left = memory.free_bytes();
        let mut small = BodyReservation::default();
        memory.enlarge(&mut small, None, 1000).await.expect("in the memory for small ones");
        assert_eq!(left - memory.free_bytes(), 4096);
        memory.enlarge(&mut small, None, 900).await.expect("it has that already");
        assert_eq!(left - memory.free_bytes(), 4096);
        drop((small, large));
        assert_eq!(memory.free_bytes(), 16 * MIB);
    }

    #[test]
    fn a_document_costs_what_its_objects_become() {
        assert_eq!(json_cost(b"{\"a\": [{}, {}]}", 10), 30 + 3 * OBJECT_BYTES);
        assert_eq!(json_cost(&b"{}".repeat(1000), 10), 4000 + 10 * OBJECT_BYTES);
    }
}
