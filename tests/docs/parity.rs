//! `docs/parity.md`: what Graph does, what this service does, and the test that proves it. The rows are
//! in `parity.toml`; `ESIMPOOL_UPDATE_GOLDEN=1 cargo test parity` writes the page anew.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use esimpool::http::{Operation, operations};
use serde::Deserialize;

use crate::support::cases::registered;
use crate::support::documents::document;
use crate::support::{cases, updating};

cases! {
    once: [
        the_page_is_made_of_the_rows,
        every_route_that_graph_has_has_a_row,
        every_proof_is_a_test_of_this_run,
        what_is_not_known_of_graph_is_said_to_be_so,
    ],
}

const ROWS: &str = include_str!("parity.toml");

/// The headings of rows that are about more than one operation, in the order of the page.
const GENERAL: [&str; 4] = ["every operation", "every list", "every body", "every change"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parity {
    rows: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    /// The name in the route table, or one of [`GENERAL`].
    operation: String,
    rule: String,
    known: Known,
    graph: Option<String>,
    here: String,
    differs: Option<String>,
    proof: Vec<String>,
}

/// Where it is known from what Graph does.
#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Known {
    Documented,
    Clients,
    Reported,
    Odata,
    Unknown,
}

impl Known {
    fn mark(self) -> &'static str {
        match self {
            Self::Documented => " (D)",
            Self::Clients => " (C)",
            Self::Reported => " (R)",
            Self::Odata => " (O)",
            Self::Unknown => "",
        }
    }
}

fn rows() -> Vec<Row> {
    toml::from_str::<Parity>(ROWS).unwrap_or_else(|error| panic!("{error}")).rows
}

/// The operations that Graph has: those that are not named after this service.
fn graphs_operations() -> Vec<Operation> {
    let of_graph = |operation: &Operation| {
        let path = operation.path;
        let version = path == "/beta" || path.starts_with("/beta/") || path.starts_with("/v1.0/");
        version && !path.contains("esimpool")
    };
    operations().into_iter().filter(of_graph).collect()
}

const HEAD: &str = "\
# Parity with Graph

What Microsoft Graph does, what this service does, and the test that proves the latter. A row is an operation and a
rule. The page is made of `tests/docs/parity.toml`; a test compares them, checks that every proof is a test, and that
every route that Graph has is here. [Graph compatibility](graph-compatibility.md) explains the differences.

What is known of Graph is marked by where it is known from:

| mark | source |
|---|---|
| (D) | Microsoft's documentation or metadata |
| (C) | Microsoft's clients: what they send, and what they need to be answered |
| (R) | reports and recordings of users of the real service |
| (O) | the OData standard, where Microsoft's documentation says nothing else |
| not documented | nothing reliable is known. What is in the third column is this service's own choice |

The real service was not asked: that takes a tenant with an Intune licence.
";

fn page() -> String {
    let (rows, known) = (rows(), graphs_operations());
    let names = known.iter().map(|operation| operation.name);
    let mut page = HEAD.to_owned();
    for (heading, names) in [
        ("Operations", names.collect::<Vec<_>>()),
        ("Rules of more than one operation", GENERAL.to_vec()),
    ] {
        let _ = write!(
            page,
            "\n## {heading}\n\n| operation | rule | Graph | here | different on purpose | proof |\n\
             |---|---|---|---|---|---|\n"
        );
        for name in names {
            for row in rows.iter().filter(|row| row.operation == name) {
                page += &line(row, known.iter().find(|operation| operation.name == name));
            }
        }
    }
    page
}

fn line(row: &Row, operation: Option<&Operation>) -> String {
    let request = operation.map_or_else(String::new, |operation| {
        // The collection of pools is in nearly every path.
        let path = operation
            .path
            .replace("/beta/deviceManagement/embeddedSIMActivationCodePools", "…Pools");
        format!(", `{} {path}`", operation.method)
    });
    let graph = row.graph.as_deref().unwrap_or("not documented");
    let proof: Vec<_> = row.proof.iter().map(|name| format!("`{name}`")).collect();
    let Row { operation, rule, known, here, differs, .. } = row;
    format!(
        "| {operation}{request} | {rule} | {graph}{} | {here} | {} | {} |\n",
        known.mark(),
        differs.as_deref().unwrap_or_default(),
        proof.join(", ")
    )
}

async fn the_page_is_made_of_the_rows() {
    let (path, page) = (document("docs/parity.md"), page());
    if updating() {
        std::fs::write(path, page).expect("written");
        return;
    }
    let written = std::fs::read_to_string(path).expect("a page");
    for (written, made) in written.lines().zip(page.lines()) {
        assert_eq!(written, made, "ESIMPOOL_UPDATE_GOLDEN=1 cargo test parity");
    }
    assert_eq!(written.lines().count(), page.lines().count());
}

async fn every_route_that_graph_has_has_a_row() {
    let rows = rows();
    let named: BTreeSet<_> = rows.iter().map(|row| row.operation.as_str()).collect();
    let operations = graphs_operations();
    assert_eq!(operations.len(), 28, "25 with a permission, the batch, and two documents");
    let known: BTreeSet<_> =
        operations.iter().map(|operation| operation.name).chain(GENERAL).collect();
    assert_eq!(named, known);
}

async fn every_proof_is_a_test_of_this_run() {
    let registered = registered();
    for Row { operation, rule, proof, .. } in rows() {
        assert!(!proof.is_empty(), "{operation}, {rule}: no proof");
        for name in proof {
            assert!(registered.contains(&name), "{operation}, {rule}: no test is named {name}");
        }
    }
}

async fn what_is_not_known_of_graph_is_said_to_be_so() {
    let mut seen = BTreeSet::new();
    for row in rows() {
        let (operation, rule) = (&row.operation, &row.rule);
        assert_eq!(row.known == Known::Unknown, row.graph.is_none(), "{operation}, {rule}");
        // What differs can only differ from something that is known.
        assert!(row.graph.is_some() || row.differs.is_none(), "{operation}, {rule}");
        let text = [&row.rule, &row.here].into_iter().chain(&row.graph).chain(&row.differs);
        assert!(text.clone().all(|cell| !cell.contains(['|', '\n'])), "{operation}, {rule}");
        assert!(
            seen.insert((row.operation.clone(), row.rule.clone())),
            "{operation}, {rule} twice"
        );
    }
}
