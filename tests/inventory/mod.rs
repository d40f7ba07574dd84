//! What operators learn about the codes in their pools.

mod export;
mod kept_counts;
mod stock;
mod stock_gauges;
mod tenant_lists;

crate::support::cases::gather! {
    export,
    kept_counts,
    stock,
    stock_gauges,
    tenant_lists,
}
