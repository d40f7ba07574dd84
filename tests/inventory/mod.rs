//! What operators learn about the codes in their pools.

mod export;
mod stock;

crate::support::cases::gather! {
    export,
    stock,
}
