//! CSV files of activation codes on their way into pools.

mod carrier_files;
mod files;
mod large_files;

crate::support::cases::gather! {
    carrier_files,
    files,
    large_files,
}
