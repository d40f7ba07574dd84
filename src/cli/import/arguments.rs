//! The arguments of `esimpool import`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use uuid::Uuid;

use crate::cli::api::{ApiArguments, PoolSelector};

#[derive(Debug, Args)]
pub(in crate::cli) struct ImportArguments {
    /// The carrier's file, or - for standard input
    #[arg(required_unless_present = "undo")]
    pub(super) file: Option<PathBuf>,
    /// Remove the codes of an earlier import that are still free. The pool stays, and so does every code
    /// that was handed out
    #[arg(long, value_name = "ID", conflicts_with_all = ["file", "pool", "create", "dry_run", "partial",
        "ignore_columns"])]
    pub(super) undo: Option<Uuid>,
    /// The pool for the codes, by name or id [default: a new pool, named after the first label of the
    /// file's host]
    #[arg(long, value_name = "NAME|ID")]
    pub(super) pool: Option<PoolSelector>,
    /// Create the pool if there is none of this name
    #[arg(long, requires = "pool")]
    pub(super) create: bool,
    /// Validate the file and report the result, without storing anything
    #[arg(long)]
    pub(super) dry_run: bool,
    /// How strictly to validate codes
    #[arg(long, value_enum, default_value_t = Mode::Strict)]
    pub(super) mode: Mode,
    /// Import the valid lines even if others are rejected
    #[arg(long)]
    pub(super) partial: bool,
    /// Columns of the file to ignore, separated by commas; * for all that are not understood
    #[arg(long, value_name = "NAMES")]
    pub(super) ignore_columns: Option<String>,
    #[command(flatten)]
    pub(super) api: ApiArguments,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Mode {
    Strict,
    Graph,
    Lenient,
}
