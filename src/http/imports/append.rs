//! `POST …/embeddedSIMActivationCodePools/{pool}/esimpool.import`

use std::sync::Arc;

use super::Imported;
use super::reading::read;
use crate::auth::{Permit, Write};
use crate::domain::Invalid;
use crate::http::extract::{Csv, PoolId, Query};
use crate::http::{ApiError, Service};
use crate::protocol::{ImportOptions, Links};
use crate::store::ImportInto;

/// Adds a file of codes to a pool.
pub(in crate::http) async fn append(
    permit: Permit<Write>,
    PoolId(pool): PoolId,
    Query(options): Query<ImportOptions>,
    file: Csv,
    service: Arc<Service>,
    links: Links,
) -> Result<Imported, ApiError> {
    if options.display_name.is_some() {
        let reason = "names a new pool; this one has a name, that PATCH changes";
        return Err(Invalid::new("displayName", reason).into());
    }
    let read = read(permit, ImportInto::Existing(pool), file, &options, &service).await?;
    if options.dry_run {
        return Ok(Imported::new(read.checked.report, &links));
    }
    Ok(Imported::new(read.store(None, &options, &service).await?, &links))
}
