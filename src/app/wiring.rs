//! From settings to the parts that they describe.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::auth::{Client, DevelopmentIssuer, KeyFileError, Permission, Wrong};
use crate::config::{self, Secret, Settings, Switch};
use crate::domain::{Rules, TenantId};
use crate::store::{self, MasterKeySource, StoreOptions};
use crate::vault::MasterKeys;

/// Whether tokens of the development issuer are believed.
#[must_use]
pub fn development_is_on(settings: &Settings) -> bool {
    let loopback = settings.server.listen.ip().is_loopback()
        && settings.server.tls.listen.is_none_or(|address| address.ip().is_loopback())
        && settings.server.public_base_url.as_deref().is_none_or(is_loopback_url);
    match settings.identity.development.enabled {
        Switch::On => true,
        Switch::Off => false,
        Switch::Auto => settings.identity.issuers.is_empty() && loopback,
    }
}

fn is_loopback_url(url: &str) -> bool {
    let host = url.split("://").nth(1).unwrap_or_default().split('/').next().unwrap_or_default();
    let name = match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => name,
        _ => host,
    };
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    bare == "localhost" || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// How to reach the database.
#[must_use]
pub fn store_options(settings: &Settings) -> StoreOptions {
    let url = settings.database.url.as_ref().map(|url| url.expose().to_owned());
    StoreOptions {
        url: url.unwrap_or_else(|| store::sqlite_url(&settings.data_dir)),
        max_connections: settings.database.max_connections,
        acquire_timeout: Duration::from_secs(settings.database.acquire_timeout),
        max_waiting: settings.database.max_waiting,
        statement_timeout: Duration::from_secs(settings.database.statement_timeout),
        spool_dir: settings.data_dir.clone(),
        beside_a_server: false,
    }
}

/// Where the master keys come from.
#[must_use]
pub fn master_key_source(settings: &Settings) -> MasterKeySource {
    let config::Encryption { key, key_file } = &settings.encryption;
    match (key, key_file) {
        (_, Some(path)) => MasterKeySource::File(path.clone()),
        (Some(key), None) => MasterKeySource::Given(Arc::new(
            MasterKeys::parse(key.expose()).expect("the settings were checked"),
        )),
        (None, None) => MasterKeySource::Beside(settings.data_dir.join("encryption.key")),
    }
}

pub(super) fn rules(settings: &Settings) -> Rules {
    Rules {
        validation: settings.codes.validation.into(),
        text_length: settings.limits.text_length,
        max_codes: settings.codes.max_per_request,
        json_depth: settings.limits.json_depth,
    }
}

/// Who gets tokens from the development issuer: the applications of the settings, or where there
/// are none its own, whose secret only this machine's user can read.
pub(super) fn clients(settings: &Settings) -> Result<Vec<Client>, KeyFileError> {
    let clients = &settings.identity.development.clients;
    if clients.is_empty() {
        let secret = DevelopmentIssuer::client_secret(&settings.data_dir)?;
        let permissions = vec![Permission::ConfigurationReadWriteAll.name().to_owned()];
        let own = Client::new(DevelopmentIssuer::APP, &secret, permissions, None, None);
        return Ok(vec![own]);
    }
    let client = |client: &config::Client| {
        let secret = client.client_secret.as_ref().map(Secret::expose).unwrap_or_default();
        let tenant = client.tenant.as_deref().and_then(TenantId::parse);
        let wrong = client.wrong.as_deref().and_then(Wrong::named);
        Client::new(&client.client_id, secret, client.permissions.clone(), tenant, wrong)
    };
    Ok(clients.iter().map(client).collect())
}
