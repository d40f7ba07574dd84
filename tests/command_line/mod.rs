//! The program as a person runs it.

pub mod client_commands;
pub mod program;
pub mod progress_bar;

crate::support::cases::gather! {
    client_commands,
    program,
    progress_bar,
}
