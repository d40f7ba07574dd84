//! The program as a person runs it.

mod banner;
mod client_commands;
mod import_command;
mod progress_bar;
mod settings;
mod start_and_stop;
mod tokens;

crate::support::cases::gather! {
    banner,
    client_commands,
    import_command,
    progress_bar,
    settings,
    start_and_stop,
    tokens,
}
