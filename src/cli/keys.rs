//! `esimpool keys`

use std::fmt::Write as _;
use std::io::{Write, stdout};

use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};

use super::common::{Common, Failure, block_on};
use super::output::number;
use crate::app::{master_key_source, store_options};
use crate::config::Secrets;
use crate::store::{
    MasterKeySource, OpenError, ResealProgress, Rotated, ServerAnswers, Store, StoreOptions,
};

#[derive(Debug, Subcommand)]
pub(super) enum KeysCommand {
    /// Replace the master key and every tenant's data key while servers run, and encrypt the stored
    /// codes again; continues a rotation that was interrupted
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
    block_on(async {
        let options = StoreOptions { beside_a_server: true, ..store_options(&settings) };
        let store = Store::open(&options).await?;
        let done = rotate_in(&store, &source).await;
        store.close().await;
        done
    })?
}

async fn rotate_in(store: &Store, source: &MasterKeySource) -> Result<(), Failure> {
    store.prepare(false, source).await?;
    let said = match store.rotate_master_key(source).await? {
        Some(rotated) => report(source, &rotated),
        None => "continuing the last rotation; run this again for another new key\n".to_owned(),
    };
    // Before the codes, which take their time.
    stdout().write_all(said.as_bytes())?;
    stdout().flush()?;
    let resealed = reseal(store).await?;
    let mut out = stdout();
    writeln!(out, "codes encrypted again: {}", number(resealed.resealed))?;
    if resealed.damaged > 0 {
        let damaged = number(resealed.damaged);
        writeln!(out, "codes that cannot be decrypted, and were left as they are: {damaged}")?;
    }
    Ok(())
}

/// Encrypts all codes again that need it, with a progress bar on a terminal.
async fn reseal(store: &Store) -> Result<ResealProgress, Failure> {
    let template = "encrypting codes again {bar:30} {human_pos} of {human_len}  {eta} left";
    let style = ProgressStyle::with_template(template).expect("the template is valid");
    let bar = ProgressBar::new(0).with_style(style);
    let mut all = ResealProgress::default();
    // A pass counts only if it was the only one: a server may have been at it.
    while store.is_resealing().await? {
        let pass = store.reseal(|progress| {
            bar.set_length(progress.codes);
            bar.set_position(progress.seen);
        });
        let pass = pass.await?;
        all = ResealProgress { resealed: all.resealed + pass.resealed, ..pass };
    }
    bar.finish_and_clear();
    Ok(all)
}

/// What was done, and what is left to do for the operator.
fn report(source: &MasterKeySource, rotated: &Rotated) -> String {
    let mut text = String::new();
    let mut line = |line: String| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{line}");
    };
    line(format!("new master key: {}; tenants rewrapped: {}", rotated.key, rotated.tenants));
    for said in servers(&rotated.servers) {
        line(said);
    }
    match (source.file(), &rotated.retired) {
        (Some(file), Ok(retired)) => {
            line(format!("the key is stored in {}", file.display()));
            if let Some(retired) = retired {
                line(
                    "from now on, a backup must include the database and this file\n\
                     the old key, which only earlier backups need, has been moved to "
                        .to_owned()
                        + &retired.display().to_string(),
                );
            }
        }
        (Some(_), Err(error)) => line(not_removed(error)),
        (None, _) => {
            line("remove the old key from encryption.key; only earlier backups need it".to_owned());
        }
    }
    text
}

fn not_removed(error: &OpenError) -> String {
    format!("the old key could not be removed from the file; remove it yourself: {error}")
}

/// What is known of the servers on the database.
fn servers(answers: &ServerAnswers) -> Vec<String> {
    let mut said = match answers.ready {
        0 => vec!["no running server has confirmed the new key".to_owned()],
        1 => vec!["1 running server has the new key".to_owned()],
        many => vec![format!("{many} running servers have the new key")],
    };
    if !answers.silent.is_empty() {
        said.push(format!(
            "no answer from: {}; if such a server is running, check that it has the new key",
            answers.silent.join(", ")
        ));
    }
    said
}
