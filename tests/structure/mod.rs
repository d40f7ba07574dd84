//! The source keeps the layout that the documents promise.

mod architecture;

crate::support::cases::gather! {
    architecture,
}
