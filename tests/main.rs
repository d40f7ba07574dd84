//! All integration tests, in one binary. `main` owns the private Postgres, which ends with it.

#![expect(missing_docs, unreachable_pub, reason = "nobody but these tests uses them")]

mod pools;
mod support;

use std::process::ExitCode;

use libtest_mimic::Arguments;

use support::postgres::Postgres;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    if std::env::var("ESIMPOOL_REQUIRE_POSTGRES").is_ok_and(|value| value == "1")
        && let Err(reason) = Postgres::get()
    {
        eprintln!("ESIMPOOL_REQUIRE_POSTGRES is set, and: {reason}");
        return ExitCode::FAILURE;
    }
    let cases = [pools::cases()];
    let trials = cases.into_iter().flatten().flat_map(support::Case::trials).collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    Postgres::stop();
    conclusion.exit_code()
}
