//! The URLs by which clients can rightly reach the service, and its issuer's names in them.

use std::net::{IpAddr, SocketAddr};

use crate::domain::TenantId;
use crate::host::{listener_url, names_machine};

/// What follows the tenant in the name of an issuer, as in Entra's tokens of version 2.
const VERSION: &str = "/v2.0";

/// The URLs by which clients can rightly reach the service.
#[derive(Clone, Debug)]
pub struct ServiceUrls {
    public: Option<String>,
    /// The URL of the first listener.
    local: String,
    listeners: Vec<IpAddr>,
}

impl ServiceUrls {
    /// The URLs of a service with this public base URL, if it has one, and these listeners, of which
    /// the first one has no TLS.
    #[must_use]
    pub fn new(public: Option<String>, listen: SocketAddr, tls: Option<SocketAddr>) -> Self {
        let listeners = std::iter::once(listen).chain(tls);
        let listeners = listeners.map(|address| address.ip().to_canonical()).collect();
        Self { public, local: listener_url("http", listen), listeners }
    }

    /// The URL to use where no client has chosen one: the public one, else that of the listener.
    #[must_use]
    pub fn default_url(&self) -> &str {
        self.public.as_deref().unwrap_or(&self.local)
    }

    /// The name of the issuer at one of these URLs. `tenant` is a GUID, or a placeholder for one.
    #[must_use]
    pub fn issuer_name(url: &str, tenant: &str) -> String {
        format!("{url}/{tenant}{VERSION}")
    }

    /// The tenant in the name of the issuer at any of these URLs; `None` for other names.
    pub(super) fn tenant_of(&self, iss: &str) -> Option<TenantId> {
        let (url, tenant) = iss.strip_suffix(VERSION)?.rsplit_once('/')?;
        self.contain(url).then(|| TenantId::parse(tenant))?
    }

    /// Whether clients can reach the service at `url`: it is the public URL, or names this machine.
    /// A listener on all addresses can be reached at any of them, which this machine cannot list; but
    /// never at a name other than `localhost`.
    fn contain(&self, url: &str) -> bool {
        let is_own = |ip| self.listeners.iter().any(|own| own.is_unspecified() || *own == ip);
        self.public.as_deref() == Some(url)
            || url.split_once("://").is_some_and(|(scheme, host)| {
                ["http", "https"].contains(&scheme) && names_machine(host, is_own)
            })
    }
}

#[cfg(test)]
mod tests {
    use super::ServiceUrls;

    const TENANT: &str = "11111111-2222-3333-4444-555555555555";

    fn urls(public: Option<&str>, listen: &str) -> ServiceUrls {
        let listen = listen.parse().expect("an address");
        ServiceUrls::new(public.map(str::to_owned), listen, None)
    }

    #[test]
    fn an_issuer_is_known_by_every_url_of_the_service_and_by_no_other() {
        let one = urls(Some("https://esim.example.com/here"), "192.0.2.7:80");
        let all = urls(None, "0.0.0.0:80");
        for (url, is_of_one, is_of_all) in [
            ("http://localhost:8080", true, true),
            ("https://LOCALHOST:8443", true, true),
            ("http://127.0.0.1", true, true),
            ("https://[::1]:8443", true, true),
            ("http://192.0.2.7:80", true, true),
            ("http://192.0.2.8:80", false, true),
            ("https://esim.example.com/here", true, false),
            ("https://esim.example.com", false, false),
            ("https://esim.example.com/here/", false, false),
            ("http://esim.example.com/here", false, false),
            ("https://localhost.example.com", false, false),
            ("https://localhost:8443/more", false, false),
            ("https://localhost:8443#", false, false),
            ("https://user@localhost:8443", false, false),
            ("HTTP://localhost:8080", false, false),
            ("ftp://localhost", false, false),
            ("localhost", false, false),
            ("", false, false),
        ] {
            let iss = ServiceUrls::issuer_name(url, TENANT);
            assert_eq!(one.tenant_of(&iss).is_some(), is_of_one, "{url}");
            assert_eq!(all.tenant_of(&iss).is_some(), is_of_all, "{url}");
        }
    }

    #[test]
    fn the_path_of_an_issuer_is_a_tenant_and_the_version() {
        let urls = urls(None, "127.0.0.1:8080");
        let known = |path: &str| urls.tenant_of(&format!("http://localhost{path}")).is_some();
        assert!(known(&format!("/{TENANT}/v2.0")));
        for path in [
            String::new(),
            "/v2.0".to_owned(),
            "/common/v2.0".to_owned(),
            "/{tenantid}/v2.0".to_owned(),
            format!("/{TENANT}"),
            format!("/{TENANT}/"),
            format!("/{TENANT}/v2.0/"),
            format!("/{TENANT}/V2.0"),
            format!("/{TENANT}/v1.0"),
            format!("/{TENANT}/{TENANT}/v2.0"),
        ] {
            assert!(!known(&path), "{path}");
        }
    }
}
