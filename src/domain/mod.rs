//! Pools, codes and their rules, in the terms of Graph's reference. Knows neither JSON, SQL nor
//! HTTP, and depends on no other module of this crate.

mod activation_code;
mod assignment;
mod audit;
mod change;
mod change_context;
mod claim;
mod code_state;
mod confirmation_code;
mod device_identity;
mod device_state;
mod eid;
mod export;
mod iccid;
mod ids;
mod import;
mod installation;
mod invalid;
mod line_groups;
mod listing;
mod lpa;
mod pool;
mod pooled_code;
mod predicate;
mod removal;
mod rules;
mod smdp_address;
mod stock;
mod table;
mod take_over;
mod tenant_lists;
mod timestamp;

pub use activation_code::{ActivationCode, MatchingId, Validation};
pub use assignment::{
    Assignment, AssignmentField, Audience, DeviceFilter, NewAssignment, Target, TargetId,
};
pub use audit::{
    Activity, ActivityType, AuditChange, AuditDraft, AuditEvent, AuditField, AuditResource,
};
pub use change::Change;
pub use change_context::ChangeContext;
pub use claim::{ClaimDraft, ClaimOutcome, Claimed, NewClaim, Release, Told, TransitionOutcome};
pub use code_state::CodeState;
pub use confirmation_code::ConfirmationCode;
pub use device_identity::{DeviceIdentity, DeviceKey};
pub use device_state::{
    DeviceDetails, DeviceState, DeviceStateChange, DeviceStateField, DeviceStateValue,
    NewDeviceState,
};
pub use eid::{is_eid, is_rounded};
pub use export::ExportLine;
pub use iccid::{Iccid, SoughtIccid};
pub use ids::{
    AssignmentId, CodeId, DeviceStateId, EventId, HandoutId, IdGenerator, ImportId, PoolId,
    RequestId, TenantId,
};
pub use import::{ImportReport, MAX_REPORTED_REJECTIONS, Rejection};
pub use installation::{Installation, InstallationOutcome, Sheet};
pub use invalid::Invalid;
pub use line_groups::{LineCounts, LineGroup, LineOutcome};
pub use listing::{
    Direction, EnumType, Field, FieldSpec, Listed, Listing, MAX_EXPANDED, OrderKey, Page,
    PrimitiveType,
};
pub use lpa::{ActivationCodeString, ParseActivationCodeError};
pub use pool::{DisplayName, NewCode, NewPool, Pool, PoolChange, PoolDraft, PoolField, PoolUpdate};
pub use pooled_code::{CodeField, PooledCode};
pub use predicate::{Comparison, Operand, Predicate, StringMatch, Value, fold};
pub use removal::Removal;
pub use rules::Rules;
pub use smdp_address::SmdpAddress;
pub use stock::{OperatorStock, Stock, StockSummary};
pub use table::Table;
pub(crate) use table::table;
pub use take_over::{ImportedCode, PriorHandout, PriorUse, check_imported_text, imported_eid};
pub use tenant_lists::{TenantCode, TenantCodeField, TenantDeviceState, TenantDeviceStateField};
pub use timestamp::Timestamp;
