//! The program as a person runs it.

mod banner;
mod client_commands;
mod import_command;
mod operators_day;
mod permission_tests;
mod permissions_used;
mod private_files;
mod process_limits;
mod progress_bar;
mod settings;
mod start_and_stop;
mod stopping;
mod tokens;

crate::support::cases::gather! {
    banner,
    client_commands,
    import_command,
    operators_day,
    permission_tests,
    permissions_used,
    private_files,
    process_limits,
    progress_bar,
    settings,
    start_and_stop,
    stopping,
    tokens,
}
