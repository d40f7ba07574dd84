//! `POST …/embeddedSIMActivationCodePools/{pool}/esimpool.import`

use super::importer::Importer;
use super::reply::Imported;
use crate::auth::{Permit, Write};
use crate::domain::Invalid;
use crate::http::error::ApiError;
use crate::http::extract::{Csv, PoolId, Query};
use crate::protocol::{ImportOptions, Links};
use crate::store::ImportInto;

/// Adds the codes of a file to a pool.
pub(in crate::http) async fn append(
    permit: Permit<Write>,
    PoolId(pool): PoolId,
    Query(options): Query<ImportOptions>,
    file: Csv,
    importer: Importer,
    links: Links,
) -> Result<Imported, ApiError> {
    if options.display_name.is_some() {
        let reason = "names a new pool; to rename this pool, PATCH its displayName";
        return Err(Invalid::new("displayName", reason).into());
    }
    let checked = importer.check(permit, ImportInto::Existing(pool), file, &options).await?;
    let report = if options.dry_run {
        importer.report(checked).await?
    } else {
        importer.store(checked, None, &options).await?
    };
    Ok(Imported::new(report, &links))
}
