//! Handing codes out, taking them back, and seeing what is left, one file an operation.

mod claim;
mod count;
mod export;
mod list;
mod low_stock;
mod reinstate;
mod release;
mod set_low_stock;
mod stock;
mod stock_of_all;

pub(super) use claim::claim;
pub(super) use count::count;
pub(super) use export::export;
pub(super) use list::list;
pub(super) use low_stock::LowStockWatch;
pub(super) use reinstate::reinstate;
pub(super) use release::release;
pub(super) use set_low_stock::set_low_stock;
pub(super) use stock::stock;
pub(super) use stock_of_all::stock_of_all;
