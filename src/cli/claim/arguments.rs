//! The options of `esimpool claim`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::api::{ApiArguments, PoolSelector};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  esimpool claim --pool Spring --device 'Laptop 7' --user ann@contoso.com
  esimpool claim --pool Spring --devices laptops.csv --dry-run
  esimpool claim --pool Spring --devices laptops.csv --results codes.csv --sheet codes.html

A device that has a code of the pool keeps it. So a command that was
interrupted can be run again: each device gets one code, and the results hold
all devices.

The first line of a device file names its columns: device, EID, user and ICCID,
of which a device or an EID is needed. Without such a line, each line is the
name or the EID of a device.")]
pub(in crate::cli) struct ClaimArguments {
    /// The pool that gives the codes, by name or id
    #[arg(long, value_name = "NAME|ID")]
    pub(super) pool: PoolSelector,
    /// The name of the device
    #[arg(long, value_name = "NAME", required_unless_present_any = ["eid", "devices"])]
    pub(super) device: Option<String>,
    /// The identifier of the device's eUICC
    #[arg(long)]
    pub(super) eid: Option<String>,
    /// The primary user of the device
    #[arg(long, value_name = "NAME")]
    pub(super) user: Option<String>,
    /// The code to give, instead of the first free one
    #[arg(long)]
    pub(super) iccid: Option<String>,
    /// A file with a device on each line (CSV), or - for standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["device", "eid", "user", "iccid"])]
    pub(super) devices: Option<PathBuf>,
    #[command(flatten)]
    pub(super) many: ManyArguments,
    /// How to print the code of one device
    #[arg(long, value_enum, default_value_t = OneFormat::Text, conflicts_with = "devices")]
    pub(super) format: OneFormat,
    #[command(flatten)]
    pub(super) api: ApiArguments,
}

#[derive(Debug, Args)]
pub(super) struct ManyArguments {
    /// Show what the file holds, without giving anything
    #[arg(long, requires = "devices")]
    pub(super) dry_run: bool,
    /// Do not ask before the codes are given
    #[arg(long, requires = "devices")]
    pub(super) yes: bool,
    /// The file for the codes of all devices (CSV), readable by its owner only
    #[arg(long, value_name = "FILE.csv", requires = "devices")]
    pub(super) results: Option<PathBuf>,
    /// The file for a page with the QR codes of all devices, readable by its owner only. Beyond 200
    /// cards, further files are numbered
    #[arg(long, value_name = "FILE.html", requires = "devices")]
    pub(super) sheet: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum OneFormat {
    Text,
    Json,
}
