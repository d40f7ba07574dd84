//! The development issuer: an issuer of tokens that is part of the service, for machines that have
//! no other. Its name is the URL of the service, and its key is stored in the data folder only. As an
//! identity provider it lets people sign in. Depends on the rest of `auth`; knows nothing of HTTP or
//! settings.

mod application;
mod authorize;
mod bounded;
mod codes;
mod consent;
mod device_flow;
mod devices;
mod draft;
mod grant;
mod grants;
mod issuer;
mod key;
mod parameters;
mod provider;
mod random;
mod redirect;
mod refresh;
mod refusal;
mod reply;
mod scopes;
mod user;
mod user_tokens;
mod wrong;

pub use application::Application;
pub use authorize::Refused;
pub use consent::Prompt;
pub use device_flow::DeviceStart;
pub use grant::Endpoint;
pub use issuer::{DevelopmentIssuer, TokenRequest};
pub use key::KeyFileError;
pub use parameters::Parameters;
pub use provider::{Client, Granted, Provider};
pub use redirect::{RedirectUri, RedirectUris};
pub use refusal::GrantRefusal;
pub use reply::{Delivery, ReplyTo};
pub use user::User;
pub use wrong::Wrong;
