//! CSV files of activation codes on their way into pools.

mod carrier_files;
mod damaged_files;
mod files;
mod guesses;
mod large_files;
mod repeated_files;
mod space;
mod transfers;

crate::support::cases::gather! {
    carrier_files,
    damaged_files,
    files,
    guesses,
    large_files,
    repeated_files,
    space,
    transfers,
}
