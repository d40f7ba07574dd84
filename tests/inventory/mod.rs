//! What operators learn about the codes in their pools.

mod export;
mod kept_counts;
mod stock;

crate::support::cases::gather! {
    export,
    kept_counts,
    stock,
}
