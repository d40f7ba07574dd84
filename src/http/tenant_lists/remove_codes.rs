//! `DELETE …/embeddedSIMActivationCodePools/esimpool.codes?$filter=…`

use std::sync::Arc;

use crate::auth::{Permit, Write};
use crate::domain::{ChangeContext, Removal, TenantCode, TenantCodeField, Value};
use crate::http::error::ApiError;
use crate::http::extract::{Creation, Query};
use crate::protocol::{Links, RemovalBody, RemovalOptions};
use crate::store::Store;

/// Removes the free codes of the tenant that match the filter: a change of its own for each pool. A
/// request that fails midway can be repeated.
pub(in crate::http) async fn remove_codes(
    permit: Permit<Write>,
    Query(options): Query<RemovalOptions<TenantCode>>,
    Creation { change, ids }: Creation,
    store: Store,
    links: Links,
) -> Result<RemovalBody, ApiError> {
    let filter = Arc::new(options.filter);
    let import = filter.required(TenantCodeField::ImportId).and_then(Value::id).map(Into::into);
    let mut all = Removal::default();
    for pool in store.pools_with_codes(&permit, &filter).await? {
        let change = ChangeContext { event: ids.next(), ..change };
        // A pool without a removal was deleted meanwhile.
        let removal = store.remove_tenant_codes(&permit, pool, &filter, import, change).await?;
        let Removal { removed, left } = removal.unwrap_or_default();
        all.removed += removed;
        all.left += left;
    }
    Ok(RemovalBody::new(all, &links))
}
