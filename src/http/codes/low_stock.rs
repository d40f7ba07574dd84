//! Warns in the log when a pool runs low.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::auth::{Claim, Permit};
use crate::domain::PoolId;
use crate::http::Service;

/// A pool is looked at no more often than this.
const PAUSE: Duration = Duration::from_secs(10);
/// So many pools are remembered before all are forgotten.
const MANY: usize = 10_000;

/// Looks at pools that codes were taken from.
#[derive(Debug, Default)]
pub(in crate::http) struct LowStockWatch(Mutex<HashMap<PoolId, Instant>>);

impl LowStockWatch {
    /// Looks at a pool, if that has not been done just now.
    pub(in crate::http) async fn look(
        &self,
        permit: &Permit<Claim>,
        pool: PoolId,
        service: &Service,
    ) {
        if !self.is_time(pool) {
            return;
        }
        let default = service.limits.low_stock_threshold;
        match service.store.low_stock(permit, pool, default).await {
            Ok(Some(free)) => {
                tracing::warn!(tenant = %permit.tenant(), %pool, free, "the stock is low");
            }
            Ok(None) => {}
            // The claim has been made; only the warning has not.
            Err(error) => tracing::debug!(%pool, %error, "the stock is not known"),
        }
    }

    fn is_time(&self, pool: PoolId) -> bool {
        let now = Instant::now();
        let mut looked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if looked.get(&pool).is_some_and(|last| now.duration_since(*last) < PAUSE) {
            return false;
        }
        if looked.len() >= MANY {
            looked.clear();
        }
        looked.insert(pool, now);
        true
    }
}
