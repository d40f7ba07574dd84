//! `esimpool quarantine`

use std::io::{Write, stdout};

use clap::Args;

use super::common::{Common, Failure, block_on, zoned_time};
use super::output::number;
use crate::app::{master_key_source, store_options};
use crate::clock::Clock;
use crate::config::Secrets;
use crate::domain::{IdGenerator, Timestamp};
use crate::store::{Store, StoreOptions};

#[derive(Debug, Args)]
#[command(after_help = "Example, after a backup of six o'clock was restored:\n  \
    esimpool quarantine --free-at 2026-11-28T06:00:00Z")]
pub(super) struct QuarantineArguments {
    /// The time of the backup that was restored, with its zone: 2026-11-28T06:00:00Z, …+01:00
    #[arg(long, value_name = "TIME", value_parser = zoned_time)]
    free_at: Timestamp,
}

/// Puts the codes aside that were free at a time. Servers may run.
pub(super) fn quarantine(common: &Common, arguments: &QuarantineArguments) -> Result<(), Failure> {
    let settings = common.load(Secrets::Read)?.settings;
    let now = Clock::system().now();
    let free_at = arguments.free_at;
    if free_at > now {
        return Err(format!("--free-at lies in the future: it is {now} now").into());
    }
    block_on(async {
        let options = StoreOptions { beside_a_server: true, ..store_options(&settings) };
        let store = Store::open(&options).await?;
        let done = match store.prepare(false, &master_key_source(&settings)).await {
            Ok(_) => Ok(store.quarantine_free(free_at, now, &IdGenerator::random()).await?),
            Err(error) => Err(error),
        };
        store.close().await;
        let done = done?;
        let mut out = stdout();
        let (codes, pools) = (number(done.codes), number(done.pools));
        writeln!(out, "codes put in quarantine: {codes}, in pools: {pools}")?;
        let left = number(done.left.unsigned_abs());
        writeln!(out, "codes still free, because they were added or reinstated later: {left}")?;
        Ok(())
    })?
}
