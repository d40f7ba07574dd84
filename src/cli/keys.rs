//! `esimpool keys`

use std::io::{Write, stdout};

use clap::Subcommand;

use super::common::{Common, Failure, block_on};
use crate::app::{master_key_source, store_options};
use crate::config::Secrets;
use crate::store::{Store, StoreOptions};

#[derive(Debug, Subcommand)]
pub(super) enum KeysCommand {
    /// Replace the master key while servers run: rewraps the keys of every tenant, and leaves the
    /// codes as they are
    Rotate,
}

pub(super) fn keys(common: &Common, command: &KeysCommand) -> Result<(), Failure> {
    match command {
        KeysCommand::Rotate => rotate(common),
    }
}

fn rotate(common: &Common) -> Result<(), Failure> {
    let settings = common.load(Secrets::Read)?.settings;
    let source = master_key_source(&settings);
    let rotated = block_on(async {
        let options = StoreOptions { beside_a_server: true, ..store_options(&settings) };
        let store = Store::open(&options).await?;
        store.prepare(false, &source).await?;
        let rotated = store.rotate_master_key(&source).await;
        store.close().await;
        rotated
    })??;
    let mut out = stdout();
    writeln!(out, "new master key: {}; tenants rewrapped: {}", rotated.key, rotated.tenants)?;
    match (source.file(), rotated.retired) {
        (Some(file), Ok(Some(retired))) => writeln!(
            out,
            "the key is stored in {}; from now on, a backup must include the database and this file\n\
             the old key, which only earlier backups need, has been moved to {}",
            file.display(),
            retired.display()
        )?,
        (Some(file), Ok(None)) => writeln!(out, "the key is stored in {}", file.display())?,
        (Some(_), Err(error)) => {
            writeln!(
                out,
                "the old key could not be removed from the file; remove it yourself: {error}"
            )?;
        }
        (None, _) => {
            writeln!(out, "remove the old key from encryption.key; only earlier backups need it")?;
        }
    }
    Ok(())
}
