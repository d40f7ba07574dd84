//! Merges the sources of values, and records the source of each.

use std::collections::BTreeMap;
use std::path::Path;

use toml::{Table, Value};

use super::known::{RENAMED, SETTINGS};
use super::{Environment, Faults, Origin};

const DEFAULTS: &str = include_str!("../../config/default.toml");

/// Settings given as flags on the command line: the flag, its key, and the value.
#[derive(Clone, Debug, Default)]
pub struct Flags(Vec<(&'static str, &'static str, String)>);

impl Flags {
    /// Adds a flag, if it was given.
    pub fn set(&mut self, flag: &'static str, key: &'static str, value: Option<String>) {
        if let Some(value) = value {
            self.0.push((flag, key, value));
        }
    }
}

/// The merged values, and the source of each.
#[derive(Debug)]
pub(super) struct Layers {
    pub(super) values: Table,
    origins: BTreeMap<String, Origin>,
    /// The settings given under an old name: that name, the new one, and the source.
    renamed: Vec<(&'static str, &'static str, Origin)>,
    /// The sources of the renamed settings given under their new name.
    under_new_name: BTreeMap<&'static str, Origin>,
}

impl Layers {
    pub(super) fn read(
        file: Option<&Path>,
        environment: &Environment,
        flags: &Flags,
        faults: &mut Faults,
    ) -> Self {
        let mut layers = Self {
            values: Table::new(),
            origins: BTreeMap::new(),
            renamed: Vec::new(),
            under_new_name: BTreeMap::new(),
        };
        layers.add_table(&defaults(), &Origin::Default, faults);

        let named = environment.get("ESIMPOOL_CONFIG").map(Path::new);
        if let Some(path) = file.or(named) {
            let origin = Origin::File(path.to_owned());
            match std::fs::read_to_string(path).map_err(|error| error.to_string()).and_then(parse) {
                Ok(table) => layers.add_table(&table, &origin, faults),
                Err(reason) => faults.add("", origin, reason),
            }
        }
        if let Some(url) = environment.get("DATABASE_URL") {
            layers.add_text(
                "database.url",
                url,
                Origin::Environment("DATABASE_URL".to_owned()),
                faults,
            );
        }
        for (name, key, value) in environment.settings() {
            layers.add_text(&key, value, Origin::Environment(name.to_owned()), faults);
        }
        for name in environment.unknown() {
            let origin = Origin::Environment(name.to_owned());
            faults.add("", origin, "unknown variable; a setting is ESIMPOOL__SECTION__KEY");
        }
        for (flag, key, value) in &flags.0 {
            layers.add_text(key, value, Origin::Flag(flag), faults);
        }
        layers.check_renamed(faults);
        layers
    }

    /// A setting must not be given under its old and its new name, even in different sources: which
    /// of the two was meant would depend on details.
    fn check_renamed(&self, faults: &mut Faults) {
        for (old, new, origin) in &self.renamed {
            if let Some(other) = self.under_new_name.get(new) {
                let reason = format!("is now '{new}', which is also set ({other}): remove '{old}'");
                faults.add(old, origin.clone(), reason);
            }
        }
    }

    /// A line for each setting that was given under its old name.
    pub(super) fn warnings(&self) -> Vec<String> {
        let warning = |(old, new, origin): &(&str, &str, Origin)| {
            format!("{old} has been renamed to {new} ({origin})")
        };
        self.renamed.iter().map(warning).collect()
    }

