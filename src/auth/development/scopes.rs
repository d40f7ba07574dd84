//! The parameter `scope`: what an application asks for.

use super::application::Application;
use super::issuer::DevelopmentIssuer;
use super::refusal::GrantRefusal;
use crate::host::authority;

/// The most scopes of a request, and the longest one, in bytes.
const MAX_SCOPES: usize = 50;
const MAX_SCOPE_BYTES: usize = 256;

/// The scopes of OpenID Connect that every token may have.
const OPENID: [&str; 3] = ["openid", "profile", "email"];

/// What an application asks for, or what a user granted.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
pub(super) struct Scopes {
    /// The service that the permissions are for (`aud`).
    pub(super) audience: String,
    /// Permissions of that service.
    pub(super) permissions: Vec<String>,
    /// Those of [`OPENID`] that are asked for.
    pub(super) openid: Vec<String>,
    /// Whether a refresh token is asked for.
    pub(super) offline_access: bool,
    /// What precedes the permissions in the request: the service with a slash, or nothing for Graph.
    prefix: String,
    /// Whether `.default` is asked for, which stands for all permissions of the application.
    default: bool,
}

impl Scopes {
    /// The scopes in `scope`, for a service at `service`.
    pub(super) fn parse(
        scope: &str,
        application: &Application,
        service: &str,
    ) -> Result<Self, GrantRefusal> {
        let mut scopes = Self::default();
        let mut audience: Option<&str> = None;
        let items = scope.split(' ').filter(|item| !item.is_empty());
        for (index, item) in items.enumerate() {
            if index == MAX_SCOPES || item.len() > MAX_SCOPE_BYTES || !is_plain(item) {
                return Err(GrantRefusal::Scopes("there are too many scopes, or one is malformed"));
            }
            if let Some(name) = OPENID.into_iter().find(|name| *name == item) {
                add(&mut scopes.openid, name);
                continue;
            }
            if item == "offline_access" {
                scopes.offline_access = true;
                continue;
            }
            let split = item.rfind('/').map_or(0, |slash| slash + 1);
            let (prefix, name) = item.split_at(split);
            let resource = prefix.strip_suffix('/').unwrap_or(DevelopmentIssuer::AUDIENCE);
            let resource = audience_of(resource, service);
            if audience.is_none() {
                prefix.clone_into(&mut scopes.prefix);
            }
            if *audience.get_or_insert(resource) != resource {
                return Err(GrantRefusal::Resources);
            }
            if name == ".default" && !resource.is_empty() {
                scopes.default = true;
                for name in application.default_permissions() {
                    add(&mut scopes.permissions, &name);
                }
            } else if resource.is_empty() || name.is_empty() || !application.may_ask(name) {
                let (application, name) = (application.name.clone(), name.to_owned());
                return Err(GrantRefusal::UnknownScope(application, name));
            } else {
                add(&mut scopes.permissions, name);
            }
        }
        if scopes.permissions.is_empty() && scopes.openid.is_empty() && !scopes.offline_access {
            return Err(GrantRefusal::Missing("scope"));
        }
        let audience = audience.unwrap_or(DevelopmentIssuer::AUDIENCE).to_owned();
        Ok(Self { audience, ..scopes })
    }

    /// The value of `scp`.
    pub(super) fn claim(&self) -> Vec<String> {
        [self.openid.clone(), self.permissions.clone()].concat()
    }

    /// The scopes that were granted, spelled as they were asked for: clients look their tokens up by
    /// them. As with Entra, `offline_access` is not among them.
    pub(super) fn granted(&self) -> String {
        let default = self.default.then_some(".default");
        let names = self.permissions.iter().map(String::as_str).chain(default);
        let names = names.map(|name| format!("{}{name}", self.prefix));
        self.openid.iter().cloned().chain(names).collect::<Vec<_>>().join(" ")
    }

    /// The part of these granted scopes that `asked` names, all of which must be among them.
    pub(super) fn narrowed(&self, asked: Self) -> Result<Self, GrantRefusal> {
        let knows = |name: &String| self.permissions.iter().any(|it| it.eq_ignore_ascii_case(name));
        let consented = asked.default || asked.permissions.iter().all(knows);
        if asked.audience != self.audience || !consented {
            return Err(GrantRefusal::Consent);
        }
        let everything = asked.default || asked.permissions.is_empty();
        let permissions = if everything { self.permissions.clone() } else { asked.permissions };
        Ok(Self { permissions, prefix: asked.prefix, default: asked.default, ..self.clone() })
    }
}

/// The audience of a resource in a scope. Microsoft's clients derive the resource from the address
/// that they call, so this service's own host means Graph.
pub(super) fn audience_of<'r>(resource: &'r str, service: &str) -> &'r str {
    let address = resource.strip_prefix("https://").or_else(|| resource.strip_prefix("http://"));
    let host = address.and_then(|address| address.split('/').next());
    if host.is_some_and(|host| names_service(host, service)) {
        DevelopmentIssuer::AUDIENCE
    } else {
        resource
    }
}

/// Whether a host, with or without port, is that of the service.
fn names_service(host: &str, service: &str) -> bool {
    let own = authority(service);
    let name = own.rsplit_once(':').filter(|(_, port)| !port.contains(']'));
    host == own || name.is_some_and(|(name, _)| host == name)
}

fn is_plain(item: &str) -> bool {
    item.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._:/[]".contains(&byte))
}

fn add(all: &mut Vec<String>, name: &str) {
    if !all.iter().any(|known| known.eq_ignore_ascii_case(name)) {
        all.push(name.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::{Application, Scopes};

    #[test]
    fn scopes_are_read_as_clients_write_them() {
        const SERVICE: &str = "https://localhost:8443";
        let any = Application::new("id", "name");
        let read = |scope: &str| Scopes::parse(scope, &any, SERVICE);
        for (scope, audience, claim, granted) in [
            (
                "openid profile offline_access User.Read",
                "https://graph.microsoft.com",
                "openid profile User.Read",
                "openid profile User.Read",
            ),
            (
                "https://graph.microsoft.com/A.B A.B a.b",
                "https://graph.microsoft.com",
                "A.B",
                "https://graph.microsoft.com/A.B",
            ),
            (
                "https://localhost:8443/A",
                "https://graph.microsoft.com",
                "A",
                "https://localhost:8443/A",
            ),
            ("api://one/two/A", "api://one/two", "A", "api://one/two/A"),
            ("openid", "https://graph.microsoft.com", "openid", "openid"),
        ] {
            let scopes = read(scope).unwrap_or_else(|refusal| panic!("{scope}: {refusal}"));
            assert_eq!(scopes.audience, audience, "{scope}");
            assert_eq!(scopes.claim().join(" "), claim, "{scope}");
            assert_eq!(scopes.granted(), granted, "{scope}");
        }
        for scope in [
            "",
            " ",
            "/.default",
            "https://a.example/",
            "A https://b.example/B",
            "<A>",
            &"A ".repeat(51),
        ] {
            assert!(read(scope).is_err(), "{scope}");
        }
    }
}
