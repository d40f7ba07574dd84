//! Codes for the people who set devices up: what QR codes and settings of Windows are asked for
//! by, and what they say.

mod options;
mod windows;

pub use options::{QrFormat, QrOptions};
pub use windows::windows_settings;
