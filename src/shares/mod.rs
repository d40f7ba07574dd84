//! Divides a limited resource between tenants, in units: memory in blocks, connections, places in
//! queues. Knows tenants and units, and not what the units are.
//!
//! The rule is that of dynamic thresholds (Choudhury and Hahne, 1998): a tenant may hold at most a
//! fixed multiple of what is free. One tenant alone gets the greater part, many get equal parts, and
//! something is always left for the next one. No tenant has to be known beforehand, and nothing is
//! set aside for tenants that do not ask.

mod ledger;
mod share;
mod threshold;

pub(crate) use share::{Share, Shares};
pub(crate) use threshold::Threshold;

use crate::domain::TenantId;

/// Who holds units: a tenant, or the service itself.
pub(crate) type Holder = Option<TenantId>;
