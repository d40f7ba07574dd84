//! Modules depend in one direction, without circles, and each file has one subject.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::support::cases;
use crate::support::source::{Module, Names, modules};

cases! {
    once: [
        modules_depend_only_on_those_before_them,
        files_of_a_module_do_not_import_each_other_in_circles,
        rooms_of_the_store_depend_only_on_those_before_them,
        only_http_and_app_use_actix,
        only_the_store_uses_sqlx,
        only_the_key_fetcher_and_the_command_line_use_reqwest,
        no_file_has_two_subjects,
    ],
}

/// Each module with the modules that it may depend on.
const DIRECTION: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("qr", &[]),
    ("clock", &["domain"]),
    ("csv_lines", &[]),
    ("host", &[]),
    ("offload", &[]),
    ("private_file", &[]),
    ("shares", &["domain"]),
    ("vault", &["domain"]),
    ("carrier", &["domain"]),
    ("auth", &["domain", "clock", "host", "private_file"]),
    ("store", &["domain", "auth", "vault", "offload", "private_file", "shares"]),
    ("protocol", &["domain", "qr", "csv_lines"]),
    ("config", &["domain", "vault", "auth", "private_file"]),
    ("telemetry", &["config"]),
    (
        "http",
        &[
            "domain",
            "clock",
            "auth",
            "store",
            "protocol",
            "carrier",
            "host",
            "offload",
            "qr",
            "shares",
            "telemetry",
        ],
    ),
    (
        "app",
        &["domain", "clock", "auth", "host", "store", "vault", "config", "http", "private_file"],
    ),
    (
        "cli",
        &[
            "app",
            "auth",
            "clock",
            "config",
            "csv_lines",
            "domain",
            "host",
            "http",
            "private_file",
            "store",
            "telemetry",
        ],
    ),
];

/// Modules whose files still import each other in circles. May only shrink.
const CIRCULAR: &[&str] = &["domain", "protocol"];

const MAX_LINES: usize = 300;

/// Every file of the service but `lib.rs` and `main.rs`.
fn sources() -> Vec<Module> {
    let mut modules = modules("src");
    modules.retain(|module| !module.name.is_empty());
    modules
}

/// Whether a path of the module begins with a crate for which `is_it` holds.
fn uses_crate(module: &Module, is_it: impl Fn(&str) -> bool) -> bool {
    module.paths.iter().any(|path| is_it(&path[0]))
}

async fn modules_depend_only_on_those_before_them() {
    for module in sources() {
        let top = &module.name[0];
        let (_, allowed) = DIRECTION
            .iter()
            .find(|(name, _)| name == top)
            .unwrap_or_else(|| panic!("DIRECTION does not list {top}"));
        for path in module.paths.iter().filter(|path| path[0] == "crate") {
            let other = path.get(1).expect("`use crate::*` names no module");
            assert!(
                other == top || allowed.contains(&other.as_str()),
                "{} depends on {other}",
                module.file.display()
            );
        }
    }
}

