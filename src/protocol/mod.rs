//! Graph's wire format as plain data: what requests say and what answers look like. Leans on
//! `domain`, and on `qr` for sheets; knows neither HTTP nor SQL.

mod assignment;
mod audit_event;
mod batch;
mod body;
mod claim;
mod code;
mod csdl;
mod device_state;
mod error_body;
mod export;
mod html;
mod import;
mod installation;
mod json;
mod links;
pub mod model;
pub mod openapi;
mod pool;
mod query;
mod stock;

pub use assignment::{AssignDraft, AssignmentChange, AssignmentDraft};
pub use batch::{Batch, BatchAnswer, BatchPart, PartAnswer};
pub use body::{Body, Expanded, List, Shape, Wire};
pub use claim::{ClaimedBody, InstallationLinks, Reinstatement};
pub use csdl::csdl;
pub use error_body::{ErrorBody, ErrorDetail, InnerError};
pub use export::{export_file_name, export_head, export_lines};
pub use import::{ImportBody, ImportDetails, ImportOptions};
pub use installation::{QrFormat, QrOptions, SheetOptions, sheet_page, windows_settings};
pub use json::FromJson;
pub use links::{Collection, Links, Metadata};
pub use model::Model;
pub use pool::{PoolEcho, PoolExpansion};
pub use query::{
    AnswerOptions, CountOptions, EntityOptions, FromQuery, ListOptions, PageSizes, PoolExpand,
    PoolListOptions, PoolOptions, QueryOptions,
};
pub use stock::{LowStockThreshold, StockBody};
