//! The scheme and host of links in answers, and whether a request may be served at all.
//!
//! A Host header is a claim of the client. It is believed where it can do no harm: if it names
//! this machine.

use std::net::{IpAddr, SocketAddr};

use actix_web::HttpRequest;
use actix_web::http::header;

use super::request_context::LocalAddress;
use super::{RemoteCallers, Service};

/// Headers by which a proxy says that it is one.
const FORWARDING: [&str; 6] =
    ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via"];

/// The base of links for this request, without the version: `http://127.0.0.1:8080`.
pub(super) fn base_url(request: &HttpRequest, service: &Service) -> String {
    if let Some(base) = &service.public_base_url {
        return base.clone();
    }
    let scheme = if request.app_config().secure() { "https" } else { "http" };
    let local = local_address(request, service);
    match host(request) {
        Some(host) if names_machine(host, local) => format!("{scheme}://{host}"),
        _ => format!("{scheme}://{local}"),
    }
}

/// Whether a request is to be turned away because of the development issuer: it came under a
/// foreign name (a web page that rebinds its DNS name to 127.0.0.1 does) or through a proxy.
pub(super) fn is_foreign(request: &HttpRequest, service: &Service) -> bool {
    if service.remote == RemoteCallers::Welcome {
        return false;
    }
    let forwarded = FORWARDING.iter().any(|name| request.headers().contains_key(*name));
    let local = local_address(request, service);
    let known = |host: &str| {
        let public = service.public_base_url.as_deref().and_then(|base| base.split("://").nth(1));
        names_machine(host, local)
            || public.is_some_and(|base| base.split('/').next() == Some(host))
    };
    forwarded || !host(request).is_some_and(known)
}

/// Host and port as the client wrote them.
fn host(request: &HttpRequest) -> Option<&str> {
    let header = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    header.or_else(|| request.uri().authority().map(actix_web::http::uri::Authority::as_str))
}

fn local_address(request: &HttpRequest, service: &Service) -> SocketAddr {
    let mut address = request.conn_data::<LocalAddress>().map_or(service.listen, |local| local.0);
    // A listener for both protocols sees IPv4 as a kind of IPv6.
    address.set_ip(address.ip().to_canonical());
    address
}

/// Whether a Host header names this machine: a loopback name, or the very address connected to.
fn names_machine(host: &str, local: SocketAddr) -> bool {
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => (name, Some(port)),
        _ => (host, None),
    };
    if port.is_some_and(|port| port.is_empty() || port.parse::<u16>().is_err()) {
        return false;
    }
    let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    match bare.parse::<IpAddr>() {
        Ok(ip) => ip.is_loopback() || ip.to_canonical() == local.ip(),
        Err(_) => bare.eq_ignore_ascii_case("localhost"),
    }
}

#[cfg(test)]
mod tests {
    use super::names_machine;

    #[test]
    fn only_names_of_this_machine_are_believed() {
        let local = "192.0.2.7:8080".parse().expect("an address");
        for host in [
            "localhost",
            "LOCALHOST:8080",
            "127.0.0.1:1",
            "127.3.2.1",
            "[::1]:8080",
            "192.0.2.7:80",
        ] {
            assert!(names_machine(host, local), "{host}");
        }
        for host in [
            "example.com",
            "localhost.example.com",
            "127.0.0.1.example.com",
            "192.0.2.8",
            "localhost:",
            "localhost:80/evil",
            "localhost:99999",
            "user@localhost",
            "",
        ] {
            assert!(!names_machine(host, local), "{host}");
        }
    }
}
