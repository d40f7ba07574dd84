//! How devices get activation codes and people see them.

pub mod claims;
pub mod drain;
pub mod installation;
pub mod qr_codes;
pub mod sheet;

crate::support::cases::gather! {
    claims,
    drain,
    installation,
    qr_codes,
    sheet,
}
