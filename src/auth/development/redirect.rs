//! Redirect URIs: which of them an application may be sent back to, and what kind of client it is
//! there.

use crate::host::names_machine;

/// The longest redirect URI, in bytes.
const MAX_BYTES: usize = 2048;

/// A registered redirect URI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RedirectUri {
    /// This URI, letter for letter. If a native application has it and its host is this machine, on any
    /// port (RFC 8252, section 7.3).
    Exact(String),
    /// Any `http` or `https` URI whose host is this machine, on any port.
    Loopback,
    /// This path of the service itself.
    Here(String),
}

/// The redirect URIs of an application, by its kind.
#[derive(Clone, Debug, Default)]
pub struct RedirectUris {
    /// Pages, which redeem codes themselves.
    pub spa: Vec<RedirectUri>,
    /// Servers.
    pub web: Vec<RedirectUri>,
    /// Programs of this machine.
    pub native: Vec<RedirectUri>,
}

/// As what an application may redeem a code that was sent to a redirect URI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
pub(super) struct Kinds {
    pub(super) spa: bool,
    pub(super) web: bool,
    pub(super) native: bool,
}

impl Kinds {
    pub(super) fn is_registered(self) -> bool {
        self.spa || self.web || self.native
    }
}

impl RedirectUri {
    /// Reads a value of the settings: `loopback`, a path such as `/console/`, or an absolute URI.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        if text == "loopback" {
            return Ok(Self::Loopback);
        }
        if !is_clean(text) {
            return Err("has a fragment, a space, or another character that a URI cannot have");
        }
        if text.starts_with('/') && !text.starts_with("//") {
            return Ok(Self::Here(text.to_owned()));
        }
        match text.split_once(':') {
            Some((scheme, rest)) if is_scheme(scheme) && !rest.is_empty() => {
                Ok(Self::Exact(text.to_owned()))
            }
            _ => Err("is neither an absolute URI, nor a path, nor 'loopback'"),
        }
    }

    fn matches(&self, uri: &str, service: &str, native: bool) -> bool {
        match self {
            Self::Exact(own) => {
                own == uri
                    || native
                        && is_loopback(own)
                        && is_loopback(uri)
                        && portless(own) == portless(uri)
            }
            Self::Loopback => is_loopback(uri),
            Self::Here(path) => uri.strip_prefix(service) == Some(path),
        }
    }

    /// Whether pages of this origin may have such a URI.
    fn has_origin(&self, origin: &str, service: &str) -> bool {
        match self {
            Self::Exact(own) => origin_of(own).as_deref() == Some(origin),
            Self::Loopback => is_loopback(origin) && origin_of(origin).as_deref() == Some(origin),
            Self::Here(_) => origin_of(service).as_deref() == Some(origin),
        }
    }
}

impl RedirectUris {
    /// As what the application is registered for `uri`, at a service with this URL.
    pub(super) fn kinds(&self, uri: &str, service: &str) -> Kinds {
        let clean = is_clean(uri);
        let any = |known: &[RedirectUri], native| {
            clean && known.iter().any(|known| known.matches(uri, service, native))
        };
        Kinds {
            spa: any(&self.spa, false),
            web: any(&self.web, false),
            native: any(&self.native, true),
        }
    }

    /// Whether pages of this origin may redeem codes.
    pub(super) fn has_origin(&self, origin: &str, service: &str) -> bool {
        self.spa.iter().any(|known| known.has_origin(origin, service))
    }
}

/// The origin of a URI, as browsers write it in `Origin`; `None` if it is not `http` or `https`.
pub(super) fn origin_of(uri: &str) -> Option<String> {
    let (scheme, rest) = uri.split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    let port = match scheme.as_str() {
        "http" => ":80",
        "https" => ":443",
        _ => return None,
    };
    let host = rest.split(['/', '?']).next().unwrap_or_default().to_ascii_lowercase();
    Some(format!("{scheme}://{}", host.strip_suffix(port).unwrap_or(&host)))
}

/// Printable ASCII of a reasonable length, without a fragment, and without the characters that
/// programs read differently.
fn is_clean(uri: &str) -> bool {
    let allowed = |byte: &u8| byte.is_ascii_graphic() && !b"#\\<>\"`{}|^".contains(byte);
    uri.len() <= MAX_BYTES && uri.as_bytes().iter().all(allowed)
}

fn is_scheme(text: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    let dangerous = ["javascript", "data", "file", "blob", "about", "vbscript"];
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(letter)
        && !dangerous.iter().any(|name| name.eq_ignore_ascii_case(text))
}

