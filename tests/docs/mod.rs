//! The documents say what the program does.

pub mod readme;
pub mod tour;

crate::support::cases::gather! {
    readme,
    tour,
}
