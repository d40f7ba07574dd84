//! How devices get activation codes and people see them.

mod claims;
mod devices;
mod drain;
mod installation;
mod once_only;
mod qr_codes;
mod releases;
mod sheet;

crate::support::cases::gather! {
    claims,
    devices,
    drain,
    installation,
    once_only,
    qr_codes,
    releases,
    sheet,
}
