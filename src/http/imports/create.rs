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
    let name = match given {
        Some(given) => Some(given),
        None => checked.host_label().map(|label| importer.display_name(label)).transpose()?,
    };
    if options.dry_run {
        let mut report = importer.report(checked).await?;
        report.new_pool = name.filter(|_| report.inserted > 0);
        return Ok(ImportedPool::None(Imported::new(report, &links)));
    }
    let report = importer.store(checked, name, &options).await?;
    let location = report.pool.as_ref().map(|pool| links.entity(Collection::Pools, pool.id));
    let reply = Imported::new(report, &links);
    Ok(match location {
        Some(location) => ImportedPool::Created(location, reply),
        None => ImportedPool::None(reply),
    })
}
