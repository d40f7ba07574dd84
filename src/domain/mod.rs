//! Pools, codes and the rules they obey, in the words of Graph's reference. Knows neither JSON,
//! nor SQL, nor HTTP, and leans on nothing else in this crate.

mod activation_code;
mod assignment;
mod change;
mod device_state;
mod ids;
mod invalid;
mod listing;
mod pool;
mod rules;
mod timestamp;

pub use activation_code::{ActivationCode, Iccid, MatchingId, SmdpAddress, Validation};
pub use assignment::{
    Assignment, AssignmentField, Audience, DeviceFilter, NewAssignment, Target, TargetId,
};
pub use change::Change;
pub use device_state::{
    DeviceDetails, DeviceState, DeviceStateChange, DeviceStateField, DeviceStateValue,
    NewDeviceState,
};
pub use ids::{AssignmentId, CodeId, DeviceStateId, Ids, PoolId, RequestId, TenantId};
pub use invalid::Invalid;
pub use listing::{
    Comparison, Direction, Field, Kind, Listed, Listing, Operand, OrderKey, Page, Part, Predicate,
    Value, fold,
};
pub use pool::{DisplayName, NewCode, NewPool, Pool, PoolChange, PoolDraft, PoolField, PoolUpdate};
pub use rules::Rules;
pub use timestamp::Timestamp;
