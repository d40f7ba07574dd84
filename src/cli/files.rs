//! `esimpool sheet` and `esimpool export`: files that the service makes of a pool.

use std::io::{Write, stdout};
use std::path::PathBuf;

use clap::Args;
use reqwest::Method;

use super::api::{self, Api, ApiArguments, DeviceSelector, PoolSelector, Query};
use super::common::{Common, Failure, block_on};
use crate::auth::Permission;
use crate::private_file;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  esimpool sheet --pool Spring -o sheet.html
  esimpool sheet --pool Spring --device 'Laptop 7' -o card.html")]
pub(super) struct SheetArguments {
    /// The pool, by name or id
    #[arg(long, value_name = "NAME|ID")]
    pool: PoolSelector,
    /// Only this device, by its name, its EID or the id of its device state
    #[arg(long, value_name = "DEVICE")]
    device: Option<DeviceSelector>,
    /// Only device states that match, as in $filter of the API
    #[arg(long, value_name = "ODATA")]
    filter: Option<String>,
    /// The file to write, readable by its owner only. Beyond 200 cards, further files are numbered
    #[arg(long, short, value_name = "FILE.html")]
    output: PathBuf,
    #[command(flatten)]
    api: ApiArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:
  esimpool export --pool Spring -o codes.csv")]
pub(super) struct ExportArguments {
    /// The pool, by name or id
    #[arg(long, value_name = "NAME|ID")]
    pool: PoolSelector,
    /// The file to write [default: standard output]
    #[arg(long, short, value_name = "FILE.csv")]
    output: Option<PathBuf>,
    #[command(flatten)]
    api: ApiArguments,
}

/// The most cards of a sheet.
pub(super) const MAX_CARDS: usize = 200;

/// Writes a page with the QR codes of devices, to print and cut. The service records this in its audit
/// log.
pub(super) fn sheet(common: &Common, arguments: &SheetArguments) -> Result<(), Failure> {
    let needed = [Permission::ActivationCodeClaimAll, Permission::ConfigurationReadAll];
    let api = Api::connect(&arguments.api, common, &needed)?;
    block_on(async {
        let pool = arguments.pool.id(&api).await?;
        let only = match &arguments.device {
            Some(device) => {
                let id = device.state_id(&api, pool, arguments.pool.text()).await?;
                Some(format!("id eq '{id}'"))
            }
            None => None,
        };
        let has_code = Some("state in ('installing','installed')".to_owned());
        let query = Query::default().with("$select", "id");
        let query = query.filter(&[only, has_code, arguments.filter.clone()]);
        let path = format!("/embeddedSIMActivationCodePools/{pool}/deviceStates");
        let states = api.list(&path, &query, usize::MAX).all().await?;
        let ids: Vec<_> = states.iter().filter_map(|state| state["id"].as_str()).collect();
        if ids.is_empty() {
            return Err("no device that matches has a code".into());
        }
        let files = write_sheets(&api, pool, &ids, &arguments.output).await?;
        let cards = ids.len();
        Ok(writeln!(stdout(), "{cards} cards in {}", files.join(", "))?)
    })?
}

/// Writes the cards of these device states, in as many files as it takes. Returns their names.
pub(super) async fn write_sheets(
    api: &Api,
    pool: uuid::Uuid,
    ids: &[&str],
    first: &std::path::Path,
) -> Result<Vec<String>, Failure> {
    let mut files = Vec::new();
    for (index, ids) in ids.chunks(MAX_CARDS).enumerate() {
        let literals: Vec<_> = ids.iter().map(|id| format!("'{id}'")).collect();
        let query = Query::default()
            .filter(&[Some(format!("id in ({})", literals.join(",")))])
            .with("$top", MAX_CARDS.to_string());
        let path = query.on(&format!("/{pool}/esimpool.sheet"));
        let page = api::send(api.request(Method::GET, &path)).await?.bytes().await?;
        let path = numbered(first, index);
        private_file::replace(&path, &page)
            .map_err(|error| format!("{}: {error}", path.display()))?;
        files.push(path.display().to_string());
    }
    Ok(files)
}

/// `sheet.html`, `sheet-2.html`, …
fn numbered(first: &std::path::Path, index: usize) -> PathBuf {
    if index == 0 {
        return first.to_owned();
    }
    let stem = first.file_stem().unwrap_or_default().to_string_lossy();
    let extension = first.extension().unwrap_or_default().to_string_lossy();
    let dot = if extension.is_empty() { "" } else { "." };
    first.with_file_name(format!("{stem}-{}{dot}{extension}", index + 1))
}

/// Writes all codes of a pool with their holders as CSV, without secrets.
pub(super) fn export(common: &Common, arguments: &ExportArguments) -> Result<(), Failure> {
    let api = Api::connect(&arguments.api, common, &[Permission::ConfigurationReadAll])?;
    block_on(async {
        let path = format!("/{}/esimpool.export", arguments.pool.id(&api).await?);
        let mut response = api::send(api.request(Method::GET, &path)).await?;
        let mut target: Box<dyn Write> = match &arguments.output {
            Some(path) => Box::new(
                std::fs::File::create(path)
                    .map_err(|error| format!("{}: {error}", path.display()))?,
            ),
            None => Box::new(stdout()),
        };
        let broken = "the export broke off: the file is incomplete; export again";
        while let Some(chunk) = response.chunk().await.map_err(|_| broken)? {
            target.write_all(&chunk)?;
        }
        Ok(target.flush()?)
    })?
}
