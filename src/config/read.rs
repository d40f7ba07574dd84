//! Turns the merged values into settings, and collects all faults on the way.

use std::path::PathBuf;

use tracing_subscriber::filter::Targets;

use super::known::{SECRETS, SETTINGS};
use super::layers::Layers;
use super::{Console, Development, Faults, Identity, Origin, Secret, Settings, database_url};
use crate::auth::masked_url;
use crate::private_file;
use crate::vault::MasterKeys;

/// Whether to read the files that contain secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrets {
    /// Read them, as the service needs them.
    Read,
    /// Do not read them: the command does not need them, and may not have access to them.
    Skip,
}

/// Reads the settings from the layers. Adds all faults to `faults`.
pub(super) fn read(layers: &mut Layers, secrets: Secrets, faults: &mut Faults) -> Settings {
    let mut settings = loop {
        // A value of the wrong type is replaced by its default, so that the next one is found too.
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
    if secrets == Secrets::Read {
        read_client_secrets(&mut settings.identity, layers, faults);
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
    // The defaults have the right types, and `reset` restores one each time, so the loop ends.
    assert!(SETTINGS.iter().any(|known| known.key == key), "{path}: {}", error.inner());
    let reason = if SECRETS.contains(&key) || path.ends_with("client_secret") {
        "must be a string".to_owned()
    } else {
        let inside = path.strip_prefix(key).unwrap_or_default();
        format!("{inside} {}", without_value(error.inner().message())).trim().to_owned()
    };
    faults.add(key, layers.origin(key), reason);
    layers.reset(key);
}

/// A message of serde's without the string that it quotes, which may be secret.
fn without_value(message: &str) -> String {
    match (message.starts_with("invalid "), message.find('"'), message.rfind('"')) {
        (true, Some(begin), Some(end)) if begin < end => {
            format!("{}…{}", &message[..begin], &message[end + 1..])
        }
        _ => message.to_owned(),
    }
}

/// The key of a secret, its value, and the file that may contain it instead.
type SecretFile<'s> = (&'static str, &'s mut Option<Secret>, Option<PathBuf>);

fn secret_files(settings: &mut Settings) -> [SecretFile<'_>; 2] {
    let (encryption, database) = (&mut settings.encryption, &mut settings.database);
    [
        (SECRETS[0], &mut encryption.key, encryption.key_file.clone()),
        (SECRETS[1], &mut database.url, database.url_file.clone()),
    ]
}

/// Reads a secret from its file, unless it is set as a value too, which is a fault.
fn take_file(
    key: &str,
    value: &mut Option<Secret>,
    path: PathBuf,
    layers: &mut Layers,
    faults: &mut Faults,
) {
    let file_key = format!("{key}_file");
    if value.is_some() {
        let reason = format!("'{key}' is also set ({}): remove one of them", layers.origin(key));
        faults.add(&file_key, layers.origin(&file_key), reason);
        return;
    }
    match private_file::read_to_string(&path) {
        Ok(text) => {
            *value = Some(Secret::new(text.trim().to_owned()));
            layers.set_origin(key, Origin::File(path));
        }
        Err(error) => {
            faults.add(&file_key, layers.origin(&file_key), format!("{}: {error}", path.display()));
        }
    }
}

/// Reads the secrets of the development issuer's clients and applications likewise.
fn read_client_secrets(identity: &mut Identity, layers: &Layers, faults: &mut Faults) {
    let development = &mut identity.development;
    let clients = development.clients.iter_mut().map(|client| {
        let key = "identity.development.clients";
        (key, &client.client_id, &mut client.client_secret, &mut client.client_secret_file)
    });
    let applications = development.applications.iter_mut().map(|client| {
        let key = "identity.development.applications";
        (key, &client.client_id, &mut client.client_secret, &mut client.client_secret_file)
    });
    for (key, id, secret, file) in clients.chain(applications) {
        let Some(path) = &*file else { continue };
        let read = match secret {
            Some(_) => Err(
                "'client_secret' and 'client_secret_file' exclude each other: remove one of them"
                    .into(),
            ),
            None => private_file::read_to_string(path)
                .map_err(|error| format!("client_secret_file {}: {error}", path.display())),
        };
        match read {
            Ok(text) => {
                *secret = Some(Secret::new(text.trim().to_owned()));
                *file = None;
            }
            Err(reason) => faults.add(key, layers.origin(key), format!("{id}: {reason}")),
        }
    }
}

/// Checks what the types do not.
fn check(settings: &Settings, mut fault: impl FnMut(&str, String)) {
    if let Some(base) = &settings.server.public_base_url
        && !is_base_url(base)
    {
        fault(
            "server.public_base_url",
            "must be http:// or https://, a host, and optionally a path that does not end in '/'"
                .to_owned(),
        );
    }
    check_console(&settings.console, &mut fault);
    let tls = &settings.server.tls;
    for (key, given, other) in [
        ("server.tls.cert_file", &tls.cert_file, &tls.key_file),
        ("server.tls.key_file", &tls.key_file, &tls.cert_file),
    ] {
        if given.is_some() && (other.is_none() || tls.listen.is_none()) {
            let reason = "requires server.tls.listen, cert_file and key_file together";
            fault(key, reason.to_owned());
        }
    }
    if let Some(key) = &settings.encryption.key
        && let Err(error) = MasterKeys::parse(key.expose())
    {
        fault("encryption.key", error.to_string());
    }
    if let Some(url) = &settings.database.url
        && let Some(reason) = database_url::fault(url.expose())
    {
        fault("database.url", reason);
    }
    if let Err(error) = settings.log.filter.parse::<Targets>() {
        fault("log.filter", error.to_string());
    }
    check_identity(&settings.identity, &mut fault);
    let limits = &settings.limits;
    let ranges = [
        ("database.max_connections", u64::from(settings.database.max_connections), 1, 10_000),
        ("database.acquire_timeout", settings.database.acquire_timeout, 1, 3600),
        ("database.max_waiting", settings.database.max_waiting as u64, 1, 1_000_000),
        ("database.read_timeout", settings.database.read_timeout, 1, 3600),
        ("database.statement_timeout", settings.database.statement_timeout, 1, 86_400),
        ("server.drain", settings.server.drain, 0, 3600),
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
        ("limits.tenant_share", limits.tenant_share.into(), 1, 100),
        ("limits.body_timeout", limits.body_timeout, 1, 3600),
        ("limits.json_depth", limits.json_depth as u64, 8, 100),
        ("server.max_connections", settings.server.max_connections as u64, 16, 1 << 20),
        ("limits.text_length", limits.text_length as u64, 64, 512),
        ("limits.top_default", u64::from(limits.top_default), 1, u64::from(limits.top_max)),
        ("limits.top_max", u64::from(limits.top_max), 1, 100_000),
        ("limits.page_bytes", limits.page_bytes as u64, 1024, 1 << 30),
        ("limits.batch_response_bytes", limits.batch_response_bytes as u64, 1024, 1 << 30),
        (
            "limits.responses_in_flight_bytes",
            limits.responses_in_flight_bytes as u64,
            1 << 20,
            1 << 40,
        ),
        ("imports.spool_max_bytes", settings.imports.spool_max_bytes, 1 << 20, 1 << 50),
        ("imports.spool_reserve_bytes", settings.imports.spool_reserve_bytes, 0, 1 << 50),
        ("log.buffer_bytes", settings.log.buffer_bytes as u64, 65_536, 1 << 30),
        ("identity.clock_skew", u64::from(settings.identity.clock_skew), 0, 600),
        ("identity.key_refresh", settings.identity.key_refresh, 1, 86_400),
        ("identity.key_cooldown", settings.identity.key_cooldown, 1, 86_400),
        (
            "identity.key_max_age",
            settings.identity.key_max_age,
            settings.identity.key_refresh,
            31 * 86_400,
        ),
        ("identity.token_cache_size", settings.identity.token_cache_size as u64, 0, 10_000_000),
    ];
    for (key, value, least, most) in ranges {
        if !(least..=most).contains(&value) {
            fault(key, format!("is {value}, but must be from {least} to {most}"));
        }
    }
}

fn check_console(console: &Console, fault: &mut impl FnMut(&str, String)) {
    let Console { issuer, client_id, .. } = console;
    if let Some(issuer) = issuer
        && !is_base_url(issuer.strip_suffix('/').unwrap_or(issuer))
    {
        let reason = "must be the URL of an issuer: http:// or https://, a host, and maybe a path";
        fault("console.issuer", reason.to_owned());
    }
    for (key, given, other) in
        [("console.issuer", issuer, client_id), ("console.client_id", client_id, issuer)]
    {
        if given.is_some() && other.is_none() {
            fault(key, "requires console.issuer and console.client_id together".to_owned());
        }
    }
}

fn check_identity(identity: &Identity, fault: &mut impl FnMut(&str, String)) {
    let issuers = &identity.issuers;
    for (index, issuer) in issuers.iter().enumerate() {
        let duplicate = issuers[..index].iter().any(|other| other.issuer == issuer.issuer);
        let duplicate = duplicate.then(|| "duplicate issuer".to_owned());
        for reason in issuer.faults().into_iter().chain(duplicate) {
            fault("identity.issuers", format!("{}: {reason}", masked_url(&issuer.issuer)));
        }
    }
    let Development { clients, applications, users, .. } = &identity.development;
    for (index, client) in clients.iter().enumerate() {
        let duplicate = clients[..index]
            .iter()
            .any(|other| other.client_id == client.client_id && other.tenant == client.tenant);
        let duplicate = duplicate.then(|| "duplicate client".to_owned());
        for reason in client.faults().into_iter().chain(duplicate) {
            fault("identity.development.clients", format!("{}: {reason}", client.client_id));
        }
    }
    for (index, application) in applications.iter().enumerate() {
        let id = &application.client_id;
        let duplicate = applications[..index].iter().any(|other| other.client_id == *id);
        let duplicate = duplicate.then(|| "duplicate application".to_owned());
        for reason in application.faults().into_iter().chain(duplicate) {
            fault("identity.development.applications", format!("{id}: {reason}"));
        }
    }
    for (index, user) in users.iter().enumerate() {
        let duplicate = users[..index].iter().any(|other| other.id.eq_ignore_ascii_case(&user.id));
        let duplicate = duplicate.then(|| "duplicate user".to_owned());
        for reason in user.faults().into_iter().chain(duplicate) {
            fault("identity.development.users", format!("{}: {reason}", user.username));
        }
    }
}

fn is_base_url(url: &str) -> bool {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        !rest.is_empty()
            && !rest.starts_with(['/', ':'])
            && !rest.ends_with('/')
            && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~:/[]".contains(&byte))
    })
}
