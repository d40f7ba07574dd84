//! Pools, codes and the rules they obey, in the words of Graph's reference. Knows neither JSON,
//! nor SQL, nor HTTP, and leans on nothing else in this crate.

mod activation_code;
mod assignment;
mod audit;
mod change;
mod claim;
mod code_state;
mod device_state;
mod eid;
mod iccid;
mod ids;
mod import;
mod invalid;
mod inventory;
mod listing;
mod lpa;
mod pool;
mod pooled_code;
mod rules;
mod shown;
mod smdp_address;
mod stamp;
mod stock;
mod timestamp;

pub use activation_code::{ActivationCode, MatchingId, Validation};
pub use assignment::{
    Assignment, AssignmentField, Audience, DeviceFilter, NewAssignment, Target, TargetId,
};
pub use audit::{Activity, AuditChange, AuditDraft, AuditEvent, AuditField, AuditResource};
pub use change::Change;
pub use claim::{ClaimDraft, Claimed, Claiming, DeviceKey, NewClaim, Release, TakenBack};
pub use code_state::CodeState;
pub use device_state::{
    DeviceDetails, DeviceState, DeviceStateChange, DeviceStateField, DeviceStateValue,
    NewDeviceState,
};
pub use eid::is_eid;
pub use iccid::{Iccid, SoughtIccid};
pub use ids::{
    AssignmentId, CodeId, DeviceStateId, EventId, HandoutId, Ids, PoolId, RequestId, TenantId,
};
pub use import::{ImportReport, MOST_REJECTED, Rejection};
pub use invalid::Invalid;
pub use inventory::InventoryLine;
pub use listing::{
    Comparison, Direction, Field, Kind, Listed, Listing, Operand, OrderKey, Page, Part, Predicate,
    Value, fold,
};
pub use lpa::{ActivationCodeString, NoActivationCode};
pub use pool::{DisplayName, NewCode, NewPool, Pool, PoolChange, PoolDraft, PoolField, PoolUpdate};
pub use pooled_code::{CodeField, PooledCode};
pub use rules::Rules;
pub use shown::{Sheet, Showing, Shown};
pub use smdp_address::SmdpAddress;
pub use stamp::Stamp;
pub use stock::{OperatorStock, Stock};
pub use timestamp::Timestamp;
