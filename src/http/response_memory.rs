//! The memory that responses take from the time when they are read from the database until they are
//! sent. Tenants share it.

use std::cell::RefCell;
use std::time::Instant;

use super::body_memory::{BodyReservation, RESERVE_TIMEOUT};
use crate::shares::{Holder, Share, Shares, Threshold};

/// The unit in which memory is reserved: the row of an entity, and its JSON.
const ENTITY_BYTES: usize = 4096;

/// A fixed amount of memory, reserved by requests before they read what they respond with.
#[derive(Debug)]
pub(super) struct ResponseMemory(Shares);

/// The memory that the response to one request holds.
#[derive(Debug, Default)]
pub(super) struct ResponseReservation {
    response: RefCell<Option<Share>>,
    /// That of the request's body, if the response repeats the body.
    body: RefCell<Option<BodyReservation>>,
}

/// What [`ResponseReservation`] held. Dropping it frees the memory.
pub(super) type Held = (Option<Share>, Option<BodyReservation>);

/// There was no memory for a response within [`RESERVE_TIMEOUT`].
#[derive(Debug)]
pub(super) struct NoResponseMemory;

impl ResponseMemory {
    /// So much memory, of which a tenant may hold as much as the threshold says.
    pub(super) fn new(bytes: usize, threshold: Threshold) -> Self {
        Self(Shares::new(bytes / ENTITY_BYTES, threshold))
    }

    /// The memory that is not reserved, in bytes.
    pub(super) fn free_bytes(&self) -> usize {
        self.0.free() * ENTITY_BYTES
    }

    /// How many requests were refused because there was no memory for their responses.
    pub(super) fn refused(&self) -> u64 {
        self.0.refused()
    }

    /// Reserves memory for a response of at most so many entities.
    ///
    /// # Errors
    /// [`NoResponseMemory`] after [`RESERVE_TIMEOUT`].
    pub(super) async fn reserve(
        &self,
        reservation: &ResponseReservation,
        tenant: Holder,
        entities: usize,
    ) -> Result<(), NoResponseMemory> {
        let units = entities.min(self.0.most());
        if units == 0 {
            return Ok(());
        }
        let share = self.0.take(tenant, units, Instant::now() + RESERVE_TIMEOUT).await;
        reservation.add(Some(share.ok_or(NoResponseMemory)?));
        Ok(())
    }
}

impl ResponseReservation {
    /// Adds memory of the same tenant.
    pub(super) fn add(&self, share: Option<Share>) {
        if let Some(share) = share {
            Share::merge(&mut self.response.borrow_mut(), share);
        }
    }

    /// Keeps the memory of the request's body.
    pub(super) fn keep_body(&self, reservation: BodyReservation) {
        self.body.replace(Some(reservation));
    }

    /// Gives back what a response of so many bytes does not need, and returns the rest.
    pub(super) fn take(&self, bytes: usize) -> Held {
        let mut response = self.response.take();
        if let Some(share) = &mut response {
            share.shrink(bytes.div_ceil(ENTITY_BYTES));
        }
        (response, self.body.take())
    }
}
