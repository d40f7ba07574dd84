//! How many entities a response may have, by its query options.

use super::{CountOptions, EntityOptions, ListOptions, PoolExpand, PoolListOptions, PoolOptions};
use crate::domain::MAX_EXPANDED;
use crate::protocol::AnswerOptions;
use crate::protocol::body::Model;

/// Query options that say how many entities are read.
pub trait MostEntities {
    /// The most entities that are read for the response, beside a single one.
    fn most_entities(&self) -> usize {
        0
    }
}

impl<M: Model> MostEntities for EntityOptions<M> {}

impl<M: Model> MostEntities for CountOptions<M> {}

impl MostEntities for AnswerOptions {}

impl<M: Model> MostEntities for ListOptions<M> {
    fn most_entities(&self) -> usize {
        self.listing.limit as usize
    }
}

impl MostEntities for PoolListOptions {
    fn most_entities(&self) -> usize {
        let pools = self.list.most_entities();
        pools + self.expand.most_entities(pools)
    }
}

impl MostEntities for PoolOptions {
    fn most_entities(&self) -> usize {
        self.expand.most_entities(1)
    }
}

impl PoolExpand {
    fn most_entities(&self, pools: usize) -> usize {
        let assignments = self.assignments.as_ref().map(MostEntities::most_entities);
        let device_states = self.device_states.as_ref().map(MostEntities::most_entities);
        let expanded = assignments.into_iter().chain(device_states);
        // One more tells whether there are more.
        expanded.map(|each| (pools * (each + 1)).min(MAX_EXPANDED as usize + 1)).sum()
    }
}