async fn files_of_a_module_do_not_import_each_other_in_circles() {
    let modules = sources();
    let tops: BTreeSet<_> = modules.iter().map(|module| module.name[0].as_str()).collect();
    let mut wrong = Vec::new();
    for top in tops {
        let found = circles(&modules, top);
        match (CIRCULAR.contains(&top), found.is_empty()) {
            (true, true) => wrong.push(format!("{top} has no circle: remove it from CIRCULAR")),
            (false, false) => wrong.extend(found),
            (true, false) | (false, true) => {}
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The rooms of the store, from the inside out. A file that others need earlier than its room
/// stands by itself.
const ROOMS: &[&str] = &[
    "sqlstate",
    "error",
    "db",
    "ids",
    "batch",
    "keys",
    "key_locks",
    "health",
    "spool_space",
    "free_code_hints",
    "unsettled",
    "write::audit",
    "handle",
    "listing",
    "entity",
    "lookup",
    "page",
    "write",
    "setup",
    "handouts::outcome",
    "handouts::fragments",
    "stock_entries",
    "fold_stock",
    "handouts::ledger",
    "handouts::following",
    "handouts::holders",
    "codes",
    "pools",
    "assignments",
    "device_states",
    "handouts",
    "import",
    "export",
    "stock",
    "quarantine",
    "tenant_lists",
    "removal",
    "installation",
    "audit_events",
    "housekeeping",
    "reseal",
];

async fn rooms_of_the_store_depend_only_on_those_before_them() {
    let modules = sources();
    let names = Names::of(&modules);
    let rank = |name: &[String]| {
        let of = |room: &String| ROOMS.iter().position(|it| it == room);
        let own = name.get(1..3).and_then(|room| of(&room.join("::")));
        own.or_else(|| of(&name[1])).unwrap_or_else(|| panic!("ROOMS lacks {}", name[1]))
    };
    let mut found = Vec::new();
    for module in modules.iter().filter(|module| module.name[0] == "store") {
        if module.name.len() == 1 {
            continue;
        }
        for other in names.uses(module).iter().filter(|other| other[0] == "store") {
            // The store's own `mod.rs` is no room.
            if other.len() == 1 || rank(other) > rank(&module.name) {
                found.push(format!("{} depends on {}", module.file.display(), other.join("::")));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

type Imports<'a> = BTreeMap<&'a [String], BTreeSet<&'a [String]>>;

/// For each set of files below `top` that reach each other by imports, its size and a shortest
/// circle.
fn circles(modules: &[Module], top: &str) -> Vec<String> {
    let names = Names::of(modules);
    let within = modules.iter().filter(|module| module.name[0] == top);
    let imports: Imports<'_> = within
        .map(|module| {
            let mut uses = names.uses(module);
            uses.retain(|name| name[0] == top);
            (module.name.as_slice(), uses)
        })
        .collect();
    let reached: Imports<'_> =
        imports.keys().map(|&start| (start, ways(&imports, start).into_keys().collect())).collect();
    let mut seen: BTreeSet<&[String]> = BTreeSet::new();
    let mut found = Vec::new();
    for (&start, ends) in &reached {
        if ends.contains(start) && !seen.contains(start) {
            let together: Vec<_> =
                ends.iter().copied().filter(|end| reached[end].contains(start)).collect();
            seen.extend(together.iter().copied());
            let circles = together.iter().map(|&start| circle(&imports, start));
            let shortest = circles.min_by_key(Vec::len).expect("at least one");
            let names: Vec<_> = shortest.iter().map(|name| name.join("::")).collect();
            found.push(format!("{} files, such as {}", together.len(), names.join(" → ")));
        }
    }
    found
}

/// What is reached from `start`, each with the module before it on a shortest way.
fn ways<'a>(imports: &Imports<'a>, start: &'a [String]) -> BTreeMap<&'a [String], &'a [String]> {
    let mut before = BTreeMap::new();
    let mut next = VecDeque::from([start]);
    while let Some(at) = next.pop_front() {
        for &to in &imports[at] {
            before.entry(to).or_insert_with(|| {
                next.push_back(to);
                at
            });
        }
    }
    before
}

/// A shortest way from `start`, which is on a circle, to itself.
fn circle<'a>(imports: &Imports<'a>, start: &'a [String]) -> Vec<&'a [String]> {
    let before = ways(imports, start);
    let mut way = vec![start, before[start]];
    while way[way.len() - 1] != start {
        way.push(before[way[way.len() - 1]]);
    }
    way.reverse();
    way
}

async fn only_http_and_app_use_actix() {
    for module in sources() {
        let uses = uses_crate(&module, |name| name.starts_with("actix"));
        assert!(
            !uses || ["http", "app"].contains(&module.name[0].as_str()),
            "{}",
            module.file.display()
        );
    }
}

async fn only_the_store_uses_sqlx() {
    for module in sources() {
        let uses = uses_crate(&module, |name| name == "sqlx");
        assert!(!uses || module.name[0] == "store", "{}", module.file.display());
    }
}

/// The service itself fetches nothing but issuers' keys; the command line is its client.
async fn only_the_key_fetcher_and_the_command_line_use_reqwest() {
    for module in sources() {
        let uses = uses_crate(&module, |name| name == "reqwest");
        let fetches = module.file.ends_with("auth/keys/http.rs") || module.name[0] == "cli";
        assert!(!uses || fetches, "{}", module.file.display());
    }
}

async fn no_file_has_two_subjects() {
    for Module { file, lines, .. } in sources() {
        let file = file.display();
        assert!(lines <= MAX_LINES, "{file} has {lines} lines: what is its second subject?");
    }
}