    /// The current name of a setting.
    fn current_name<'k>(&mut self, key: &'k str, origin: &Origin) -> &'k str {
        if let Some((old, new)) = RENAMED.iter().find(|(old, _)| *old == key) {
            self.renamed.push((old, new, origin.clone()));
            return new;
        }
        if let Some((_, new)) = RENAMED.iter().find(|(_, new)| *new == key)
            && *origin != Origin::Default
        {
            self.under_new_name.insert(new, origin.clone());
        }
        key
    }

    /// The source of the value of `key`.
    pub(super) fn origin(&self, key: &str) -> Origin {
        self.origins.get(key).cloned().unwrap_or(Origin::Default)
    }

    /// Records another source of the value of `key`.
    pub(super) fn set_origin(&mut self, key: &str, origin: Origin) {
        self.origins.insert(key.to_owned(), origin);
    }

    /// Restores the default of `key`, or removes it, so that the rest can be read.
    pub(super) fn reset(&mut self, key: &str) {
        let default = lookup(&defaults(), key).cloned();
        let mut table = &mut self.values;
        let mut rest = key;
        while let Some((section, inner)) = rest.split_once('.') {
            match table.get_mut(section) {
                Some(Value::Table(found)) => table = found,
                _ => return,
            }
            rest = inner;
        }
        table.remove(rest);
        if let Some(default) = default {
            table.insert(rest.to_owned(), default);
        }
    }

    fn add_table(&mut self, table: &Table, origin: &Origin, faults: &mut Faults) {
        for (key, value) in leaves("", table) {
            let key = self.current_name(&key, origin);
            self.add(key, value, origin.clone(), faults);
        }
    }

    /// Adds a value given as text, which is parsed as the type of its default.
    fn add_text(&mut self, key: &str, text: &str, origin: Origin, faults: &mut Faults) {
        let key = self.current_name(key, &origin);
        let defaults = defaults();
        let value = match lookup(&defaults, key) {
            Some(Value::Integer(_)) => {
                text.parse().map(Value::Integer).map_err(|_| "must be a whole number")
            }
            Some(Value::Boolean(_)) => {
                text.parse().map(Value::Boolean).map_err(|_| "must be true or false")
            }
            Some(Value::Array(_)) => parse(format!("list = {text}"))
                .ok()
                .and_then(|mut table| table.remove("list"))
                .ok_or("must be a list in TOML syntax: [{ issuer = \"…\", … }]"),
            Some(Value::String(_) | Value::Float(_) | Value::Datetime(_) | Value::Table(_))
            | None => Ok(Value::String(text.to_owned())),
        };
        match value {
            Ok(value) => self.add(key, value, origin, faults),
            Err(reason) => faults.add(key, origin, reason),
        }
    }

    fn add(&mut self, key: &str, value: Value, origin: Origin, faults: &mut Faults) {
        if !SETTINGS.iter().any(|known| known.key == key) {
            faults.add(key, origin, "unknown setting");
            return;
        }
        let mut table = &mut self.values;
        let mut rest = key;
        while let Some((section, inner)) = rest.split_once('.') {
            let entry = table.entry(section).or_insert_with(|| Value::Table(Table::new()));
            table = entry.as_table_mut().expect("no setting has the name of a section");
            rest = inner;
        }
        table.insert(rest.to_owned(), value);
        self.origins.insert(key.to_owned(), origin);
    }
}

fn defaults() -> Table {
    DEFAULTS.parse().expect("config/default.toml is valid TOML")
}

/// Parses TOML. An error names the line, but does not quote it: it may contain a secret.
fn parse(text: impl AsRef<str>) -> Result<Table, String> {
    let text = text.as_ref();
    text.parse().map_err(|error: toml::de::Error| {
        let line = error.span().map_or(1, |span| text[..span.start].lines().count().max(1));
        format!("line {line}: {}", error.message())
    })
}

/// The values of a table with their full keys.
fn leaves(prefix: &str, table: &Table) -> Vec<(String, Value)> {
    let full = |key: &str| {
        if prefix.is_empty() { key.to_owned() } else { format!("{prefix}.{key}") }
    };
    table
        .iter()
        .flat_map(|(key, value)| match value.as_table() {
            Some(inner) => leaves(&full(key), inner),
            None => vec![(full(key), value.clone())],
        })
        .collect()
}

fn lookup<'t>(table: &'t Table, key: &str) -> Option<&'t Value> {
    match key.split_once('.') {
        Some((section, rest)) => lookup(table.get(section)?.as_table()?, rest),
        None => table.get(key),
    }
}
