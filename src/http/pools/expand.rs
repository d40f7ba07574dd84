//! `$expand` of pools: one statement per expanded property, however many pools are expanded.

use std::collections::HashMap;

use crate::auth::{Permit, Read};
use crate::domain::{Assignment, DeviceState, Page, PoolId};
use crate::http::error::ApiError;
use crate::http::page::{PageBody, PageWriter};
use crate::protocol::PoolNavigation::{Assignments, DeviceStates};
use crate::protocol::{
    Collection, Links, ListOptions, Model, PoolExpand, PoolExpansion, PoolNavigation,
};
use crate::store::Store;

/// The expanded properties of the first of several pools.
pub(super) struct Expansions<'o> {
    /// How many pools are expanded: all, or as many as one response may hold.
    pub(super) pools: usize,
    assignments: Option<Expansion<'o, Assignment>>,
    device_states: Option<Expansion<'o, DeviceState>>,
}

struct Expansion<'o, T: Model> {
    options: &'o ListOptions<T>,
    pages: HashMap<PoolId, Page<T>>,
}

impl<'o> Expansions<'o> {
    pub(super) async fn read(
        store: &Store,
        permit: &Permit<Read>,
        pools: &[PoolId],
        expand: &'o PoolExpand,
    ) -> Result<Self, ApiError> {
        let PoolExpand { assignments, device_states } = expand;
        let mut first = pools.len();
        let assignments = match assignments {
            Some(options) => {
                let pages = store.assignments_of(permit, pools, &options.listing).await?;
                first = pages.len();
                Some(Expansion { options, pages })
            }
            None => None,
        };
        let pools = &pools[..first];
        let device_states = match device_states {
            Some(options) => {
                let pages = store.device_states_of(permit, pools, &options.listing).await?;
                first = pages.len();
                Some(Expansion { options, pages })
            }
            None => None,
        };
        Ok(Self { pools: first, assignments, device_states })
    }

    /// Their part of the context URL.
    pub(super) fn projection(&self) -> Vec<String> {
        let assignments = self.assignments.as_ref().map(|it| it.projection(Assignments));
        let device_states = self.device_states.as_ref().map(|it| it.projection(DeviceStates));
        assignments.into_iter().chain(device_states).collect()
    }

    /// Removes and returns those of one pool, which are to fit into a response of so many bytes. Long
    /// ones end early, each with a link to the rest.
    pub(super) fn of(&mut self, pool: PoolId, links: &Links, max_bytes: usize) -> PoolExpansion {
        // Two of them, and the pool itself.
        let max_bytes = max_bytes / 3;
        let assignments = self.assignments.as_mut();
        let device_states = self.device_states.as_mut();
        PoolExpansion {
            assignments: assignments
                .map(|it| it.take(pool, Collection::Assignments(pool), links, max_bytes)),
            device_states: device_states
                .map(|it| it.take(pool, Collection::DeviceStates(pool), links, max_bytes)),
        }
    }
}

impl<T: Model> Expansion<'_, T> {
    fn projection(&self, navigation: PoolNavigation) -> String {
        let name = navigation.row().name;
        let selected =
            self.options.select.as_ref().map_or_else(String::new, |names| names.join(","));
        format!("{name}({selected})")
    }

    fn take(
        &mut self,
        pool: PoolId,
        collection: Collection,
        links: &Links,
        max_bytes: usize,
    ) -> PageBody<T> {
        let empty =
            Page { items: Vec::new(), more: false, count: self.options.listing.count.then_some(0) };
        let page = self.pages.remove(&pool).unwrap_or(empty);
        PageWriter::new(self.options, collection, links, max_bytes).page(page, || ())
    }
}
