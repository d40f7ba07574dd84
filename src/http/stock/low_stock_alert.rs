//! The warning in the log that a pool is low on codes.

use std::sync::Arc;
use std::time::Instant;

use crate::auth::{Claim, Permit};
use crate::domain::PoolId;
use crate::http::error::ApiError;
use crate::http::handler::Extract;
use crate::http::low_stock::CheckTime;
use crate::http::request::Request;
use crate::http::service::Service;

/// Checks pools after claims.
pub(in crate::http) struct LowStockAlert(Arc<Service>);

impl LowStockAlert {
    /// Checks the stock of a pool that was claimed from and warns if it is low. A pool that was
    /// just checked is checked again at the end of a pause, once for all claims within it, so that
    /// no pool runs empty without a warning.
    #[expect(clippy::disallowed_methods, reason = "waits for the end of the pause, not for luck")]
    pub(in crate::http) async fn check(self, permit: Permit<Claim>, pool: PoolId) {
        match self.0.low_stock.next_check(pool, Instant::now()) {
            CheckTime::Now => self.warn_if_low(&permit, pool).await,
            CheckTime::After(pause) => {
                actix_web::rt::spawn(async move {
                    tokio::time::sleep(pause).await;
                    if self.0.low_stock.is_due(pool, Instant::now()) {
                        self.warn_if_low(&permit, pool).await;
                    }
                });
            }
            CheckTime::Scheduled => {}
        }
    }

    async fn warn_if_low(&self, permit: &Permit<Claim>, pool: PoolId) {
        let Service { store, limits, .. } = &*self.0;
        match store.low_stock(permit, pool, limits.low_stock_threshold).await {
            Ok(Some(free)) => {
                tracing::warn!(tenant = %permit.tenant(), %pool, free, "the stock is low");
            }
            Ok(None) => {}
            // The claim is made all the same.
            Err(error) => tracing::debug!(%pool, %error, "the stock could not be checked"),
        }
    }
}

impl Extract for LowStockAlert {
    async fn extract(request: &mut Request) -> Result<Self, ApiError> {
        Ok(Self(request.context.service.clone()))
    }
}
