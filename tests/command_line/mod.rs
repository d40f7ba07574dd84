//! The program as a person runs it.

mod client_commands;
mod program;
mod progress_bar;

crate::support::cases::gather! {
    client_commands,
    program,
    progress_bar,
}
