//! The source keeps the layout that the documents promise.

mod architecture;
mod routes;
mod test_files;

crate::support::cases::gather! {
    architecture,
    routes,
    test_files,
}
