//! The types of the settings.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::identity::Identity;
use super::values::{LogFormat, Secret, ValidationName, section};

/// All settings. `config/default.toml` explains each.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "explained in config/default.toml")]
pub struct Settings {
    pub data_dir: PathBuf,
    pub server: Server,
    pub admin: Admin,
    pub database: Database,
    pub codes: Codes,
    pub audit: Audit,
    pub limits: Limits,
    pub imports: Imports,
    // None of its keys has a default.
    #[serde(default)]
    pub encryption: Encryption,
    pub log: Log,
    pub identity: Identity,
    pub console: Console,
}

section! {
    /// `server.…`
    Server {
        listen: SocketAddr,
        public_base_url: Option<String>,
        max_connections: usize,
        core_dumps: bool,
        drain: u64,
        // None of its keys has a default.
        #[serde(default)]
        tls: Tls,
    }
}
section! {
    /// `server.tls.…`
    #[derive(Default)]
    Tls { listen: Option<SocketAddr>, cert_file: Option<PathBuf>, key_file: Option<PathBuf> }
}
section! {
    /// `admin.…`
    Admin { listen: SocketAddr }
}
section! {
    /// `database.…`
    Database {
        url: Option<Secret>,
        url_file: Option<PathBuf>,
        max_connections: u32,
        acquire_timeout: u64,
        max_waiting: usize,
        read_timeout: u64,
        statement_timeout: u64,
        migrate_on_start: bool,
    }
}
section! {
    /// `codes.…`
    Codes { validation: ValidationName, max_per_request: usize, low_stock_threshold: i32 }
}
section! {
    /// `audit.…`
    Audit { retention_days: u32 }
}
section! {
    /// `limits.…`
    Limits {
        body_bytes: usize,
        import_bytes: usize,
        bodies_in_flight_bytes: usize,
        tenant_share: u8,
        page_bytes: usize,
        batch_response_bytes: usize,
        responses_in_flight_bytes: usize,
        body_timeout: u64,
        json_depth: usize,
        text_length: usize,
        top_default: u32,
        top_max: u32,
    }
}
section! {
    /// `imports.…`
    Imports { spool_dir: Option<PathBuf>, spool_max_bytes: u64, spool_reserve_bytes: u64 }
}
section! {
    /// `encryption.…`
    #[derive(Default)]
    Encryption { key: Option<Secret>, key_file: Option<PathBuf> }
}
section! {
    /// `console.…`
    Console { enabled: bool, issuer: Option<String>, client_id: Option<String>, scopes: String }
}
section! {
    /// `log.…`
    Log { format: LogFormat, filter: String, buffer_bytes: usize }
}

impl Settings {
    /// Each setting that is set: its key, and its value with secrets masked.
    pub(super) fn printable(&self) -> BTreeMap<String, String> {
        let mut printable = BTreeMap::new();
        let all = serde_json::to_value(self).expect("settings are serializable");
        collect("", &all, &mut printable);
        printable
    }
}

fn collect(prefix: &str, value: &Value, printable: &mut BTreeMap<String, String>) {
    if let Some(section) = value.as_object() {
        for (key, value) in section {
            let dot = if prefix.is_empty() { "" } else { "." };
            collect(&format!("{prefix}{dot}{key}"), value, printable);
        }
    } else if !value.is_null() {
        let text = value.as_str().map_or_else(|| without_nulls(value).to_string(), str::to_owned);
        printable.insert(prefix.to_owned(), text);
    }
}

/// A value without the keys that were left out of its tables.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Array(list) => list.iter().map(without_nulls).collect(),
        Value::Object(table) => {
            let set = table.iter().filter(|(_, value)| !value.is_null());
            set.map(|(key, value)| (key.clone(), without_nulls(value))).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}
