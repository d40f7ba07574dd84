//! Pools as commands name them.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use uuid::Uuid;

use super::{Api, Failure};

/// A pool, as far as commands look at it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::cli) struct Pool {
    pub(in crate::cli) id: Uuid,
    pub(in crate::cli) display_name: String,
    pub(in crate::cli) activation_code_count: u64,
}

/// A pool that a command names: by its id, or by its name.
#[derive(Clone, Debug)]
pub(in crate::cli) struct PoolNamed(String);

#[derive(Deserialize)]
struct Page {
    value: Vec<Pool>,
    #[serde(rename = "@odata.nextLink")]
    next: Option<String>,
}

impl From<&str> for PoolNamed {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl PoolNamed {
    /// The text as it was given.
    pub(in crate::cli) fn text(&self) -> &str {
        &self.0
    }

    /// The pool, or `None` if no pool has that name. A name that several have names none of them.
    pub(in crate::cli) async fn find(&self, api: &Api) -> Result<Option<Pool>, Failure> {
        if let Ok(id) = Uuid::try_parse(&self.0) {
            return api
                .get(&format!("/{id}?$select=id,displayName,activationCodeCount"))
                .await
                .map(Some);
        }
        let literal = self.0.replace('\'', "''");
        let filter = format!("displayName eq '{literal}'");
        let filter = utf8_percent_encode(&filter, NON_ALPHANUMERIC);
        let pools = api.pools(&format!("&$filter={filter}")).await?;
        if let [first, second, ..] = &pools[..] {
            return Err(format!(
                "{} pools are called '{}': name one by its id, for instance {} or {}",
                pools.len(),
                self.0,
                first.id,
                second.id
            )
            .into());
        }
        Ok(pools.into_iter().next())
    }

    /// Its id; a pool that is named by it is not looked for.
    pub(in crate::cli) async fn id(&self, api: &Api) -> Result<Uuid, Failure> {
        match Uuid::try_parse(&self.0) {
            Ok(id) => Ok(id),
            Err(_) => Ok(self.get(api).await?.id),
        }
    }

    /// The pool, which must be there.
    pub(in crate::cli) async fn get(&self, api: &Api) -> Result<Pool, Failure> {
        let found = self.find(api).await?;
        found.ok_or_else(|| format!("no pool is called '{}'", self.0).into())
    }
}

impl Api {
    /// All pools that further query options let through, in the order of their names.
    pub(in crate::cli) async fn pools(&self, options: &str) -> Result<Vec<Pool>, Failure> {
        let select = "$select=id,displayName,activationCodeCount&$orderby=displayName&$top=999";
        let mut next = Some(format!("?{select}{options}"));
        let mut pools = Vec::new();
        while let Some(path) = next {
            let page: Page = self.get(&path).await?;
            pools.extend(page.value);
            // The link names the service as it knows itself; here it has been named already.
            next = page.next.and_then(|link| Some(format!("?{}", link.split_once('?')?.1)));
        }
        Ok(pools)
    }
}
