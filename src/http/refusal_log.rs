//! The most recent refusals of tokens of the development issuer, in memory, for developers at this
//! machine.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::auth::{Permission, TokenSummary};
use crate::domain::{RequestId, TenantId, Timestamp};

/// How many refusals are kept.
const MAX_REFUSALS: usize = 500;

/// The most recent refusals, the latest last.
#[derive(Debug, Default)]
pub(super) struct RefusalLog(Mutex<VecDeque<Arc<LoggedRefusal>>>);

/// A request that was refused, and why.
#[derive(Debug)]
pub(super) struct LoggedRefusal {
    pub(super) request_id: RequestId,
    pub(super) at: Timestamp,
    pub(super) method: String,
    pub(super) route: &'static str,
    pub(super) status: u16,
    /// `error.code` of the response.
    pub(super) code: &'static str,
    /// The name of the check that failed.
    pub(super) check: &'static str,
    pub(super) why: String,
    /// What the token contained, none of it verified.
    pub(super) token: Option<TokenSummary>,
    /// The permissions of which the route needs one.
    pub(super) needed: &'static [Permission],
    /// The caller's tenant, if the token was valid.
    pub(super) tenant: Option<TenantId>,
}

impl LoggedRefusal {
    fn concerns(&self, tenant: TenantId) -> bool {
        if let Some(own) = self.tenant {
            return own == tenant;
        }
        let named = self.token.as_ref().and_then(|token| token.values.get("tid"));
        named.is_none_or(|named| named.as_str() == Some(&tenant.to_string()))
    }
}

impl RefusalLog {
    /// Adds a refusal; the oldest is dropped once there are [`MAX_REFUSALS`].
    pub(super) fn push(&self, refusal: LoggedRefusal) {
        let mut refusals = self.refusals();
        if refusals.len() == MAX_REFUSALS {
            refusals.pop_front();
        }
        refusals.push_back(Arc::new(refusal));
    }

    /// The refusal of that request, or `None` if there was none or it was dropped.
    pub(super) fn find(&self, request_id: RequestId) -> Option<Arc<LoggedRefusal>> {
        self.refusals().iter().rev().find(|refusal| refusal.request_id == request_id).cloned()
    }

    /// The latest refusals that concern a tenant, the latest first, at most `most`: those of its callers,
    /// and of tokens that failed verification and name it or no tenant.
    pub(super) fn latest(&self, tenant: TenantId, most: usize) -> Vec<Arc<LoggedRefusal>> {
        let refusals = self.refusals();
        let concerned = refusals.iter().rev().filter(|refusal| refusal.concerns(tenant));
        concerned.take(most).cloned().collect()
    }

    fn refusals(&self) -> MutexGuard<'_, VecDeque<Arc<LoggedRefusal>>> {
        // Nothing panics while the lock is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
