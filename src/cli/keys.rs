//! `esimpool keys`

use std::io::{Write, stdout};

use clap::Subcommand;

use super::{Common, Failure, block_on};
use crate::app::{master_key_source, store_options};
use crate::config::Secrets;
use crate::store::{Store, StoreOptions};

/// What is done to the keys.
#[derive(Debug, Subcommand)]
pub(super) enum KeysCommand {
    /// Put a new master key in the place of the one in use, while servers run: every tenant's keys
    /// are wrapped again, no code is touched
    Rotate,
}

/// Does what is asked for.
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
    writeln!(
        out,
        "the tenants' keys ({} of them) are wrapped under the new master key {}",
        rotated.tenants, rotated.key
    )?;
    match (source.file(), rotated.retired) {
        (Some(file), Ok(Some(retired))) => writeln!(
            out,
            "it lies in {}; from now on, a backup is the database and this file\n\
             only backups from before still need the old one, which lies in {} now",
            file.display(),
            retired.display()
        )?,
        (Some(file), Ok(None)) => writeln!(out, "it lies in {}", file.display())?,
        (Some(_), Err(error)) => {
            writeln!(out, "take the old one out of the file, which cannot be done here: {error}")?;
        }
        (None, _) => {
            writeln!(out, "take the old one out of encryption.key: only old backups need it")?;
        }
    }
    Ok(())
}
