//! `esimpool.removedCodes`: what became of codes that were to be removed, and which.

use serde::Serialize;
use serde_json::Value;

use super::body::Model;
use super::links::Links;
use super::model::{EdmType, Property, StructuredType};
use super::openapi::{Limits, schema};
use super::query::{CountOptions, FromQuery, MostEntities, PageSizes, QueryOptions};
use crate::domain::{Invalid, Predicate, Removal};

/// `esimpool.removedCodes`
pub(super) static REMOVED_CODES: StructuredType = StructuredType::complex(
    "#esimpool.removedCodes",
    "The result of a removal of codes.",
    &[
        Property::read_only("removed", EdmType::Int64, "The number of codes that were removed."),
        Property::read_only(
            "left",
            EdmType::Int64,
            "The number of codes that match the filter and are left, as they are no longer free.",
        ),
    ],
);

/// The options of a removal: a filter, without which everything would be removed.
#[derive(Debug)]
pub struct RemovalOptions<M: Model> {
    /// The codes to remove, if they are free.
    pub filter: Predicate<M::Field>,
}

impl<M: Model> MostEntities for RemovalOptions<M> {}

impl<M: Model> FromQuery for RemovalOptions<M> {
    fn from_query(options: QueryOptions, sizes: PageSizes) -> Result<Self, Invalid> {
        if !options.has("filter") {
            let reason = "is required: it says which codes are removed, such as importId eq '…'";
            return Err(Invalid::new("$filter", reason));
        }
        let CountOptions { filter } = CountOptions::<M>::from_query(options, sizes)?;
        Ok(Self { filter })
    }

    fn parameters(limits: &Limits) -> Vec<Value> {
        let mut parameters = CountOptions::<M>::parameters(limits);
        for parameter in &mut parameters {
            if parameter["name"] == "$filter" {
                parameter["required"] = true.into();
            }
        }
        parameters
    }
}

/// The response to a removal.
#[derive(Debug, Serialize)]
pub struct RemovalBody {
    #[serde(rename = "@odata.context", skip_serializing_if = "Option::is_none")]
    context: Option<String>,
    removed: u64,
    left: u64,
}

impl RemovalBody {
    /// The result with its context.
    #[must_use]
    pub fn new(Removal { removed, left }: Removal, links: &Links) -> Self {
        Self { context: links.context(REMOVED_CODES.qualified_name()), removed, left }
    }

    /// Its JSON schema, for the OpenAPI document.
    #[must_use]
    pub fn schema() -> Value {
        schema::reference(&REMOVED_CODES)
    }
}
