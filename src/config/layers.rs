//! Where a value comes from, and which value wins.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::{Faults, KEYS};

const DEFAULTS: &str = include_str!("../../config/default.toml");
const PREFIX: &str = "ESIMPOOL__";

/// The source of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// `config/default.toml`, compiled in.
    Default,
    /// A settings file.
    File(PathBuf),
    /// An environment variable.
    Environment(String),
    /// A flag on the command line.
    Flag(&'static str),
}

/// The environment, as far as settings may read it.
#[derive(Clone, Debug, Default)]
pub struct Environment(BTreeMap<String, String>);

/// Settings that were given as flags: the flag, the key it sets, the value.
#[derive(Clone, Debug, Default)]
pub struct Flags(Vec<(&'static str, &'static str, String)>);

impl Environment {
    /// That of this process.
    #[must_use]
    pub fn of_process() -> Self {
        // Other variables may hold anything, not only text.
        let ours = std::env::vars_os().filter_map(|(name, value)| {
            let name = name.into_string().ok()?;
            let ours = name.starts_with("ESIMPOOL") || name == "DATABASE_URL";
            ours.then(|| (name, value.to_string_lossy().into_owned()))
        });
        Self(ours.collect())
    }

    /// One made up, for tests.
    pub fn of<'a>(variables: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        Self(
            variables
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        )
    }
}

impl Flags {
    /// Adds a flag that was given.
    pub fn set(&mut self, flag: &'static str, key: &'static str, value: Option<String>) {
        if let Some(value) = value {
            self.0.push((flag, key, value));
        }
    }
}

/// The values that won, and where each came from.
#[derive(Debug)]
pub(super) struct Layers {
    pub(super) values: Table,
    origins: BTreeMap<String, Origin>,
}

impl Layers {
    pub(super) fn read(
        file: Option<&Path>,
        environment: &Environment,
        flags: &Flags,
        faults: &mut Faults,
    ) -> Self {
        let mut layers = Self { values: Table::new(), origins: BTreeMap::new() };
        layers.add_table(&defaults(), &Origin::Default, faults);

        let named = environment.0.get("ESIMPOOL_CONFIG").map(Path::new);
        if let Some(path) = file.or(named) {
            let origin = Origin::File(path.to_owned());
            match std::fs::read_to_string(path).map_err(|error| error.to_string()).and_then(parse) {
                Ok(table) => layers.add_table(&table, &origin, faults),
                Err(reason) => faults.add("", origin, reason),
            }
        }
        if let Some(url) = environment.0.get("DATABASE_URL") {
            layers.add_text(
                "database.url",
                url,
                Origin::Environment("DATABASE_URL".to_owned()),
                faults,
            );
        }
        for (name, value) in &environment.0 {
            if let Some(key) = name.strip_prefix(PREFIX) {
                let key = key.to_lowercase().replace("__", ".");
                layers.add_text(&key, value, Origin::Environment(name.clone()), faults);
            }
        }
        for (flag, key, value) in &flags.0 {
            layers.add_text(key, value, Origin::Flag(flag), faults);
        }
        layers
    }

    /// Where the value of `key` came from.
    pub(super) fn origin(&self, key: &str) -> Origin {
        self.origins.get(key).cloned().unwrap_or(Origin::Default)
    }

    /// Notes that the value of `key` came from elsewhere than its layer.
    pub(super) fn set_origin(&mut self, key: &str, origin: Origin) {
        self.origins.insert(key.to_owned(), origin);
    }

    /// Puts the built-in value of `key` back, or none, so that the rest can be read.
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
            self.add(&key, value, origin.clone(), faults);
        }
    }

    /// A value given as text takes the type that its key has by default.
    fn add_text(&mut self, key: &str, text: &str, origin: Origin, faults: &mut Faults) {
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
                .ok_or("must be a list in TOML's form: [{ issuer = \"…\", … }]"),
            Some(Value::String(_) | Value::Float(_) | Value::Datetime(_) | Value::Table(_))
            | None => Ok(Value::String(text.to_owned())),
        };
        match value {
            Ok(value) => self.add(key, value, origin, faults),
            Err(reason) => faults.add(key, origin, reason),
        }
    }

    fn add(&mut self, key: &str, value: Value, origin: Origin, faults: &mut Faults) {
        if !KEYS.iter().any(|known| known.name == key) {
            faults.add(key, origin, "there is no such setting");
            return;
        }
        let mut table = &mut self.values;
        let mut rest = key;
        while let Some((section, inner)) = rest.split_once('.') {
            let entry = table.entry(section).or_insert_with(|| Value::Table(Table::new()));
            table = entry.as_table_mut().expect("a section: no key is the name of one");
            rest = inner;
        }
        table.insert(rest.to_owned(), value);
        self.origins.insert(key.to_owned(), origin);
    }
}

fn defaults() -> Table {
    DEFAULTS.parse().expect("config/default.toml is TOML")
}

/// Reads TOML; a fault says where it is, not what stands there.
fn parse(text: impl AsRef<str>) -> Result<Table, String> {
    let text = text.as_ref();
    text.parse().map_err(|error: toml::de::Error| {
        let line = error.span().map_or(1, |span| text[..span.start].lines().count().max(1));
        format!("line {line}: {}", error.message())
    })
}

/// The values of a table by their full keys.
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

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::Flag(flag) => write!(f, "flag {flag}"),
        }
    }
}
