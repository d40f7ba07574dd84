//! `…/esimpool.stock`: how many codes are left, and the warning when they are few. One file per
//! operation.

mod get;
mod get_all;
mod low_stock_alert;
mod set_low_stock_threshold;

pub(super) use get::get;
pub(super) use get_all::get_all;
pub(super) use low_stock_alert::LowStockAlert;
pub(super) use set_low_stock_threshold::set_low_stock_threshold;
