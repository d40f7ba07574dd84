//! Codes for the people who set devices up: how QR codes, sheets of them and settings of Windows
//! are asked for, and what they say. Leans on `qr` for what is drawn.

mod options;
mod sheet;
mod windows;

pub use options::{QrFormat, QrOptions, SheetOptions};
pub use sheet::sheet_page;
pub use windows::windows_settings;
