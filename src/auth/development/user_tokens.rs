//! The tokens that people get: access tokens on their behalf, and id tokens about them.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use super::grant::{Endpoint, Grant};
use super::issuer::{DevelopmentIssuer, TokenRequest};

impl DevelopmentIssuer {
    /// An access token for what a user granted to an application.
    pub(super) fn user_token(
        &self,
        endpoint: &Endpoint<'_>,
        grant: &Grant,
        ttl: Duration,
    ) -> String {
        let request = TokenRequest {
            service: endpoint.service.to_owned(),
            permissions: grant.scopes.claim(),
            delegated: true,
            tenant: grant.tenant,
            audience: grant.scopes.audience.clone(),
            ttl,
            wrong: None,
        };
        let mut draft = self.draft(&grant.application, &request, endpoint.now.seconds());
        let user = &grant.user;
        for (name, value) in
            [("oid", &user.id), ("sub", &user.id), ("name", &user.name), ("upn", &user.username)]
        {
            draft.claim(name, json!(value));
        }
        self.signed(draft)
    }

    /// An id token (OpenID Connect Core, section 2). Its audience is the application, so that it is no
    /// access token.
    pub(super) fn id_token(
        &self,
        endpoint: &Endpoint<'_>,
        grant: &Grant,
        nonce: Option<&str>,
        ttl: Duration,
    ) -> String {
        let request = TokenRequest {
            service: endpoint.service.to_owned(),
            permissions: Vec::new(),
            delegated: true,
            tenant: grant.tenant,
            audience: grant.application.clone(),
            ttl,
            wrong: None,
        };
        let mut draft = self.draft(&grant.application, &request, endpoint.now.seconds());
        for name in ["appid", "scp", "idtyp"] {
            draft.drop_claim(name);
        }
        let user = &grant.user;
        for (name, value) in [
            ("oid", json!(user.id)),
            ("sub", json!(user.id)),
            ("name", json!(user.name)),
            ("preferred_username", json!(user.username)),
            ("ver", json!("2.0")),
        ] {
            draft.claim(name, value);
        }
        if let Some(nonce) = nonce {
            draft.claim("nonce", json!(nonce));
        }
        self.signed(draft)
    }
}

impl Grant {
    /// Microsoft's `client_info`: the ids of the user and of the tenant.
    pub(super) fn client_info(&self) -> String {
        let info = json!({ "uid": self.user.id, "utid": self.tenant.to_string() });
        URL_SAFE_NO_PAD.encode(info.to_string())
    }
}
