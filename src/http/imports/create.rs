//! `POST …/embeddedSIMActivationCodePools/esimpool.import`

use super::importer::Importer;
use super::reply::{Imported, ImportedPool};
use crate::auth::{Permit, Write};
use crate::http::error::ApiError;
use crate::http::extract::{Csv, Query};
use crate::protocol::{Collection, ImportOptions, Links};
use crate::store::ImportInto;

/// Creates a pool with the codes of a file. Like Intune, names it after the first label of the
/// host in the file, unless the request names it.
pub(in crate::http) async fn create(
    permit: Permit<Write>,
    Query(options): Query<ImportOptions>,
    file: Csv,
    importer: Importer,
    links: Links,
) -> Result<ImportedPool, ApiError> {
    let given =
        options.display_name.as_deref().map(|name| importer.display_name(name)).transpose()?;
    let into = ImportInto::New(importer.new_pool_id());
    let checked = importer.check(permit, into, file, &options).await?;
    if options.dry_run {
        let report = importer.report(checked).await?;
        return Ok(ImportedPool::DryRun(Imported::new(report, &links)));
    }
    let name = match given {
        Some(given) => Some(given),
        None => checked.host_label().map(|label| importer.display_name(label)).transpose()?,
    };
    let report = importer.store(checked, name, &options).await?;
    let pool = report.pool.as_ref().ok_or(ApiError::NotFound)?;
    let location = links.entity(Collection::Pools, pool.id);
    Ok(ImportedPool::Created(location, Imported::new(report, &links)))
}
