//! From layers of values to settings, and everything that is wrong on the way.

use std::path::PathBuf;

use tracing_subscriber::filter::Targets;

use super::keys::{KEYS, SECRETS};
use super::layers::Layers;
use super::{Faults, Origin, Secret, Settings};
use crate::auth;
use crate::vault::MasterKey;

/// Whether the files that hold secrets are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrets {
    /// Yes: the service needs them.
    Read,
    /// No: they may be nobody's business here, or lie elsewhere.
    Leave,
}

/// Reads the settings out of the layers; what is wrong goes to `faults`, all of it.
pub(super) fn read(layers: &mut Layers, secrets: Secrets, faults: &mut Faults) -> Settings {
    let mut settings = loop {
        // A value of the wrong type gives way to the built-in one, so that the next is found too.
        match serde_path_to_error::deserialize(toml::Value::Table(layers.values.clone())) {
            Ok(settings) => break settings,
            Err(error) => wrong_type(&error, layers, faults),
        }
    };
    for (key, value, file) in secret_files(&mut settings) {
        if let (Some(path), Secrets::Read) = (file, secrets) {
            take_file(key, value, path, layers, faults);
        }
    }
    check(&settings, |key, reason| faults.add(key, layers.origin(key), reason));
    settings
}

fn wrong_type(
    error: &serde_path_to_error::Error<toml::de::Error>,
    layers: &mut Layers,
    faults: &mut Faults,
) {
    let path = error.path().to_string();
    let key = path.split('[').next().unwrap_or_default();
    // The defaults are of the right types, and `reset` brings each back: the loop ends.
    assert!(KEYS.iter().any(|known| known.name == key), "{path}: {}", error.inner());
    let reason = if SECRETS.contains(&key) {
        "must be a text".to_owned()
    } else {
        let inside = path.strip_prefix(key).unwrap_or_default();
        format!("{inside} {}", error.inner().message()).trim().to_owned()
    };
    faults.add(key, layers.origin(key), reason);
    layers.reset(key);
}

/// A setting that is a secret, its value, and the file it may lie in.
type SecretFile<'s> = (&'static str, &'s mut Option<Secret>, Option<PathBuf>);

fn secret_files(settings: &mut Settings) -> [SecretFile<'_>; 2] {
    let (encryption, database) = (&mut settings.encryption, &mut settings.database);
    [
        (SECRETS[0], &mut encryption.key, encryption.key_file.clone()),
        (SECRETS[1], &mut database.url, database.url_file.clone()),
    ]
}

/// A secret comes as a value or in a file, never both.
fn take_file(
    key: &str,
    value: &mut Option<Secret>,
    path: PathBuf,
    layers: &mut Layers,
    faults: &mut Faults,
) {
    let file_key = format!("{key}_file");
    if value.is_some() {
        let reason =
            format!("'{key}' is set as well ({}): give one of the two", layers.origin(key));
        faults.add(&file_key, layers.origin(&file_key), reason);
        return;
    }
    match std::fs::read_to_string(&path) {
        Ok(text) => {
            *value = Some(Secret(text.trim().to_owned()));
            layers.set_origin(key, Origin::File(path));
        }
        Err(error) => {
            faults.add(&file_key, layers.origin(&file_key), format!("{}: {error}", path.display()));
        }
    }
}

/// What types cannot say.
fn check(settings: &Settings, mut fault: impl FnMut(&str, String)) {
    if let Some(base) = &settings.server.public_base_url
        && !is_base_url(base)
    {
        fault(
            "server.public_base_url",
            "must be http:// or https://, a host, and at most a path, without '/' at the end"
                .to_owned(),
        );
    }
    let tls = &settings.server.tls;
    for (key, given, other) in [
        ("server.tls.cert_file", &tls.cert_file, &tls.key_file),
        ("server.tls.key_file", &tls.key_file, &tls.cert_file),
    ] {
        if given.is_some() && (other.is_none() || tls.listen.is_none()) {
            let reason = "is of use only with server.tls.listen, cert_file and key_file together";
            fault(key, reason.to_owned());
        }
    }
    if let Some(key) = &settings.encryption.key
        && let Err(error) = MasterKey::parse(key.expose())
    {
        fault("encryption.key", error.to_string());
    }
    if let Some(url) = &settings.database.url
        && !["postgres://", "postgresql://", "sqlite://"]
            .iter()
            .any(|it| url.expose().starts_with(it))
    {
        fault("database.url", "must begin with 'postgres://' or 'sqlite://'".to_owned());
    }
    if let Err(error) = settings.log.filter.parse::<Targets>() {
        fault("log.filter", error.to_string());
    }
    let issuers = &settings.identity.issuers;
    for (place, issuer) in issuers.iter().enumerate() {
        if let Err(error) = auth::Issuer::check(&issuer.issuer, &issuer.audiences, &issuer.tenants)
        {
            fault("identity.issuers", format!("{}: {error}", issuer.issuer));
        }
        if issuers[..place].iter().any(|other| other.issuer == issuer.issuer) {
            fault("identity.issuers", format!("{}: stands twice", issuer.issuer));
        }
    }
    let limits = &settings.limits;
    let ranges = [
        ("database.max_connections", u64::from(settings.database.max_connections), 1, 10_000),
        ("database.acquire_timeout", settings.database.acquire_timeout, 1, 3600),
        ("database.statement_timeout", settings.database.statement_timeout, 1, 86_400),
        ("codes.max_per_request", settings.codes.max_per_request as u64, 1, 10_000_000),
        (
            "codes.low_stock_threshold",
            u64::try_from(settings.codes.low_stock_threshold).unwrap_or(u64::MAX),
            0,
            i32::MAX as u64,
        ),
        ("audit.retention_days", settings.audit.retention_days.into(), 0, 36_500),
        ("limits.body_bytes", limits.body_bytes as u64, 1024, 1 << 32),
        ("limits.import_bytes", limits.import_bytes as u64, 1024, 1 << 32),
        (
            "limits.bodies_in_flight_bytes",
            limits.bodies_in_flight_bytes as u64,
            limits.body_bytes as u64,
            1 << 40,
        ),
        ("limits.body_pause", limits.body_pause, 1, 3600),
        ("limits.json_depth", limits.json_depth as u64, 8, 100),
        ("limits.text_length", limits.text_length as u64, 64, 512),
        ("limits.top_default", u64::from(limits.top_default), 1, u64::from(limits.top_max)),
        ("limits.top_max", u64::from(limits.top_max), 1, 100_000),
    ];
    for (key, value, least, most) in ranges {
        if !(least..=most).contains(&value) {
            fault(key, format!("is {value}, must be from {least} to {most}"));
        }
    }
}

fn is_base_url(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        !rest.is_empty()
            && !rest.starts_with(['/', ':'])
            && !rest.ends_with('/')
            && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~:/[]".contains(&byte))
    })
}
