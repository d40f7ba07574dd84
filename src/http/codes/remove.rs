//! `DELETE …/{pool}/esimpool.codes?$filter=…`

use crate::auth::{Permit, Write};
use crate::domain::{ChangeContext, CodeField, PooledCode, Value};
use crate::http::error::ApiError;
use crate::http::extract::{PoolId, Query};
use crate::protocol::{Links, RemovalBody, RemovalOptions};
use crate::store::Store;

/// Removes the free codes of a pool that match the filter.
pub(in crate::http) async fn remove(
    permit: Permit<Write>,
    Query(options): Query<RemovalOptions<PooledCode>>,
    PoolId(pool): PoolId,
    change: ChangeContext,
    store: Store,
    links: Links,
) -> Result<RemovalBody, ApiError> {
    let import = options.filter.required(CodeField::ImportId).and_then(Value::id).map(Into::into);
    let removal = store.remove_codes(&permit, pool, options.filter, import, change).await?;
    Ok(RemovalBody::new(removal.ok_or(ApiError::NotFound)?, &links))
}
