//! Hosts in URLs and headers: which of them name this machine.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The host and port of a URL that begins with a scheme.
pub(crate) fn authority(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split('/').next().unwrap_or_default()
}

/// The path of a URL that does not end in a slash: empty for an origin.
pub(crate) fn path_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.find('/').map_or("", |slash| &rest[slash..])
}

/// Whether a host, with or without a port, names this machine: by a loopback name, by a loopback
/// address, or by an address for which `is_local` holds.
pub(crate) fn names_machine(host: &str, is_local: impl Fn(IpAddr) -> bool) -> bool {
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => (name, Some(port)),
        _ => (host, None),
    };
    if port.is_some_and(|port| port.is_empty() || port.parse::<u16>().is_err()) {
        return false;
    }
    let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    match bare.parse::<IpAddr>() {
        Ok(ip) => ip.is_loopback() || is_local(ip.to_canonical()),
        Err(_) => bare.eq_ignore_ascii_case("localhost"),
    }
}

/// The URL by which a client on this machine reaches a listener.
pub(crate) fn listener_url(scheme: &str, mut address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        address.set_ip(if address.is_ipv4() {
            Ipv4Addr::LOCALHOST.into()
        } else {
            Ipv6Addr::LOCALHOST.into()
        });
    }
    format!("{scheme}://{address}")
}

#[cfg(test)]
mod tests {
    use super::{authority, names_machine, path_of};

    #[test]
    fn only_names_of_this_machine_are_trusted() {
        let names_this =
            |host: &str| names_machine(host, |ip| ip == std::net::IpAddr::from([192, 0, 2, 7]));
        for host in [
            "localhost",
            "LOCALHOST:8080",
            "127.0.0.1:1",
            "127.3.2.1",
            "[::1]:8080",
            "192.0.2.7:80",
        ] {
            assert!(names_this(host), "{host}");
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
            assert!(!names_this(host), "{host}");
        }
    }

    #[test]
    fn the_host_of_a_url_ends_with_its_path() {
        assert_eq!(authority("https://localhost:8443/a/b"), "localhost:8443");
        assert_eq!(authority("http://[::1]:80"), "[::1]:80");
        assert_eq!(path_of("https://[::1]:8443/esim"), "/esim");
        assert_eq!(path_of("http://127.0.0.1:8080"), "");
    }
}
