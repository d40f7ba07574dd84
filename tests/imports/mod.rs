//! CSV files of activation codes on their way into pools.

pub mod carrier_files;
pub mod files;
pub mod large_files;

crate::support::cases::gather! {
    carrier_files,
    files,
    large_files,
}
