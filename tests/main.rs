//! All integration tests, in one binary. `main` owns the private Postgres, which ends with it.

#![expect(unreachable_pub, reason = "nobody but these tests uses them")]

mod architecture;
mod assignments;
mod attacks;
mod audit;
mod batch;
mod bodies;
mod carrier_files;
mod claims;
mod client_commands;
mod command_line;
mod crash;
mod database_loss;
mod device_states;
mod documents;
mod drain;
mod errors;
mod export;
mod golden;
mod health;
mod idempotency;
mod imports;
mod installation;
mod issuer_claims;
mod issuer_keys;
mod issuers;
mod key_rotation;
mod large_imports;
mod listings;
mod lists;
mod merged_reads;
mod merged_writes;
mod migrations;
mod options;
mod packing;
mod paths;
mod permission_matrix;
mod plans;
mod pools;
mod preferences;
mod progress_bar;
mod provider;
mod qr_codes;
mod readme;
mod refusals;
mod sdk;
mod secrets;
mod sheet;
mod spans;
mod stock;
mod store_conformance;
mod support;
mod tenant_isolation;
mod tls;
mod token_properties;
mod tokens;
mod tour;

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
        architecture::cases(),
        assignments::cases(),
        attacks::cases(),
        audit::cases(),
        batch::cases(),
        bodies::cases(),
        carrier_files::cases(),
        claims::cases(),
        client_commands::cases(),
        command_line::cases(),
        crash::cases(),
        database_loss::cases(),
        device_states::cases(),
        documents::cases(),
        drain::cases(),
        errors::cases(),
        export::cases(),
        golden::cases(),
        health::cases(),
        idempotency::cases(),
        imports::cases(),
        issuer_claims::cases(),
        issuer_keys::cases(),
        issuers::cases(),
        key_rotation::cases(),
        large_imports::cases(),
        listings::cases(),
        lists::cases(),
        merged_reads::cases(),
        merged_writes::cases(),
        migrations::cases(),
        options::cases(),
        packing::cases(),
        paths::cases(),
        permission_matrix::cases(),
        plans::cases(),
        pools::cases(),
        preferences::cases(),
        progress_bar::cases(),
        provider::cases(),
        qr_codes::cases(),
        readme::cases(),
        refusals::cases(),
        sdk::cases(),
        secrets::cases(),
        sheet::cases(),
        spans::cases(),
        installation::cases(),
        stock::cases(),
        store_conformance::cases(),
        tenant_isolation::cases(),
        tls::cases(),
        token_properties::cases(),
        tokens::cases(),
        tour::cases(),
    ];
    let trials = cases.into_iter().flatten().flat_map(support::Case::trials).collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    Postgres::stop();
    conclusion.exit_code()
}
