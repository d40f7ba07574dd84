//! Where the service listens, and the servers behind it.

use std::net::{SocketAddr, TcpListener};
use std::num::NonZero;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::{App as Actix, HttpServer, web};
use rustls::ServerConfig;

use super::error::StartError;
use super::{stopping, tls};
use crate::config::Settings;
use crate::http::{self, Service};

/// The TLS listener.
pub(super) struct Tls {
    listener: TcpListener,
    pub(super) addr: SocketAddr,
    config: ServerConfig,
}

impl Tls {
    /// Listens where the settings say, if they do.
    pub(super) fn listen(settings: &Settings) -> Result<Option<Self>, StartError> {
        let Some(address) = settings.server.tls.listen else { return Ok(None) };
        let config = tls::server_config(settings)?;
        let (listener, addr) = listen("server.tls.listen", address)?;
        Ok(Some(Self { listener, addr, config }))
    }
}

/// A listener at the address of this setting, and the address that it really has.
pub(super) fn listen(
    setting: &'static str,
    address: SocketAddr,
) -> Result<(TcpListener, SocketAddr), StartError> {
    let bound = TcpListener::bind(address).and_then(|listener| {
        let address = listener.local_addr()?;
        Ok((listener, address))
    });
    bound.map_err(|cause| StartError::Listen { setting, address, cause })
}

/// How long a connection is kept for the next request. A server that closes an idle connection loses
/// the request that is on its way, so clients and balancers must close theirs first: .NET, nginx and
/// AWS do after 60 seconds or less.
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// Serves on all processors, with at most `max_connections` at a time.
pub(super) fn serve(
    service: Arc<Service>,
    listener: TcpListener,
    tls: Option<Tls>,
    max_connections: usize,
) -> std::io::Result<Server> {
    let workers = available_parallelism().map_or(1, NonZero::get).min(max_connections);
    let (development, send_timeout) = (service.in_development(), service.send_timeout());
    let service = web::Data::from(service);
    let server = HttpServer::new(move || {
        Actix::new()
            .app_data(service.clone())
            .app_data(http::router(development))
            .default_service(web::to(http::dispatch))
    });
    let server = server
        .on_connect(move |connection, data| {
            http::prepare_connection(connection, data, send_timeout);
        })
        .tcp_nodelay(true)
        .keep_alive(KEEP_ALIVE)
        .workers(workers)
        // For each worker.
        .max_connections(max_connections.div_ceil(workers))
        // Nothing is done any more for a client that has disconnected.
        .h1_allow_half_closed(false)
        .shutdown_timeout(stopping::SHUTDOWN_TIMEOUT)
        .disable_signals()
        .listen(listener)?;
    let server = match tls {
        Some(Tls { listener, config, .. }) => server.listen_rustls_0_23(listener, config)?,
        None => server,
    };
    Ok(server.run())
}

/// Serves metrics.
pub(super) fn serve_admin(service: Arc<Service>, listener: TcpListener) -> std::io::Result<Server> {
    let service = web::Data::from(service);
    let server = HttpServer::new(move || {
        Actix::new().app_data(service.clone()).configure(http::configure_admin)
    });
    Ok(server.workers(1).disable_signals().listen(listener)?.run())
}
