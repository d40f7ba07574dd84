//! What operators learn about the codes in their pools.

pub mod export;
pub mod stock;

crate::support::cases::gather! {
    export,
    stock,
}
