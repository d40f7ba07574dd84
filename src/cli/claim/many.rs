//! Codes for the devices of a file.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{IsTerminal, Write, stdin, stdout};
use std::path::Path;
use std::time::Duration;

use futures_util::stream::{self, StreamExt};
use indicatif::{ProgressBar, ProgressStyle};
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use uuid::Uuid;

use super::arguments::ManyArguments;
use super::device_file::{Device, DeviceFile};
use super::results::{Given, Outcome, as_csv};
use crate::cli::api::{self, Api, ErrorResponse, Patience, PoolSelector};
use crate::cli::common::{Failure, ask};
use crate::cli::files::write_sheets;
use crate::cli::output::{counted, number, table};
use crate::private_file;

/// Claims that are under way at a time: the service stores them in batches.
const CONCURRENT_CLAIMS: usize = 32;
/// How long the service may be away until a claim is given up.
const PATIENCE: Duration = Duration::from_mins(2);
/// How many devices the preview shows.
const SHOWN_DEVICES: usize = 5;

#[derive(Deserialize)]
struct Stock {
    free: u64,
}

/// Shows what will be done, gives a code to each device, and writes the results.
pub(super) async fn claim(
    api: &Api,
    pool: &PoolSelector,
    file: DeviceFile,
    arguments: &ManyArguments,
) -> Result<(), Failure> {
    let id = pool.get(api).await?.id;
    let stock: Stock = api.get(&format!("/{id}/esimpool.stock")).await?;
    let preview = preview(&file, pool.text(), stock.free);
    if arguments.dry_run {
        return Ok(writeln!(stdout(), "{preview}nothing was given")?);
    }
    if !arguments.yes {
        confirm(&preview)?;
    }
    for path in [&arguments.results, &arguments.sheet].into_iter().flatten() {
        // Before anything is given: a file that cannot be written would be found out too late.
        let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
        if !folder.unwrap_or(Path::new(".")).is_dir() {
            return Err(format!("{}: there is no such folder", path.display()).into());
        }
    }
    let outcomes = claim_all(api, id, &file.devices).await;
    let mut said = summary(&outcomes);
    if let Some(path) = &arguments.results {
        private_file::replace(path, &as_csv(&file.devices, &outcomes))
            .map_err(|error| format!("{}: {error}", path.display()))?;
        let _ = writeln!(said, "the codes are in {}", path.display());
    }
    if let Some(path) = &arguments.sheet {
        let ids: Vec<_> = outcomes.iter().filter_map(state).collect();
        let ids: Vec<_> = ids.iter().map(String::as_str).collect();
        let files = write_sheets(api, id, &ids, path).await?;
        let _ = writeln!(said, "the cards are in {}", files.join(", "));
    }
    stdout().write_all(said.as_bytes())?;
    match outcomes.iter().filter(|it| matches!(it, Outcome::Refused(_))).count() as u64 {
        0 => Ok(()),
        1 => Err("1 device got no code".into()),
        many => Err(format!("{} devices got no code", number(many)).into()),
    }
}

fn preview(file: &DeviceFile, pool: &str, free: u64) -> String {
    let DeviceFile { devices, ignored } = file;
    let shown = devices.iter().take(SHOWN_DEVICES).map(|device| {
        let Device { name, eid, user, .. } = device;
        [name, eid, user].map(|it| it.clone().unwrap_or_default()).to_vec()
    });
    let mut text = table(&["device", "|EID", "user"], shown);
    let count = devices.len() as u64;
    if devices.len() > SHOWN_DEVICES {
        let _ = writeln!(text, "and {} more", number(count - SHOWN_DEVICES as u64));
    }
    if !ignored.is_empty() {
        let _ = writeln!(text, "columns ignored: {}", ignored.join(", "));
    }
    let devices = counted(count, "device");
    let _ = writeln!(text, "\n{devices}; {pool} has {} free codes", number(free));
    if free < count {
        text += "Devices that have a code keep it; some of the others will get none.\n";
    }
    text
}

fn confirm(preview: &str) -> Result<(), Failure> {
    if !stdin().is_terminal() {
        return Err(
            "say --yes to give the codes without being asked, or --dry-run to see what would \
                    be done"
                .into(),
        );
    }
    match ask(&format!("{preview}Give each device a code? [y/N] "))?.trim() {
        "y" | "Y" | "yes" => Ok(()),
        _ => Err("nothing was given".into()),
    }
}

/// What each device got, in the order of the devices.
async fn claim_all(api: &Api, pool: Uuid, devices: &[Device]) -> Vec<Outcome> {
    let bar = ProgressBar::new(devices.len() as u64);
    let template = "{msg} [{wide_bar}] {human_pos}/{human_len}  {eta} left";
    let style = ProgressStyle::with_template(template).expect("the template is valid");
    bar.set_style(style.progress_chars("=> "));
    bar.set_message("claiming");
    let path = format!("/{pool}/esimpool.claim");
    let claims = stream::iter(devices).map(async |device| {
        let outcome = claim_one(api, &path, device, &bar).await;
        bar.inc(1);
        outcome.unwrap_or_else(|failure| Outcome::Refused(reason(&failure)))
    });
    let outcomes = claims.buffered(CONCURRENT_CLAIMS).collect().await;
    bar.finish_and_clear();
    outcomes
}

async fn claim_one(
    api: &Api,
    path: &str,
    device: &Device,
    bar: &ProgressBar,
) -> Result<Outcome, Failure> {
    let body = device.body();
    let patience = Patience::of(PATIENCE);
    loop {
        let claimed = async {
            let response = api::send(api.json_request(Method::POST, path, &body)).await?;
            let again = response.status() == StatusCode::OK;
            Ok::<_, Failure>((api::json(response).await?, again))
        };
        match claimed.await {
            Ok((claimed, again)) => {
                bar.set_message("claiming");
                let given = Given::of(&claimed, again);
                return Ok(Outcome::Given(given.ok_or("the response is not that of a claim")?));
            }
            Err(failure) => {
                let pause = patience.pause(&failure).ok_or(failure)?;
                bar.set_message("waiting for the service");
                api::wait(pause).await;
            }
        }
    }
}

/// Why a device got nothing, without what is different for each.
fn reason(failure: &Failure) -> String {
    match failure.downcast_ref::<ErrorResponse>() {
        Some(response) => response.message(),
        None => failure.to_string(),
    }
}

fn state(outcome: &Outcome) -> Option<String> {
    match outcome {
        Outcome::Given(given) => Some(given.state.to_string()),
        Outcome::Refused(_) => None,
    }
}

/// How many got what, and the reasons of those who got nothing.
fn summary(outcomes: &[Outcome]) -> String {
    let mut text = String::new();
    let count = |again: bool| {
        let had =
            outcomes.iter().filter(|it| matches!(it, Outcome::Given(it) if it.again == again));
        had.count() as u64
    };
    let _ = writeln!(
        text,
        "{} got a code, {} had one",
        counted(count(false), "device"),
        number(count(true))
    );
    let mut reasons: BTreeMap<&str, u64> = BTreeMap::new();
    for outcome in outcomes {
        if let Outcome::Refused(reason) = outcome {
            *reasons.entry(reason).or_default() += 1;
        }
    }
    for (reason, count) in reasons {
        let _ = writeln!(text, "{}: {reason}", counted(count, "device"));
    }
    text
}
