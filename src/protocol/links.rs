//! Absolute links in answers.

use crate::domain::PoolId;

/// Makes links as the client of one request can follow them: with the scheme, host and version
/// prefix that it used itself.
#[derive(Clone, Debug)]
pub struct Links {
    base: String,
}

const POOLS: &str = "deviceManagement/embeddedSIMActivationCodePools";

impl Links {
    /// Links below `base`: `http://127.0.0.1:8080/beta`.
    #[must_use]
    pub fn new(base: String) -> Self {
        Self { base }
    }

    /// The context of a list of pools.
    #[must_use]
    pub fn pools_context(&self) -> String {
        format!("{}/$metadata#{POOLS}", self.base)
    }

    /// The context of one pool.
    #[must_use]
    pub fn pool_context(&self) -> String {
        format!("{}/$metadata#{POOLS}/$entity", self.base)
    }

    /// Where a pool can be read.
    #[must_use]
    pub fn pool(&self, id: PoolId) -> String {
        format!("{}/{POOLS}/{id}", self.base)
    }

    /// The pools, with query options.
    #[must_use]
    pub fn pools(&self, query: &str) -> String {
        format!("{}/{POOLS}?{query}", self.base)
    }
}
