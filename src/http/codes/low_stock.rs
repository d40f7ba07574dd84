//! Warns in the log when a pool runs low.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::auth::{Claim, Permit};
use crate::domain::PoolId;
use crate::http::Service;

/// A pool is looked at no more often than this.
const PAUSE: Duration = Duration::from_secs(10);
/// So many pools are remembered before all are forgotten.
const MANY: usize = 10_000;

/// When pools were looked at that codes were taken from.
#[derive(Debug, Default)]
pub(in crate::http) struct LowStockWatch(Mutex<HashMap<PoolId, Looked>>);

#[derive(Debug)]
struct Looked {
    at: Instant,
    /// Whether somebody will look again when the pause is over.
    again: bool,
}

/// When it is time to look at a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    Now,
    After(Duration),
    /// Somebody else will.
    Never,
}

/// Looks at a pool that was claimed from: now or, if that has just been done, once for all who came
/// since when the pause is over. So nobody empties a pool unseen.
#[expect(clippy::disallowed_methods, reason = "the end of the pause is what is waited for")]
pub(in crate::http) async fn look(permit: Permit<Claim>, pool: PoolId, service: &Arc<Service>) {
    match service.low_stock.turn(pool, Instant::now()) {
        Turn::Now => warn_if_low(&permit, pool, service).await,
        Turn::After(pause) => {
            let service = service.clone();
            actix_web::rt::spawn(async move {
                tokio::time::sleep(pause).await;
                if service.low_stock.is_due(pool, Instant::now()) {
                    warn_if_low(&permit, pool, &service).await;
                }
            });
        }
        Turn::Never => {}
    }
}

async fn warn_if_low(permit: &Permit<Claim>, pool: PoolId, service: &Service) {
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

impl LowStockWatch {
    fn looked(&self) -> MutexGuard<'_, HashMap<PoolId, Looked>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn turn(&self, pool: PoolId, now: Instant) -> Turn {
        let mut pools = self.looked();
        if let Some(looked) = pools.get_mut(&pool) {
            let left = (looked.at + PAUSE).saturating_duration_since(now);
            if !left.is_zero() {
                let somebody_else = std::mem::replace(&mut looked.again, true);
                return if somebody_else { Turn::Never } else { Turn::After(left) };
            }
        }
        if pools.len() >= MANY {
            pools.clear();
        }
        pools.insert(pool, Looked { at: now, again: false });
        Turn::Now
    }

    /// Whether it is still to be done, now that the pause is over: somebody else may have come
    /// first.
    fn is_due(&self, pool: PoolId, now: Instant) -> bool {
        let mut pools = self.looked();
        let due = pools.get(&pool).is_none_or(|looked| looked.again);
        if due {
            pools.insert(pool, Looked { at: now, again: false });
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{LowStockWatch, PAUSE, Turn};
    use crate::domain::Ids;

    #[test]
    fn of_those_who_come_within_a_pause_one_looks_at_its_end() {
        let (watch, ids) = (LowStockWatch::default(), Ids::counting());
        let (pool, other) = (ids.next(), ids.next());
        let begin = Instant::now();
        let later = begin + Duration::from_secs(3);
        let left = Duration::from_secs(7);
        assert_eq!(watch.turn(pool, begin), Turn::Now);
        assert_eq!(watch.turn(pool, later), Turn::After(left));
        assert_eq!(watch.turn(pool, later), Turn::Never);
        assert_eq!(watch.turn(other, later), Turn::Now);
        let end = begin + PAUSE;
        assert!(watch.is_due(pool, end));
        assert!(!watch.is_due(pool, end), "once");
        assert_eq!(watch.turn(pool, end), Turn::After(PAUSE));
        // Whoever comes when the pause is over does not wait.
        let end = end + PAUSE;
        assert_eq!(watch.turn(pool, end), Turn::Now);
        assert!(!watch.is_due(pool, end), "it was done");
    }
}
