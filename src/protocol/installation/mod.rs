//! Installations in the forms that people set devices up with: QR codes, sheets of them, and Windows
//! settings. Depends on `qr` for the drawing.

mod options;
mod sheet;
mod windows;

pub use options::{QrFormat, QrOptions, SheetOptions};
pub use sheet::{SHEET_STYLE, sheet_page};
pub use windows::windows_settings;
