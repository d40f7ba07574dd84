//! The page of the console, and what it may load and ask for.

use actix_web::HttpResponse;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, REFERRER_POLICY,
    X_FRAME_OPTIONS,
};
use serde_json::{Value, json};

use crate::auth::{DevelopmentIssuer, ServiceUrls};
use crate::host::{authority, path_of};
use crate::http::service::{ConsoleSettings, Service};
use crate::http::style_source::SHEET_STYLE_SOURCE;
use crate::http::web_files::HASH;
use crate::protocol::escaped;

const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName =
    HeaderName::from_static("cross-origin-resource-policy");

/// The page, with `ASSETS` and `BASE` instead of the paths of the files and of the service, and `SETTINGS`
/// instead of what the scripts need to know.
const INDEX: &str = include_str!("../../../web/index.html");

/// How people sign in to the console of a service.
pub(in crate::http) struct SignIn {
    issuer: Option<String>,
    client: Option<String>,
    scopes: String,
    /// Whether the issuer is that of development.
    development: bool,
}

impl SignIn {
    /// At the issuer of the settings, or else at the development issuer, if it is on. `base` is the URL
    /// of the service.
    pub(super) fn of(service: &Service, settings: &ConsoleSettings, base: &str) -> Self {
        let scopes = settings.scopes.clone();
        if settings.issuer.is_some() || !service.in_development() {
            let ConsoleSettings { issuer, client_id: client, .. } = settings.clone();
            return Self { issuer, client, scopes, development: false };
        }
        let tenant = DevelopmentIssuer::TENANT.to_string();
        Self {
            issuer: Some(ServiceUrls::issuer_name(base, &tenant)),
            client: Some(DevelopmentIssuer::CONSOLE_APP.to_owned()),
            scopes,
            development: true,
        }
    }

    /// What the scripts need to know.
    fn json(&self) -> Value {
        json!({
            "issuer": self.issuer,
            "clientId": self.client,
            "scopes": self.scopes,
            "development": self.development,
            "version": env!("CARGO_PKG_VERSION"),
        })
    }

    /// The scripts and the style of the service, and no others; nothing inline but the style of a sheet of
    /// codes, whose window inherits the policy; requests to the service and
    /// to the issuer only; text never becomes markup except in lit-html's templates.
    fn policy(&self) -> String {
        let issuer = self.issuer.as_deref().and_then(origin);
        let issuer = issuer.map_or_else(String::new, |origin| format!(" {origin}"));
        format!(
            "default-src 'none'; script-src 'self'; style-src 'self' {}; img-src 'self' blob:; \
             connect-src 'self'{issuer}; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; \
             require-trusted-types-for 'script'; trusted-types lit-html",
            *SHEET_STYLE_SOURCE
        )
    }

    /// The page of every path of the console of the service at `base`.
    pub(super) fn page(&self, base: &str) -> HttpResponse {
        let path = escaped(path_of(base));
        let assets = format!("{path}/console/assets/{}", *HASH);
        let settings = escaped(&self.json().to_string());
        let body = INDEX.replace("ASSETS", &assets).replace("BASE", &path);
        let body = body.replace("SETTINGS", &settings);
        let policy = HeaderValue::try_from(self.policy())
            .unwrap_or(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
        HttpResponse::Ok()
            .insert_header((CONTENT_TYPE, "text/html; charset=utf-8"))
            .insert_header((CACHE_CONTROL, "no-cache"))
            .insert_header((CONTENT_SECURITY_POLICY, policy))
            .insert_header((X_FRAME_OPTIONS, "DENY"))
            .insert_header((REFERRER_POLICY, "no-referrer"))
            .insert_header((CROSS_ORIGIN_RESOURCE_POLICY, "same-origin"))
            .body(body)
    }
}

/// Scheme, host and port of a URL.
fn origin(url: &str) -> Option<String> {
    let (scheme, _) = url.split_once("://")?;
    Some(format!("{scheme}://{}", authority(url)))
}

#[cfg(test)]
mod tests {
    use super::origin;

    #[test]
    fn a_url_has_an_origin() {
        for (url, its_origin) in [
            ("https://login.example.com/t/v2.0", "https://login.example.com"),
            ("https://[::1]:8443/esim", "https://[::1]:8443"),
        ] {
            assert_eq!(origin(url).as_deref(), Some(its_origin));
        }
        assert_eq!(origin("login.example.com"), None);
    }
}
