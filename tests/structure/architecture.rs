//! Modules lean in one direction, and files stay readable.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::support::cases;

cases! {
    once: [
        modules_lean_only_on_those_before_them,
        only_http_and_the_roof_know_actix,
        only_the_store_knows_sql,
        only_one_file_of_the_service_fetches_anything,
        no_file_holds_two_subjects,
    ],
}

/// A module, and those that it may lean on. Nothing else of the crate may be named in it.
const DIRECTION: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("qr", &[]),
    ("clock", &["domain"]),
    ("offload", &[]),
    ("private_file", &[]),
    ("vault", &["domain"]),
    ("carrier", &["domain"]),
    ("auth", &["domain", "clock", "private_file"]),
    ("store", &["domain", "auth", "vault", "offload", "private_file"]),
    ("protocol", &["domain", "qr"]),
    ("config", &["domain", "vault", "auth"]),
    ("telemetry", &["config"]),
    ("http", &["domain", "clock", "auth", "store", "protocol", "carrier", "offload", "qr"]),
    ("app", &["domain", "clock", "auth", "store", "vault", "config", "http", "private_file"]),
    (
        "cli",
        &["app", "auth", "clock", "config", "domain", "http", "private_file", "store", "telemetry"],
    ),
];

/// Every source file with the top module it belongs to.
fn sources() -> BTreeMap<PathBuf, (String, String)> {
    fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            if entry.path().is_dir() {
                walk(&entry.path(), files);
            } else if entry.path().extension().is_some_and(|extension| extension == "rs") {
                files.push(entry.path());
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    walk(&root, &mut files);
    let read = |path: PathBuf| {
        let inside = path.strip_prefix(&root).expect("below src").to_owned();
        let module = inside
            .iter()
            .next()
            .expect("a name")
            .to_str()
            .expect("text")
            .trim_end_matches(".rs")
            .to_owned();
        let text = std::fs::read_to_string(&path).expect("text");
        // Comments and doc links may name anything.
        let code: Vec<_> =
            text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        (inside, (module, code.join("\n")))
    };
    files
        .into_iter()
        .map(read)
        .filter(|(_, (module, _))| module != "lib" && module != "main")
        .collect()
}

async fn modules_lean_only_on_those_before_them() {
    for (path, (module, code)) in sources() {
        let (_, allowed) = DIRECTION
            .iter()
            .find(|(name, _)| *name == module)
            .unwrap_or_else(|| panic!("{module} has no place in the order"));
        for other in code.split("crate::").skip(1) {
            let name: String = other
                .chars()
                .take_while(|sign| sign.is_ascii_alphanumeric() || *sign == '_')
                .collect();
            // `use crate::{…}` would hide what it names.
            assert!(!name.is_empty(), "{}: name one module a line", path.display());
            assert!(
                name == module || allowed.contains(&name.as_str()),
                "{} leans on {name}",
                path.display()
            );
        }
    }
}

async fn only_http_and_the_roof_know_actix() {
    for (path, (module, code)) in sources() {
        assert!(
            !code.contains("actix") || ["http", "app"].contains(&module.as_str()),
            "{}",
            path.display()
        );
    }
}

async fn only_the_store_knows_sql() {
    for (path, (module, code)) in sources() {
        assert!(!code.contains("sqlx::") || module == "store", "{}", path.display());
    }
}

async fn only_one_file_of_the_service_fetches_anything() {
    for (path, (module, code)) in sources() {
        // The command line is a client of the service.
        assert!(
            !code.contains("reqwest") || path.ends_with("auth/keys/http.rs") || module == "cli",
            "{}",
            path.display()
        );
    }
}

async fn no_file_holds_two_subjects() {
    for (path, (_, code)) in sources() {
        let lines = code.split("#[cfg(test)]").next().unwrap_or_default().lines().count();
        assert!(lines <= 300, "{} has {lines} lines: what is its second subject?", path.display());
    }
}
