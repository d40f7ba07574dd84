//! esimpool: Microsoft Graph's beta API for Intune eSIM activation code pools, self-hosted.
//!
//! The map, from the inside out; `tests/architecture.rs` holds the modules to it.
//!
//! - [`domain`]: pools, codes and the rules they obey. Leans on nothing.
//! - [`vault`]: secrets at rest. Leans on `domain`.

pub mod domain;
pub mod vault;
