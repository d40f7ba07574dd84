//! Pools, selected by name or id.

use serde::Deserialize;
use uuid::Uuid;

use super::lists::literal;
use super::{Api, Query};
use crate::cli::common::Failure;

/// The properties of a pool that commands use.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::cli) struct Pool {
    pub(in crate::cli) id: Uuid,
    pub(in crate::cli) display_name: String,
    pub(in crate::cli) activation_code_count: u64,
}

/// The id or the name of a pool, as given on the command line.
#[derive(Clone, Debug)]
pub(in crate::cli) struct PoolSelector(String);

impl From<&str> for PoolSelector {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl PoolSelector {
    pub(in crate::cli) fn text(&self) -> &str {
        &self.0
    }

    /// The pool, or `None` if no pool has this name. It is an error if several have it.
    pub(in crate::cli) async fn find(&self, api: &Api) -> Result<Option<Pool>, Failure> {
        if let Ok(id) = Uuid::try_parse(&self.0) {
            return api
                .get(&format!("/{id}?$select=id,displayName,activationCodeCount"))
                .await
                .map(Some);
        }
        let named = format!("displayName eq {}", literal(&self.0));
        let pools = api.pools(Query::default().filter(&[Some(named)])).await?;
        if let [first, second, ..] = &pools[..] {
            return Err(format!(
                "{} pools are named '{}'; use an id instead, such as {} or {}",
                pools.len(),
                self.0,
                first.id,
                second.id
            )
            .into());
        }
        Ok(pools.into_iter().next())
    }

    /// The id of the pool. If it was given as an id, no request is made.
    pub(in crate::cli) async fn id(&self, api: &Api) -> Result<Uuid, Failure> {
        match Uuid::try_parse(&self.0) {
            Ok(id) => Ok(id),
            Err(_) => Ok(self.get(api).await?.id),
        }
    }

    /// The pool. It is an error if it does not exist.
    pub(in crate::cli) async fn get(&self, api: &Api) -> Result<Pool, Failure> {
        let found = self.find(api).await?;
        found.ok_or_else(|| format!("no pool is named '{}'", self.0).into())
    }
}

impl Api {
    /// All pools that a query matches, ordered by name.
    pub(in crate::cli) async fn pools(&self, query: Query) -> Result<Vec<Pool>, Failure> {
        let query = query
            .with("$select", "id,displayName,activationCodeCount")
            .with("$orderby", "displayName");
        let pools = self.list("/embeddedSIMActivationCodePools", &query, usize::MAX).all().await?;
        pools.into_iter().map(|pool| Ok(Pool::deserialize(pool)?)).collect()
    }
}
