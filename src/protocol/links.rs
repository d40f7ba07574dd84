//! Absolute links in answers.

use crate::domain::PoolId;

/// Makes links as the client of one request can follow them: with the scheme, host and version
/// prefix that it used itself.
#[derive(Clone, Debug)]
pub struct Links {
    base: String,
    metadata: Metadata,
}

/// How much an answer says of itself (`odata.metadata`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Metadata {
    /// Contexts, types and etags.
    #[default]
    Minimal,
    /// Nothing but what a client cannot do without: links and counts.
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
    /// The tenant's audit log.
    AuditEvents,
}

const POOLS: &str = "deviceManagement/embeddedSIMActivationCodePools";

impl Collection {
    /// Its path below the version.
    fn path(self) -> String {
        match self {
            Self::Pools => POOLS.to_owned(),
            Self::Assignments(pool) => format!("{POOLS}/{pool}/assignments"),
            Self::DeviceStates(pool) => format!("{POOLS}/{pool}/deviceStates"),
            Self::Codes(pool) => format!("{POOLS}/{pool}/esimpool.codes"),
            Self::AuditEvents => "deviceManagement/auditEvents".to_owned(),
        }
    }

    /// Its name in a context.
    fn context(self) -> String {
        match self {
            Self::Pools => POOLS.to_owned(),
            Self::Assignments(pool) => format!("{POOLS}('{pool}')/assignments"),
            Self::DeviceStates(pool) => format!("{POOLS}('{pool}')/deviceStates"),
            Self::Codes(_) => "Collection(esimpool.code)".to_owned(),
            Self::AuditEvents => "deviceManagement/auditEvents".to_owned(),
        }
    }
}

impl Links {
    /// Links below `base`: `http://127.0.0.1:8080/beta`.
    #[must_use]
    pub fn new(base: String, metadata: Metadata) -> Self {
        Self { base, metadata }
    }

    /// The base itself.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// How much the answer says of itself.
    #[must_use]
    pub fn metadata(&self) -> Metadata {
        self.metadata
    }

    /// What an answer is: a part of what `$metadata` describes.
    #[must_use]
    pub fn context(&self, what: &str) -> Option<String> {
        (self.metadata == Metadata::Minimal).then(|| format!("{}/$metadata#{what}", self.base))
    }

    /// The context of a list, cut down as `projection` says.
    #[must_use]
    pub fn list_context(&self, collection: Collection, projection: &str) -> Option<String> {
        self.context(&format!("{}{projection}", collection.context()))
    }

    /// The context of one of its members.
    #[must_use]
    pub fn entity_context(&self, collection: Collection, projection: &str) -> Option<String> {
        self.context(&format!("{}{projection}/$entity", collection.context()))
    }

    /// Where a member can be read.
    #[must_use]
    pub fn entity(&self, collection: Collection, id: impl std::fmt::Display) -> String {
        format!("{}/{}/{id}", self.base, collection.path())
    }

    /// A part of the collection, by query options.
    #[must_use]
    pub fn list(&self, collection: Collection, query: &str) -> String {
        format!("{}/{}?{query}", self.base, collection.path())
    }
}
