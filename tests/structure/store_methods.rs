//! The conformance suite leaves out no operation of the store.

use crate::support::cases;
use crate::support::methods::{called_methods, public_functions};
use crate::support::source::modules;

cases! {
    once: [the_conformance_suite_calls_every_public_method_of_the_store],
}

/// The types whose methods reach the database.
const TYPES: [&str; 3] = ["Store", "Import", "Checked"];

/// Called by `TestStore`, which every test of the suite uses.
const CALLED_BY_SUPPORT: [&str; 2] = ["open", "prepare"];

async fn the_conformance_suite_calls_every_public_method_of_the_store() {
    let store = modules("src/store");
    let called = called_methods(&modules("tests/store/conformance"));
    let missing: Vec<_> = TYPES
        .iter()
        .flat_map(|name| public_functions(&store, name))
        .filter(|name| !called.contains(name) && !CALLED_BY_SUPPORT.contains(&name.as_str()))
        .collect();
    assert!(missing.is_empty(), "tests/store/conformance does not call {missing:?}");
}
