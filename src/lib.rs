//! esimpool: Microsoft Graph's beta API for Intune eSIM activation code pools, self-hosted.
//!
//! The modules, from the inside out; `tests/structure/architecture.rs` enforces their dependencies.
//!
//! - [`domain`]: pools, codes and their rules. Depends on nothing.
//! - [`vault`]: encryption at rest. Depends on `domain`.
//! - [`carrier`]: files of codes, as carriers write them. Depends on `domain`.
//! - [`qr`]: QR codes as images. Depends on nothing.
//! - [`clock`]: the current time. Depends on `domain`.
//! - [`auth`]: from a bearer token to a permit. Depends on `domain` and `clock`.
//! - [`store`]: SQL for two engines. Depends on `domain`, `auth` and `vault`, not on `protocol`.
//! - [`protocol`]: Graph's wire format as plain data. Depends on `domain`, and on `qr` for sheets.
//! - [`http`]: routes and responses. Only this module and `app` know actix.
//! - [`config`]: the settings. [`telemetry`]: logging.
//! - [`app`]: assembles the service. [`cli`]: the command line.
//!
//! Five helpers serve several modules: `csv_lines`, for spreadsheets, `host`, for the names of this
//! machine, `offload`, for work that would
//! block an async worker, `private_file`, for files that contain a secret, and `shares`, for what
//! tenants share.

mod csv_lines;
mod host;
mod offload;
mod private_file;
mod shares;

pub mod app;
pub mod auth;
pub mod carrier;
pub mod cli;
pub mod clock;
pub mod config;
pub mod domain;
pub mod http;
pub mod protocol;
pub mod qr;
pub mod store;
pub mod telemetry;
pub mod vault;
