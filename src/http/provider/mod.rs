//! The development issuer as an identity provider that unmodified clients can use: discovery, keys
//! and the token endpoint, at Entra's paths. Exists only while the development issuer is on.

mod discovery;
mod form;
mod response;
mod tenant;
mod token;

pub(super) use discovery::{keys, openid_configuration};
pub(super) use token::token;