fn is_loopback(uri: &str) -> bool {
    parts(uri).is_some_and(|(_, host, _)| names_machine(host, |_| false))
}

/// Scheme, host with port, and the rest.
fn parts(uri: &str) -> Option<(&str, &str, &str)> {
    let (scheme, rest) = uri.split_once("://")?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    ["http", "https"].contains(&scheme).then_some((scheme, &rest[..end], &rest[end..]))
}

/// The URI without its port, and with a path.
fn portless(uri: &str) -> Option<String> {
    let (scheme, host, rest) = parts(uri)?;
    let name = host.rsplit_once(':').filter(|(_, port)| !port.contains(']'));
    let rest = if rest.is_empty() { "/" } else { rest };
    Some(format!("{scheme}://{}{rest}", name.map_or(host, |(name, _)| name)))
}

#[cfg(test)]
mod tests {
    use super::{RedirectUri, RedirectUris, origin_of};

    const SERVICE: &str = "https://localhost:8443";

    fn registered(uris: &RedirectUris, uri: &str) -> bool {
        uris.kinds(uri, SERVICE).is_registered()
    }

    #[test]
    fn look_alikes_of_a_loopback_uri_are_none() {
        let uris = RedirectUris { spa: vec![RedirectUri::Loopback], ..RedirectUris::default() };
        for uri in [
            "http://localhost",
            "http://localhost:3000/",
            "https://localhost:3000/a/b?c=d",
            "http://127.0.0.1:80/x",
            "http://[::1]:1/",
            "http://LOCALHOST/",
        ] {
            assert!(registered(&uris, uri), "{uri}");
        }
        for uri in [
            "http://localhost.example.com/",
            "http://localhost@example.com/",
            "http://localhost:80@example.com/",
            "http://example.com/?http://localhost/",
            "http://example.com#http://localhost/",
            "http://localhost#.example.com/",
            "http://localhost\\.example.com/",
            "http://localhost%2eexample.com/",
            "http://localhost:3000.example.com/",
            "http://127.0.0.1.example.com/",
            "http://127.1/",
            "http://2130706433/",
            "http://0.0.0.0/",
            "http:/localhost/",
            "http:localhost",
            "//localhost/",
            "HTTP://localhost/",
            "javascript://localhost/%0aalert(1)",
            "data://localhost/",
            "app://localhost/",
            " http://localhost/",
            "http://localhost/ ",
            "http://localhost/\r\nLocation: x",
            "http://localhost/\u{e9}",
            "",
        ] {
            assert!(!registered(&uris, uri), "{uri}");
        }
    }

    #[test]
    fn other_uris_match_letter_for_letter() {
        let exact = |uri: &str| vec![RedirectUri::parse(uri).expect("a URI")];
        let uris = RedirectUris {
            spa: exact("/console/"),
            web: exact("https://app.example.com/back"),
            native: exact("http://localhost/back"),
        };
        for uri in [
            "https://localhost:8443/console/",
            "https://app.example.com/back",
            "http://localhost/back",
            "http://localhost:4711/back",
        ] {
            assert!(registered(&uris, uri), "{uri}");
        }
        for uri in [
            "https://localhost:8443/console",
            "https://localhost:8443/console/more",
            "https://localhost:8443.example.com/console/",
            "https://localhost:8444/console/",
            "/console/",
            "https://app.example.com/back/",
            "https://app.example.com/back?x",
            "https://app.example.com/BACK",
            "https://app.example.com/x/../back",
            "https://app.example.com:443/back",
            "https://app.example.com.evil.example/back",
            "http://app.example.com/back",
            "http://localhost:4711/other",
            "https://localhost:4711/back",
            "http://localhost.example.com/back",
        ] {
            assert!(!registered(&uris, uri), "{uri}");
        }
        for (origin, known) in [
            ("https://localhost:8443", true),
            ("https://app.example.com", false),
            ("http://localhost", false),
            ("null", false),
        ] {
            assert_eq!(uris.has_origin(origin, SERVICE), known, "{origin}");
        }
        for wrong in
            ["x", "", "//example.com", "https://a.example/#b", "javascript:alert(1)", "a b:c"]
        {
            assert!(RedirectUri::parse(wrong).is_err(), "{wrong}");
        }
        assert_eq!(origin_of("HTTPS://A.example:443/b").as_deref(), Some("https://a.example"));
    }
}
