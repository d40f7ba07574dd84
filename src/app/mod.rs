//! Builds a running service from settings, for `main` and for tests.

mod data_folder;
mod error;
mod every;
mod health;
mod housekeeping;
mod issuers;
mod keys;
mod listeners;
mod readiness;
mod settling;
mod stopping;
mod tls;
mod wiring;

use std::net::SocketAddr;
use std::sync::Arc;

use actix_web::dev::{Server, ServerHandle};
use tokio::sync::watch;
use tokio::task::JoinSet;

pub use error::StartError;
pub use readiness::Readiness;
pub use stopping::Stopper;
pub use tls::TlsError;
pub(crate) use tls::development_certificate;
pub use wiring::{development_is_on, master_key_source, service_urls, store_options};

use crate::auth::{Authenticator, DevelopmentIssuer, Issuer, ServiceUrls};
use crate::clock::Clock;
use crate::config::Settings;
use crate::domain::IdGenerator;
use crate::http::{RemoteCallers, Service, ServiceParts};
use crate::store::{KeyFollower, Store};

use listeners::{Tls, listen, serve, serve_admin};

/// Time and ids, which tests replace, and how the program was called.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// The time.
    pub clock: Clock,
    /// New ids.
    pub ids: IdGenerator,
    /// The command of a shell that prints a token of the development issuer. Examples show it while this
    /// issuer is on and requests come from this machine only.
    pub token_command: Option<String>,
}

impl Default for Surroundings {
    fn default() -> Self {
        Self { clock: Clock::system(), ids: IdGenerator::random(), token_command: None }
    }
}

/// A service that listens and is ready to run.
pub struct App {
    service: Arc<Service>,
    server: Server,
    admin: Server,
    addr: SocketAddr,
    tls_addr: Option<SocketAddr>,
    admin_addr: SocketAddr,
    development_key_made: bool,
    readiness: watch::Receiver<Readiness>,
    key_follower: Arc<KeyFollower>,
    /// What runs beside the requests, until it is dropped.
    background: JoinSet<()>,
}

impl App {
    /// Opens everything that `settings` name. Starts without a database that cannot be reached: the
    /// service responds with 503 until it can.
    ///
    /// # Errors
    /// [`StartError`] if a setting is unusable, an address is taken, or the database is unfit.
    pub async fn start(
        settings: &Settings,
        surroundings: Surroundings,
    ) -> Result<Self, StartError> {
        data_folder::prepare(&settings.data_dir)?;
        let development = development_is_on(settings);
        let identity = &settings.identity;
        let (mut issuers, mut background) = issuers::open(identity).await?;
        let mut development_key_made = false;
        let mut provider = None;
        if development {
            let (issuer, made) = DevelopmentIssuer::open(&settings.data_dir)?;
            development_key_made = made;
            provider = Some(wiring::provider(issuer, settings)?);
        }

        let store = Store::open(&store_options(settings)).await.map_err(Arc::new)?;
        let (readiness, ()) =
            tokio::join!(readiness::prepare(&store, settings), issuers::first_keys(&issuers));
        let readiness = readiness?;

        background.spawn(health::watch(store.clone()));
        background.spawn(settling::run(store.clone()));
        let key_follower = keys::follower(&store);
        background.spawn(keys::follow(key_follower.clone()));
        let retention_days = settings.audit.retention_days;
        background.spawn(housekeeping::run(store.clone(), retention_days, surroundings.clock));

        let (listener, addr) = listen("server.listen", settings.server.listen)?;
        let tls = Tls::listen(settings)?;
        let tls_addr = tls.as_ref().map(|tls| tls.addr);
        if let Some(provider) = &provider {
            let urls = ServiceUrls::new(settings.server.public_base_url.clone(), addr, tls_addr);
            issuers.push(provider.issuer().issuer(urls));
        }
        let (skew, cache_size) = (identity.clock_skew, identity.token_cache_size);
        let authenticator = Authenticator::new(issuers, skew, cache_size, surroundings.clock);
        let (admin_listener, admin_addr) = listen("admin.listen", settings.admin.listen)?;
        let remote_callers = if development && !settings.identity.development.allow_remote {
            RemoteCallers::Refused
        } else {
            RemoteCallers::Allowed
        };
        let service = Arc::new(Service::new(ServiceParts {
            store,
            authenticator,
            rules: wiring::rules(settings),
            limits: wiring::limits(settings),
            public_base_url: settings.server.public_base_url.clone(),
            listen: addr,
            remote_callers,
            provider,
            console: wiring::console(settings),
            token_command: surroundings
                .token_command
                .filter(|_| remote_callers == RemoteCallers::Refused),
            clock: surroundings.clock,
            ids: surroundings.ids,
        }));
        let failed = |setting, address| move |cause| StartError::Listen { setting, address, cause };
        let server = serve(service.clone(), listener, tls, settings.server.max_connections)
            .map_err(failed("server.listen", addr))?;
        let admin = serve_admin(service.clone(), admin_listener)
            .map_err(failed("admin.listen", admin_addr))?;
        Ok(Self {
            service,
            server,
            admin,
            addr,
            tls_addr,
            admin_addr,
            development_key_made,
            readiness,
            key_follower,
            background,
        })
    }

    /// The address of the listener.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The address of the TLS listener, if there is one.
    #[must_use]
    pub fn tls_addr(&self) -> Option<SocketAddr> {
        self.tls_addr
    }

    /// The address of the admin listener, which serves metrics.
    #[must_use]
    pub fn admin_addr(&self) -> SocketAddr {
        self.admin_addr
    }

    /// The store, for the banner and for tests.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.service.store
    }

    /// The trusted issuers.
    #[must_use]
    pub fn issuers(&self) -> &[Issuer] {
        self.service.authenticator.issuers()
    }

    /// Whether this start created the key of the development issuer.
    #[must_use]
    pub fn development_key_made(&self) -> bool {
        self.development_key_made
    }

    /// The readiness of the database, as it changes.
    #[must_use]
    pub fn readiness(&self) -> watch::Receiver<Readiness> {
        self.readiness.clone()
    }

    /// A handle that stops the service.
    #[must_use]
    pub fn handle(&self) -> ServerHandle {
        self.server.handle()
    }

    /// Stops the service when it is told to.
    #[must_use]
    pub fn stopper(&self) -> Stopper {
        Stopper { service: self.service.clone(), handle: self.handle() }
    }

    /// Serves until it is stopped; then in-flight requests are allowed to finish, and the database is
    /// closed.
    ///
    /// # Errors
    /// [`StartError`] if the server fails, or the database turns out to be unfit.
    pub async fn run(self) -> Result<(), StartError> {
        let Self { service, server, admin, mut readiness, key_follower, mut background, .. } = self;
        let (handle, admin_handle) = (server.handle(), admin.handle());
        let admin = tokio::spawn(admin);
        tokio::pin!(server);
        let outcome = tokio::select! {
            ended = &mut server => ended.map_err(StartError::Server),
            error = readiness::failed(&mut readiness) => {
                // A server that is not polled does not drain.
                let ((), ended) = tokio::join!(handle.stop(true), server);
                ended.map_err(StartError::Server).and(Err(StartError::Database(error)))
            }
        };
        admin_handle.stop(false).await;
        // It has ended; its result does not matter.
        drop(admin.await);
        background.shutdown().await;
        keys::leave(&key_follower).await;
        service.store.close().await;
        outcome
    }
}
