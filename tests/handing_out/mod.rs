//! How devices get activation codes and people see them.

mod claims;
mod drain;
mod installation;
mod qr_codes;
mod sheet;

crate::support::cases::gather! {
    claims,
    drain,
    installation,
    qr_codes,
    sheet,
}
