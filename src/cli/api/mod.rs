//! The API client of the commands that talk to a running service. Knows where the service is, which
//! token to send, and how to report its errors.

mod client;
mod pools;

pub(super) use client::{Api, ApiArguments, ErrorResponse, json, send};
pub(super) use pools::{Pool, PoolSelector};
