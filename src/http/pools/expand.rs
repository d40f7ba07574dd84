//! `$expand` of pools: one statement for each expanded property, however many pools there are.

use std::collections::HashMap;
use std::sync::Arc;

use crate::auth::{Permit, Read};
use crate::domain::{Assignment, DeviceState, Page, PoolId};
use crate::http::ApiError;
use crate::protocol::{
    Body, Collection, Links, List, ListOptions, Model, PoolExpand, PoolExpansion, Shape, Wire,
};
use crate::store::Store;

/// What several pools are expanded with.
pub(super) struct Expansions<'o> {
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
        let assignments = match &expand.assignments {
            Some(options) => {
                let pages = store.assignments_of(permit, pools, &options.listing).await?;
                Some(Expansion { options, pages })
            }
            None => None,
        };
        let device_states = match &expand.device_states {
            Some(options) => {
                let pages = store.device_states_of(permit, pools, &options.listing).await?;
                Some(Expansion { options, pages })
            }
            None => None,
        };
        Ok(Self { assignments, device_states })
    }

    /// What a context says of them.
    pub(super) fn projection(&self) -> Vec<String> {
        let assignments = self.assignments.as_ref().map(|it| it.projection("assignments"));
        let device_states = self.device_states.as_ref().map(|it| it.projection("deviceStates"));
        assignments.into_iter().chain(device_states).collect()
    }

    /// Takes out what belongs to one pool.
    pub(super) fn of(&mut self, pool: PoolId, links: &Links) -> PoolExpansion {
        let assignments = self.assignments.as_mut();
        let device_states = self.device_states.as_mut();
        PoolExpansion {
            assignments: assignments.map(|it| it.take(pool, Collection::Assignments(pool), links)),
            device_states: device_states
                .map(|it| it.take(pool, Collection::DeviceStates(pool), links)),
        }
    }
}

impl<T: Model + Wire> Expansion<'_, T> {
    fn projection(&self, name: &str) -> String {
        let selected =
            self.options.select.as_ref().map_or_else(String::new, |names| names.join(","));
        format!("{name}({selected})")
    }

    fn take(&mut self, pool: PoolId, collection: Collection, links: &Links) -> List<Body<T>> {
        let empty =
            Page { items: Vec::new(), more: false, count: self.options.listing.count.then_some(0) };
        let page = self.pages.remove(&pool).unwrap_or(empty);
        page_body(page, self.options, collection, links)
    }
}

/// A page as it is written.
pub(in crate::http) fn page_body<T: Model + Wire>(
    page: Page<T>,
    options: &ListOptions<T>,
    collection: Collection,
    links: &Links,
) -> List<Body<T>> {
    let last = page.items.last().filter(|_| page.more);
    let next = last.map(|last| links.list(collection, &options.next(last)));
    let shape = Arc::new(Shape::new(links, options.select.clone()));
    let context = links.list_context(collection, &shape.projection(&[]));
    let body = |entity| Body::new(None, entity, shape.clone(), ());
    List::new(context, page.count, page.items.into_iter().map(body).collect(), next)
}
