//! Every file of tests runs, and none depends on another.

use std::collections::BTreeSet;

use crate::support::cases;
use crate::support::source::{Module, modules};

cases! {
    once: [every_test_file_is_compiled, no_test_file_imports_another],
}

/// The modules below a module that it declares.
fn declared(module: &Module) -> impl Iterator<Item = Vec<String>> {
    module.syntax.items.iter().filter_map(|item| match item {
        syn::Item::Mod(declared) => {
            Some([&module.name[..], &[declared.ident.to_string()]].concat())
        }
        _ => None,
    })
}

async fn every_test_file_is_compiled() {
    let modules = modules("tests");
    let declared: BTreeSet<_> = modules.iter().flat_map(declared).collect();
    for Module { name, file, .. } in modules {
        assert!(
            name.is_empty() || declared.contains(&name),
            "{}: `mod` is missing",
            file.display()
        );
    }
}

async fn no_test_file_imports_another() {
    for module in modules("tests").iter().filter(|module| !module.name.is_empty()) {
        for path in &module.paths {
            let others = match path[0].as_str() {
                "crate" => path.get(1).is_none_or(|module| module != "support"),
                "super" => module.name[0] != "support",
                _ => false,
            };
            assert!(!others, "{} imports {}", module.file.display(), path.join("::"));
        }
    }
}
