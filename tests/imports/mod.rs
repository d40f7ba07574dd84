//! CSV files of activation codes on their way into pools.

mod carrier_files;
mod case_files;
mod columns;
mod damaged_files;
mod files;
mod guesses;
mod holders;
mod known_codes;
mod large_files;
mod repeated_files;
mod space;
mod take_over;
mod transfers;
mod undo;

crate::support::cases::gather! {
    carrier_files,
    case_files,
    columns,
    damaged_files,
    files,
    guesses,
    holders,
    known_codes,
    large_files,
    repeated_files,
    space,
    take_over,
    transfers,
    undo,
}
