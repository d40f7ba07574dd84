//! Absolute URLs in responses.

use crate::domain::PoolId;

/// Builds the URLs of a response, with the scheme, host and version prefix of the request.
#[derive(Clone, Debug)]
pub struct Links {
    base: String,
    metadata: MetadataLevel,
}

/// How many annotations a response has (`odata.metadata`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MetadataLevel {
    /// Contexts, types, ETags, links and counts.
    #[default]
    Minimal,
    /// Links and counts only.
    None,
}

/// A collection of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Collection {
    /// The tenant's pools.
    Pools,
    /// A pool's assignments.
    Assignments(PoolId),
    /// A pool's device states.
    DeviceStates(PoolId),
    /// A pool's codes, without their secrets.
    Codes(PoolId),
    /// The codes of all pools, without their secrets.
    TenantCodes,
    /// The device states of all pools.
    TenantDeviceStates,
    /// The tenant's audit log.
    AuditEvents,
}

const POOLS: &str = "deviceManagement/embeddedSIMActivationCodePools";

impl Collection {
    /// Its path, relative to the version prefix.
    fn path(self) -> String {
        match self {
            Self::Pools => POOLS.to_owned(),
            Self::Assignments(pool) => format!("{POOLS}/{pool}/assignments"),
            Self::DeviceStates(pool) => format!("{POOLS}/{pool}/deviceStates"),
            Self::Codes(pool) => format!("{POOLS}/{pool}/esimpool.codes"),
            Self::TenantCodes => format!("{POOLS}/esimpool.codes"),
            Self::TenantDeviceStates => format!("{POOLS}/esimpool.deviceStates"),
            Self::AuditEvents => "deviceManagement/auditEvents".to_owned(),
        }
    }

    /// Its fragment in a context URL.
    fn context(self) -> String {
        match self {
            Self::Pools => POOLS.to_owned(),
            Self::Assignments(pool) => format!("{POOLS}('{pool}')/assignments"),
            Self::DeviceStates(pool) => format!("{POOLS}('{pool}')/deviceStates"),
            Self::Codes(_) => "Collection(esimpool.code)".to_owned(),
            Self::TenantCodes => "Collection(esimpool.tenantCode)".to_owned(),
            Self::TenantDeviceStates => "Collection(esimpool.tenantDeviceState)".to_owned(),
            Self::AuditEvents => "deviceManagement/auditEvents".to_owned(),
        }
    }
}

impl Links {
    /// URLs that start with `base`: `http://127.0.0.1:8080/beta`.
    #[must_use]
    pub fn new(base: String, metadata: MetadataLevel) -> Self {
        Self { base, metadata }
    }

    /// The base of all URLs.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// How many annotations the response has.
    #[must_use]
    pub fn metadata(&self) -> MetadataLevel {
        self.metadata
    }

    /// The context URL with the fragment `what`; `None` if the response has no contexts.
    #[must_use]
    pub fn context(&self, what: &str) -> Option<String> {
        (self.metadata == MetadataLevel::Minimal).then(|| format!("{}/$metadata#{what}", self.base))
    }

    /// The context URL of a list; see [`Shape::projection`](super::Shape::projection).
    #[must_use]
    pub fn list_context(&self, collection: Collection, projection: &str) -> Option<String> {
        self.context(&format!("{}{projection}", collection.context()))
    }

    /// The context URL of a member of a collection.
    #[must_use]
    pub fn entity_context(&self, collection: Collection, projection: &str) -> Option<String> {
        self.context(&format!("{}{projection}/$entity", collection.context()))
    }

    /// The URL of a member.
    #[must_use]
    pub fn entity(&self, collection: Collection, id: impl std::fmt::Display) -> String {
        format!("{}/{}/{id}", self.base, collection.path())
    }

    /// The URL of a list, with a query string.
    #[must_use]
    pub fn list(&self, collection: Collection, query: &str) -> String {
        format!("{}/{}?{query}", self.base, collection.path())
    }
}
