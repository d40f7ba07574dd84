//! `GET /{tenant}/oauth2/v2.0/logout`: the end of a sign-in (OpenID Connect RP-Initiated Logout).

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, LOCATION};

use super::page::{Page, describe_pages};
use super::request::{ProviderRequest, Query};
use crate::auth::{GrantRefusal, Parameters};
use crate::http::error::ApiError;
use crate::http::handler::Reply;
use crate::http::request_context::RequestContext;
use crate::protocol::openapi::Description;

/// Back to the application, or a page.
pub(in crate::http) struct SignedOut(Result<Option<String>, GrantRefusal>);

/// There is no session to end: an application ends the sign-in when it forgets its tokens. The browser
/// is sent on only to a registered redirect URI.
pub(in crate::http) async fn sign_out(
    Query(parameters): Query,
    request: ProviderRequest,
) -> Result<SignedOut, ApiError> {
    let provider = &request.development.provider;
    let to = |parameters: &Parameters| {
        let uri = parameters.get("post_logout_redirect_uri")?;
        let client = parameters.get("client_id");
        if !provider.leads_to(uri, client, &request.service) {
            return None;
        }
        let separator = if uri.contains('?') { '&' } else { '?' };
        let state = parameters.get("state").map(|state| {
            let state =
                percent_encoding::utf8_percent_encode(state, percent_encoding::NON_ALPHANUMERIC);
            format!("{separator}state={state}")
        });
        Some(format!("{uri}{}", state.unwrap_or_default()))
    };
    let to =
        request.check_tenant().map(|()| parameters.ok().and_then(|parameters| to(&parameters)));
    Ok(SignedOut(to))
}

impl Reply for SignedOut {
    const JSON: bool = false;

    async fn respond(self, context: &RequestContext) -> HttpResponse {
        let to = match self.0 {
            Ok(to) => to,
            Err(refusal) => return Page::of_refusal(&refusal, context).into_response(),
        };
        let Some(uri) = to else {
            let text = "<p>You are signed out. You can close this page.</p>";
            return Page::new("Signed out", text.to_owned()).into_response();
        };
        HttpResponse::build(StatusCode::FOUND)
            .insert_header((LOCATION, uri))
            .insert_header((CACHE_CONTROL, "no-store"))
            .finish()
    }

    fn describe(description: &mut Description) {
        describe_pages(description);
        description.gives_nothing(302, "Back to the application.");
    }
}
