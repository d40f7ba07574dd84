//! The API client of the commands that talk to a running service. Knows where the service is, which
//! token to send, and how to report its errors.

mod client;
mod connection;
mod development_token;
mod devices;
mod error_response;
mod lists;
mod pools;
mod retries;

pub(super) use client::{Api, ApiArguments, json, send};
pub(super) use connection::{ConnectionArguments, unreachable};
pub(super) use development_token::{development_token, token_request};
pub(super) use devices::DeviceSelector;
pub(super) use error_response::ErrorResponse;
pub(super) use lists::{Query, literal};
pub(super) use pools::{Pool, PoolSelector};
pub(super) use retries::{Patience, wait};
