//! `POST …/embeddedSIMActivationCodePools/esimpool.import`

use std::sync::Arc;

use super::reading::read;
use super::{Founded, Imported};
use crate::auth::{Permit, Write};
use crate::domain::DisplayName;
use crate::http::extract::{Csv, Query};
use crate::http::{ApiError, Service};
use crate::protocol::{Collection, ImportOptions, Links};
use crate::store::ImportInto;

/// Makes a pool of a file of codes.
pub(in crate::http) async fn create(
    permit: Permit<Write>,
    Query(options): Query<ImportOptions>,
    file: Csv,
    service: Arc<Service>,
    links: Links,
) -> Result<Founded, ApiError> {
    let named = |name: &str| DisplayName::parse(name.to_owned(), service.rules.text_length);
    let given = options.display_name.as_deref().map(named).transpose()?;
    let into = ImportInto::New(service.ids.next());
    let read = read(permit, into, file, &options, &service).await?;
    if options.dry_run {
        return Ok(Founded::Nothing(Imported::new(read.checked.report, &links)));
    }
    // As Intune does it. Whatever holds a code names a host.
    let label = read.host.as_deref().and_then(|host| host.split('.').next());
    let name = given.map_or_else(|| label.map(named).transpose(), |given| Ok(Some(given)))?;
    let report = read.store(name, &options, &service).await?;
    let pool = report.pool.as_ref().ok_or(ApiError::NotFound)?;
    let location = links.entity(Collection::Pools, pool.id);
    Ok(Founded::Pool(location, Imported::new(report, &links)))
}
