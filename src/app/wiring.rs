//! From settings to the options of each part of the service.

use std::sync::Arc;
use std::time::Duration;

use crate::auth::{
    Client, DevelopmentIssuer, KeyFileError, Permission, Provider, ServiceUrls, Wrong,
};
use crate::config::{self, Secret, Settings, Switch};
use crate::domain::{Rules, TenantId};
use crate::host::{authority, names_machine};
use crate::http::{ConsoleSettings, Limits};
use crate::store::{self, MasterKeySource, StoreOptions};
use crate::vault::MasterKeys;

/// Whether the development issuer is on: if it is enabled, or by default if no issuer is configured
/// and the service can only be reached from this machine.
#[must_use]
pub fn development_is_on(settings: &Settings) -> bool {
    let loopback = settings.server.listen.ip().is_loopback()
        && settings.server.tls.listen.is_none_or(|address| address.ip().is_loopback())
        && settings
            .server
            .public_base_url
            .as_deref()
            .is_none_or(|url| names_machine(authority(url), |_| false));
    match settings.identity.development.enabled {
        Switch::On => true,
        Switch::Off => false,
        Switch::Auto => settings.identity.issuers.is_empty() && loopback,
    }
}

/// The URLs of a service with these settings, for a program other than the service itself.
#[must_use]
pub fn service_urls(settings: &Settings) -> ServiceUrls {
    let server = &settings.server;
    ServiceUrls::new(server.public_base_url.clone(), server.listen, server.tls.listen)
}

/// The options of the store.
#[must_use]
pub fn store_options(settings: &Settings) -> StoreOptions {
    let url = settings.database.url.as_ref().map(|url| url.expose().to_owned());
    StoreOptions {
        url: url.unwrap_or_else(|| store::sqlite_url(&settings.data_dir)),
        max_connections: settings.database.max_connections,
        tenant_share: settings.limits.tenant_share,
        acquire_timeout: Duration::from_secs(settings.database.acquire_timeout),
        max_waiting: settings.database.max_waiting,
        read_timeout: Duration::from_secs(settings.database.read_timeout),
        statement_timeout: Duration::from_secs(settings.database.statement_timeout),
        spool_dir: settings.imports.spool_dir.as_ref().unwrap_or(&settings.data_dir).clone(),
        spool_max_bytes: settings.imports.spool_max_bytes,
        spool_reserve_bytes: settings.imports.spool_reserve_bytes,
        beside_a_server: false,
    }
}

/// The source of the master keys.
#[must_use]
pub fn master_key_source(settings: &Settings) -> MasterKeySource {
    let config::Encryption { key, key_file } = &settings.encryption;
    match (key, key_file) {
        (_, Some(path)) => MasterKeySource::File(path.clone()),
        (Some(key), None) => MasterKeySource::Given(Arc::new(
            MasterKeys::parse(key.expose()).expect("the settings have been validated"),
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

pub(super) fn limits(settings: &Settings) -> Limits {
    Limits {
        body_bytes: settings.limits.body_bytes,
        import_bytes: settings.limits.import_bytes,
        bodies_in_flight_bytes: settings.limits.bodies_in_flight_bytes,
        tenant_share: settings.limits.tenant_share,
        body_timeout: Duration::from_secs(settings.limits.body_timeout),
        page_bytes: settings.limits.page_bytes,
        batch_response_bytes: settings.limits.batch_response_bytes,
        responses_in_flight_bytes: settings.limits.responses_in_flight_bytes,
        top_default: settings.limits.top_default,
        top_max: settings.limits.top_max,
        low_stock_threshold: settings.codes.low_stock_threshold,
    }
}

/// How people sign in to the console, if the service has it.
pub(super) fn console(settings: &Settings) -> Option<ConsoleSettings> {
    let config::Console { enabled, issuer, client_id, scopes } = settings.console.clone();
    enabled.then_some(ConsoleSettings { issuer, client_id, scopes })
}

/// The development issuer as an identity provider.
pub(super) fn provider(
    issuer: DevelopmentIssuer,
    settings: &Settings,
) -> Result<Provider, KeyFileError> {
    let config::Development { applications, users, .. } = &settings.identity.development;
    let applications = applications.iter().map(config::ApplicationSettings::application);
    let users = users.iter().map(config::UserSettings::user);
    Ok(Provider::new(issuer, clients(settings)?, applications.collect(), users.collect()))
}

/// The clients of the development issuer: those in the settings, else one of its own, whose secret
/// only the user who runs the service can read.
fn clients(settings: &Settings) -> Result<Vec<Client>, KeyFileError> {
    let clients = &settings.identity.development.clients;
    if clients.is_empty() {
        let secret = DevelopmentIssuer::client_secret(&settings.data_dir)?;
        let permissions = vec![Permission::ConfigurationReadWriteAll.name().to_owned()];
        let own = Client::new(DevelopmentIssuer::APP, &secret, permissions, None, None);
        return Ok(vec![own]);
    }
    let client = |client: &config::ClientSettings| {
        let secret = client.client_secret.as_ref().map(Secret::expose).unwrap_or_default();
        let tenant = client.tenant.as_deref().and_then(TenantId::parse);
        let wrong = client.wrong.as_deref().and_then(Wrong::named);
        Client::new(&client.client_id, secret, client.permissions.clone(), tenant, wrong)
    };
    Ok(clients.iter().map(client).collect())
}
