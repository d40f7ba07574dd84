//! The documents say what the program does.

mod readme;
mod tour;

crate::support::cases::gather! {
    readme,
    tour,
}
