//! Graph's wire format as plain data: the bodies and query options of requests, and the bodies of
//! responses. Depends on `domain`, and on `qr` for sheets; knows neither HTTP nor SQL.

mod activation_code;
mod assignment;
mod audit_event;
mod batch;
mod body;
mod catalog;
mod claim;
mod csdl;
mod device_state;
mod error_body;
mod export;
mod html;
mod import;
mod installation;
mod json;
mod links;
mod model;
pub mod openapi;
mod pool;
mod pooled_code;
mod query;
mod release;
mod removal;
mod stock;
mod target;
mod tenant_lists;

#[cfg(test)]
mod tests;

pub use assignment::{AssignDraft, AssignmentChange, AssignmentDraft};
pub use batch::{Batch, BatchRequest, BatchResponse, BatchResponses, PartId};
pub use body::{EntityBody, Expanded, ListBody, Model, Shape, Wire, Written};
pub use claim::{ClaimedBody, InstallationLinks};
pub use csdl::csdl;
pub use error_body::{ErrorBody, ErrorDetail, InnerError};
pub use export::{export_file_name, export_head, export_lines};
pub use html::escaped;
pub use import::{ImportBody, ImportDetails, ImportOptions};
pub use installation::{
    QrFormat, QrOptions, SHEET_STYLE, SheetOptions, sheet_page, windows_settings,
};
pub use json::FromJson;
pub use links::{Collection, Links, MetadataLevel};
pub use model::StructuredType;
pub use pool::{PoolEcho, PoolExpansion, PoolNavigation};
pub use query::{
    AnswerOptions, CountOptions, EntityOptions, FromQuery, ListOptions, MostEntities, PageSizes,
    PoolExpand, PoolListOptions, PoolOptions, QueryOptions,
};
pub use release::Reinstatement;
pub use removal::{RemovalBody, RemovalOptions};
pub use stock::{LowStockThreshold, StockBody};
