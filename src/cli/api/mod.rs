//! The API client of the commands that talk to a running service. Knows where the service is, which
//! token to send, and how to report its errors.

mod client;
mod devices;
mod lists;
mod pools;
mod retries;

pub(super) use client::{Api, ApiArguments, ErrorResponse, json, send};
pub(super) use devices::DeviceSelector;
pub(super) use lists::{Query, literal};
pub(super) use pools::{Pool, PoolSelector};
pub(super) use retries::{Patience, wait};
