//! From settings to a running service. `main` and the tests call the same function.

mod error;
mod housekeeping;
mod issuers;
mod readiness;
mod tls;
mod wiring;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use actix_web::{App as Actix, HttpServer, web};
use rustls::ServerConfig;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

pub use error::StartError;
pub use readiness::Readiness;
pub use tls::TlsError;
pub(crate) use tls::development_certificate;
pub use wiring::{development_is_on, master_key_source, store_options};

use crate::auth::{Authenticator, DevelopmentIssuer, Issuer, Provider};
use crate::clock::Clock;
use crate::config::Settings;
use crate::domain::Ids;
use crate::http::{self, Limits, RemoteCallers, Service};
use crate::store::Store;

/// How long requests under way may take to end when the service is told to stop, in seconds.
const DRAIN: u64 = 20;

/// What comes from outside: tests bring their own.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// The time.
    pub clock: Clock,
    /// New ids.
    pub ids: Ids,
}

impl Default for Surroundings {
    fn default() -> Self {
        Self { clock: Clock::system(), ids: Ids::random() }
    }
}

/// A service that has its listeners and is ready to run.
pub struct App {
    service: Arc<Service>,
    server: Server,
    admin: Server,
    addr: SocketAddr,
    tls_addr: Option<SocketAddr>,
    admin_addr: SocketAddr,
    development_key_made: bool,
    readiness: watch::Receiver<Readiness>,
    housekeeping: JoinHandle<()>,
    /// What keeps issuers' keys fresh: it ends with this value.
    refreshing: JoinSet<()>,
}

impl App {
    /// Opens everything that `settings` name. A database that is away is no reason not to start:
    /// the service answers 503 and takes it up when it comes.
    pub async fn start(
        settings: &Settings,
        surroundings: Surroundings,
    ) -> Result<Self, StartError> {
        let development = development_is_on(settings);
        let identity = &settings.identity;
        let (mut issuers, refreshing) = issuers::open(identity).await?;
        let mut development_key_made = false;
        let mut provider = None;
        if development {
            let (issuer, made) = DevelopmentIssuer::open(&settings.data_dir)?;
            development_key_made = made;
            issuers.push(issuer.issuer());
            provider = Some(Provider::new(issuer, wiring::clients(settings)?));
        }
        let (skew, remembered) = (identity.clock_skew, identity.remembered_tokens);
        let authenticator = Authenticator::new(issuers, skew, remembered, surroundings.clock);

        let store = Store::open(&store_options(settings)).await.map_err(Arc::new)?;
        let (readiness, ()) =
            tokio::join!(readiness::prepare(&store, settings), issuers::first_keys(&authenticator));
        let readiness = readiness?;

        let housekeeping = housekeeping::start(store.clone(), settings, surroundings.clock);

        let (listener, addr) = listen("server.listen", settings.server.listen)?;
        let tls = Tls::listen(settings)?;
        let (admin_listener, admin_addr) = listen("admin.listen", settings.admin.listen)?;
        let remote = if development && !settings.identity.development.allow_remote {
            RemoteCallers::Refused
        } else {
            RemoteCallers::Welcome
        };
        let service = Arc::new(Service::new(
            store,
            authenticator,
            wiring::rules(settings),
            Limits {
                body_bytes: settings.limits.body_bytes,
                import_bytes: settings.limits.import_bytes,
                body_pause: Duration::from_secs(settings.limits.body_pause),
                top_default: settings.limits.top_default,
                top_max: settings.limits.top_max,
                low_stock_threshold: settings.codes.low_stock_threshold,
            },
            settings.limits.bodies_in_flight_bytes,
            settings.server.public_base_url.clone(),
            addr,
            remote,
            provider,
            surroundings.clock,
            surroundings.ids,
        ));
        let failed = |setting, address| move |cause| StartError::Listen { setting, address, cause };
        let tls_addr = tls.as_ref().map(|tls| tls.addr);
        let server =
            serve(service.clone(), listener, tls).map_err(failed("server.listen", addr))?;
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
            housekeeping,
            refreshing,
        })
    }

    /// Where clients connect.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Where clients connect by TLS, if they can.
    #[must_use]
    pub fn tls_addr(&self) -> Option<SocketAddr> {
        self.tls_addr
    }

    /// Where Prometheus does.
    #[must_use]
    pub fn admin_addr(&self) -> SocketAddr {
        self.admin_addr
    }

    /// The store, for the banner and for tests.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.service.store
    }

    /// The issuers whose tokens are believed.
    #[must_use]
    pub fn issuers(&self) -> &[Issuer] {
        self.service.authenticator.issuers()
    }

    /// Whether the development issuer was made by this very start.
    #[must_use]
    pub fn development_key_made(&self) -> bool {
        self.development_key_made
    }

    /// How far the database is.
    #[must_use]
    pub fn readiness(&self) -> watch::Receiver<Readiness> {
        self.readiness.clone()
    }

    /// Stops the service from outside.
    #[must_use]
    pub fn handle(&self) -> ServerHandle {
        self.server.handle()
    }

    /// Serves until it is stopped; then lets requests under way end, and closes the database.
    pub async fn run(self) -> Result<(), StartError> {
        let Self { service, server, admin, mut readiness, housekeeping, refreshing, .. } = self;
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
        // Its end is that of its handle; how it went is of no more interest.
        drop(admin.await);
        housekeeping.abort();
        drop(housekeeping.await);
        drop(refreshing);
        service.store.close().await;
        outcome
    }
}

/// The second listener.
struct Tls {
    listener: TcpListener,
    addr: SocketAddr,
    config: ServerConfig,
}

impl Tls {
    fn listen(settings: &Settings) -> Result<Option<Self>, StartError> {
        let Some(address) = settings.server.tls.listen else { return Ok(None) };
        let config = tls::server_config(settings)?;
        let (listener, addr) = listen("server.tls.listen", address)?;
        Ok(Some(Self { listener, addr, config }))
    }
}

fn listen(
    setting: &'static str,
    address: SocketAddr,
) -> Result<(TcpListener, SocketAddr), StartError> {
    let bound = TcpListener::bind(address).and_then(|listener| {
        let address = listener.local_addr()?;
        Ok((listener, address))
    });
    bound.map_err(|cause| StartError::Listen { setting, address, cause })
}

fn serve(
    service: Arc<Service>,
    listener: TcpListener,
    tls: Option<Tls>,
) -> std::io::Result<Server> {
    let development = service.in_development();
    let service = web::Data::from(service);
    let server = HttpServer::new(move || {
        Actix::new()
            .app_data(service.clone())
            .app_data(http::Router::new(development))
            .default_service(web::to(http::dispatch))
    });
    let server = server
        .on_connect(http::remember_local_address)
        .tcp_nodelay(true)
        .shutdown_timeout(DRAIN)
        .disable_signals()
        .listen(listener)?;
    let server = match tls {
        Some(Tls { listener, config, .. }) => server.listen_rustls_0_23(listener, config)?,
        None => server,
    };
    Ok(server.run())
}

fn serve_admin(service: Arc<Service>, listener: TcpListener) -> std::io::Result<Server> {
    let service = web::Data::from(service);
    let server = HttpServer::new(move || {
        Actix::new().app_data(service.clone()).configure(http::configure_admin)
    });
    Ok(server.workers(1).disable_signals().listen(listener)?.run())
}
