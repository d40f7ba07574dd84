//! The source keeps the layout that the documents promise.

mod architecture;
mod routes;
mod store_methods;
mod test_files;

crate::support::cases::gather! {
    architecture,
    routes,
    store_methods,
    test_files,
}
