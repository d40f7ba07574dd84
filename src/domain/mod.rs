//! Pools, codes and the rules they obey, in the words of Graph's reference. Knows neither JSON,
//! nor SQL, nor HTTP, and leans on nothing else in this crate.

mod activation_code;
mod change;
mod ids;
mod invalid;
mod listing;
mod pool;
mod rules;
mod timestamp;

pub use activation_code::{ActivationCode, Iccid, MatchingId, SmdpAddress, Validation};
pub use change::Change;
pub use ids::{CodeId, Ids, PoolId, RequestId, TenantId};
pub use invalid::Invalid;
pub use listing::{Listing, Page};
pub use pool::{DisplayName, NewCode, NewPool, Pool, PoolChange, PoolDraft, PoolUpdate};
pub use rules::Rules;
pub use timestamp::Timestamp;
