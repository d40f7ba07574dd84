//! The documents say what the program does.

mod parity;
mod readme;
mod tour;

crate::support::cases::gather! {
    parity,
    readme,
    tour,
}
