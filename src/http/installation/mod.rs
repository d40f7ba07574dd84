//! Claimed codes in the forms in which people install them: QR code, Windows settings, printable
//! sheet. One file per operation.

mod qr;
mod sheet;
mod show;
mod windows;

pub(super) use qr::qr;
pub(super) use sheet::sheet;
pub(super) use windows::windows;
