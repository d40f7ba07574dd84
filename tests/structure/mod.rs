//! The source keeps the layout that the documents promise.

pub mod architecture;

crate::support::cases::gather! {
    architecture,
}
