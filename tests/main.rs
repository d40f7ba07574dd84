//! All integration tests, in one binary. `main` owns the private Postgres, which ends with it.

#![expect(unreachable_pub, reason = "only these tests use them")]

mod command_line;
mod console;
mod docs;
mod handing_out;
mod identity;
mod imports;
mod inventory;
mod reliability;
mod sdk;
mod store;
mod structure;
mod support;
mod wire;

use std::process::ExitCode;

use libtest_mimic::Arguments;

use support::postgres::Postgres;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    if std::env::var_os("ESIMPOOL_REQUIRE_POSTGRES").is_some_and(|value| value == "1")
        && let Err(reason) = Postgres::get()
    {
        eprintln!("ESIMPOOL_REQUIRE_POSTGRES is set, and: {reason}");
        return ExitCode::FAILURE;
    }
    let cases = [
        command_line::cases(),
        console::cases(),
        docs::cases(),
        handing_out::cases(),
        identity::cases(),
        imports::cases(),
        inventory::cases(),
        reliability::cases(),
        sdk::cases(),
        store::cases(),
        structure::cases(),
        wire::cases(),
    ];
    support::cases::register(cases.iter().flatten());
    let trials = cases.into_iter().flatten().flat_map(support::Case::trials).collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    Postgres::stop();
    conclusion.exit_code()
}
