//! Master keys and tenants' keys: where they come from, how they are cached. Knows nothing of what
//! they encrypt.

mod master_key_source;
mod rows;
mod tenant_key_cache;

pub use master_key_source::MasterKeySource;
pub(super) use rows::{KeyRow, WRAPPED_KEYS, all_wrapped};
pub(super) use tenant_key_cache::TenantKeyCache;
