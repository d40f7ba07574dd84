//! The scheme and host of links in responses, and whether a request comes straight from this
//! machine.
//!
//! A Host header is a claim of the client. It is trusted only where it can do no harm: if it names
//! this machine.

use std::any::Any;
use std::net::SocketAddr;
use std::time::Duration;

use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::HttpRequest;
use actix_web::dev::Extensions;
use actix_web::http::header;
use actix_web::http::uri::Authority;
use actix_web::rt::net::TcpStream;

use super::service::{RemoteCallers, Service};
use crate::host::{authority, names_machine};

/// Headers by which a proxy identifies itself.
const FORWARDING_HEADERS: [&str; 6] =
    ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via"];

/// The address that a client connected to: one of several, if the listener has a wildcard address.
#[derive(Clone, Copy, Debug)]
struct LocalAddress(SocketAddr);

/// For the server's `on_connect`: stores the address that a client connected to, and lets the operating
/// system end the connection when the client takes nothing of what was sent for so long.
pub fn prepare_connection(connection: &dyn Any, data: &mut Extensions, timeout: Duration) {
    let plain = connection.downcast_ref::<TcpStream>();
    let tls = connection.downcast_ref::<TlsStream<TcpStream>>();
    let Some(stream) = plain.or_else(|| tls.map(|stream| stream.get_ref().0)) else { return };
    if let Ok(address) = stream.local_addr() {
        data.insert(LocalAddress(address));
    }
    let millis = u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX);
    if let Err(error) = rustix::net::sockopt::set_tcp_user_timeout(stream, millis) {
        tracing::debug!(%error, "a connection has no timeout for sending");
    }
}

/// The base of links for this request, without a version: `http://127.0.0.1:8080`.
pub(super) fn base_url(request: &HttpRequest, service: &Service) -> String {
    if let Some(base) = &service.public_base_url {
        return base.clone();
    }
    let scheme = if request.app_config().secure() { "https" } else { "http" };
    let local = local_address(request, service);
    match host(request) {
        Some(host) if names_machine(host, |ip| ip == local.ip()) => format!("{scheme}://{host}"),
        _ => format!("{scheme}://{local}"),
    }
}

/// Whether remote callers are refused and the request [is from one](is_from_elsewhere).
pub(super) fn is_remote(request: &HttpRequest, service: &Service) -> bool {
    service.remote_callers == RemoteCallers::Refused && is_from_elsewhere(request, service)
}

/// Whether a request is from a remote caller: it came from another machine, or used a foreign host name
/// (as a web page does that rebinds its DNS name to 127.0.0.1), or came through a proxy. Only the first
/// cannot be forged, and the others only ever refuse more.
pub(super) fn is_from_elsewhere(request: &HttpRequest, service: &Service) -> bool {
    let forwarded = FORWARDING_HEADERS.iter().any(|name| request.headers().contains_key(*name));
    let local = local_address(request, service);
    let known = |host: &str| {
        let public = service.public_base_url.as_deref().map(authority);
        names_machine(host, |ip| ip == local.ip()) || public == Some(host)
    };
    !is_from_this_machine(request.peer_addr(), local)
        || forwarded
        || !host(request).is_some_and(known)
}

/// Whether the other end of a connection is on this machine: it has a loopback address, or the same
/// address as this end.
fn is_from_this_machine(peer: Option<SocketAddr>, local: SocketAddr) -> bool {
    // A dual-stack listener reports IPv4 addresses as IPv6.
    let local = local.ip().to_canonical();
    peer.map(|peer| peer.ip().to_canonical())
        .is_some_and(|peer| peer.is_loopback() || peer == local)
}

/// Host and port as the client sent them.
fn host(request: &HttpRequest) -> Option<&str> {
    let header = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    header.or_else(|| request.uri().authority().map(Authority::as_str))
}

fn local_address(request: &HttpRequest, service: &Service) -> SocketAddr {
    let mut address = request.conn_data::<LocalAddress>().map_or(service.listen, |local| local.0);
    // A dual-stack listener reports IPv4 addresses as IPv6.
    address.set_ip(address.ip().to_canonical());
    address
}

#[cfg(test)]
mod tests {
    use super::is_from_this_machine;

    #[test]
    fn only_this_machine_is_this_machine() {
        let local = "192.0.2.7:8080".parse().expect("an address");
        for (peer, is_here) in [
            ("127.0.0.1:1", true),
            ("[::1]:1", true),
            ("[::ffff:127.0.0.1]:1", true),
            ("192.0.2.7:1", true),
            ("192.0.2.8:1", false),
            ("[2001:db8::1]:1", false),
            ("10.0.0.1:1", false),
        ] {
            let peer = Some(peer.parse().expect("an address"));
            assert_eq!(is_from_this_machine(peer, local), is_here, "{peer:?}");
        }
        assert!(!is_from_this_machine(None, local));
        for (peer, local) in [
            ("192.0.2.7:1", "[::ffff:192.0.2.7]:8080"),
            ("[::ffff:192.0.2.7]:1", "[::ffff:192.0.2.7]:8080"),
            ("[::ffff:192.0.2.7]:1", "192.0.2.7:8080"),
        ] {
            let (peer, local) = (peer.parse().expect("one"), local.parse().expect("another"));
            assert!(is_from_this_machine(Some(peer), local), "{peer} {local}");
        }
    }
}
