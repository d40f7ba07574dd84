//! The development issuer as an identity provider that unmodified clients can use: discovery, keys,
//! the token endpoint, and the pages where people sign in, at Entra's paths. Exists only while the
//! development issuer is on.

mod authorize;
mod consent;
mod device;
mod discovery;
mod form;
mod page;
mod request;
mod response;
mod sign_out;
mod tenant;
mod token;

pub(super) use authorize::{authorize, sign_in};
pub(super) use device::{device_answer, device_code, device_page};
pub(super) use discovery::{instance, keys, openid_configuration};
pub(super) use sign_out::sign_out;
pub(super) use token::token;
