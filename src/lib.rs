//! esimpool: Microsoft Graph's beta API for Intune eSIM activation code pools, self-hosted.
//!
//! The map, from the inside out; `tests/structure/architecture.rs` holds the modules to it.
//!
//! - [`domain`]: pools, codes and the rules they obey. Leans on nothing.
//! - [`vault`]: secrets at rest. Leans on `domain`.
//! - [`carrier`]: files of codes, as carriers make them. Leans on `domain`.
//! - [`qr`]: QR codes as pictures. Leans on nothing.
//! - [`clock`]: what time it is.
//! - [`auth`]: from a bearer token to a permit. Leans on `domain` and `clock`.
//! - [`store`]: SQL, on two engines. Leans on `domain`, `auth` and `vault`; never on `protocol`.
//! - [`protocol`]: Graph's wire format as plain data. Leans on `domain`, and on `qr` for sheets.
//! - [`http`]: routes and answers; with `app` the only module that knows actix.
//! - [`config`]: settings. [`telemetry`]: logs. [`app`] and [`cli`]: the roof.
//!
//! Two small helpers serve several of them: `offload`, for work that would block an async worker, and
//! `private_file`, for files that hold a secret.

mod offload;
mod private_file;

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
