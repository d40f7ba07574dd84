//! The tables of the documents agree with the program. `ESIMPOOL_UPDATE_GOLDEN=1 cargo test readme`
//! rewrites them.

use esimpool::carrier::KNOWN_COLUMNS;
use esimpool::config::{Config, Environment, Flags, SETTINGS, Secrets};
use esimpool::http::{AccessKind, ERRORS, Operation, operations};

use crate::support::documents::{document, documents};
use crate::support::issuer::TENANT;
use crate::support::{EXAMPLE, cases, updating};

cases! {
    once: [the_tables_are_correct, the_example_is_the_one_of_the_banner, the_settings_that_it_shows_are_valid],
}

async fn the_tables_are_correct() {
    for (page, name, table) in [
        ("docs/graph-compatibility.md", "operations", operations_table()),
        ("docs/errors.md", "errors", errors_table()),
        ("docs/settings.md", "settings", settings_table()),
        ("docs/imports.md", "columns", columns_table()),
    ] {
        let path = document(page);
        let text = std::fs::read_to_string(&path).expect("a document");
        let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->"));
        let start = text.find(&begin).expect("a beginning") + begin.len();
        let stop = text.find(&end).expect("an end");
        if updating() {
            std::fs::write(path, format!("{}{table}{}", &text[..start], &text[stop..]))
                .expect("written");
        } else {
            assert_eq!(
                &text[start..stop],
                table,
                "{name}: ESIMPOOL_UPDATE_GOLDEN=1 cargo test readme"
            );
        }
    }
}

fn operations_table() -> String {
    let row = |operation: Operation| {
        let names: Vec<_> =
            operation.access.permissions().iter().map(|permission| permission.name()).collect();
        let needs = match operation.access {
            AccessKind::Public => "nothing".to_owned(),
            AccessKind::Caller if operation.path.ends_with("/$batch") => {
                "anything; each part needs its own".to_owned()
            }
            AccessKind::Caller => "anything".to_owned(),
            AccessKind::Read | AccessKind::Write | AccessKind::ReadAudit | AccessKind::Claim => {
                format!("`{}`", names.join("` or `"))
            }
        };
        let only = if operation.development { " (development issuer)" } else { "" };
        let Operation { name, method, path, .. } = operation;
        format!("| {name}{only} | `{method} {path}` | {needs} |\n")
    };
    let rows: Vec<String> = operations().into_iter().map(row).collect();
    format!("| operation | request | a token with |\n|---|---|---|\n{}", rows.concat())
}

fn columns_table() -> String {
    let row = |column: &esimpool::carrier::KnownColumn| {
        format!("| {} | `{}` |\n", column.content, column.names.join("`, `"))
    };
    let rows: Vec<String> = KNOWN_COLUMNS.iter().map(row).collect();
    format!("| content | headings |\n|---|---|\n{}", rows.concat())
}

fn errors_table() -> String {
    let rows: Vec<String> = ERRORS
        .iter()
        .map(|kind| format!("| {} | `{}` | {} |\n", kind.status, kind.code, kind.when))
        .collect();
    format!("| status | `code` | when |\n|--:|---|---|\n{}", rows.concat())
}

fn settings_table() -> String {
    let config = Config::load(None, &Environment::default(), &Flags::default(), Secrets::Read)
        .expect("the defaults are good");
    let defaults = config.table();
    assert_eq!(defaults.len(), SETTINGS.len());
    let rows: Vec<String> = SETTINGS
        .iter()
        .zip(&defaults)
        .map(|(setting, [_, value, _])| {
            let value = if value == "(unset)" { String::new() } else { format!("`{value}`") };
            format!("| `{}` | {value} | {} |\n", setting.key, setting.description)
        })
        .collect();
    format!("| setting | default | what it does |\n|---|---|---|\n{}", rows.concat())
}

async fn the_example_is_the_one_of_the_banner() {
    let text = std::fs::read_to_string(document("README.md")).expect("a README");
    assert!(text.contains(EXAMPLE.trim_end()), "the README's curl posts the banner's example");
}

async fn the_settings_that_it_shows_are_valid() {
    let text = documents().into_iter().map(|(_, text)| text).collect::<Vec<_>>().join("\n");
    let folder = tempfile::TempDir::new().expect("a folder");
    let file = folder.path().join("shown.toml");
    let mut issuers = 0;
    for shown in text.split("```toml\n").skip(1) {
        let shown = shown.split("```").next().expect("an end");
        // The reader fills in what is in brackets.
        let filled =
            shown.split('<').map(|part| part.split_once('>').map_or(part, |(_, rest)| rest));
        let filled = filled.collect::<Vec<_>>().join(TENANT);
        std::fs::write(&file, &filled).expect("written");
        let none = (&Environment::default(), &Flags::default());
        let config = Config::load(Some(&file), none.0, none.1, Secrets::Read);
        let config = config.unwrap_or_else(|faults| panic!("{shown}{faults}"));
        issuers += config.settings.identity.issuers.len();
    }
    assert_eq!(issuers, text.matches("\n[[identity.issuers]]\n").count());
    assert!(issuers > 0);
}
