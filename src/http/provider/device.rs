//! The device code flow (RFC 8628): the endpoint for devices, and the page where a person enters the
//! code of one.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde_json::json;

use super::consent::consent_page;
use super::form::Form;
use super::page::{Page, describe_pages};
use super::request::{ProviderRequest, text_schema};
use super::response::{describe_refusals, json_response, refused};
use crate::auth::{DeviceStart, GrantRefusal};
use crate::http::error::ApiError;
use crate::http::handler::Reply;
use crate::http::request_context::RequestContext;
use crate::protocol::openapi::Description;

/// The codes of a device, or OAuth's error.
pub(in crate::http) struct DeviceResponse(Result<DeviceStart, GrantRefusal>);

/// A page about a device, or why there is none.
pub(in crate::http) struct DevicePage(Result<Page, GrantRefusal>);

/// The page that follows what a person sent.
pub(in crate::http) struct NextPage(DevicePage);

/// `POST /{tenant}/oauth2/v2.0/devicecode`
pub(in crate::http) async fn device_code(
    Form { parameters, .. }: Form,
    request: ProviderRequest,
) -> Result<DeviceResponse, ApiError> {
    let provider = &request.development.provider;
    let start = |parameters| provider.start_device(&request.endpoint(), &parameters);
    Ok(DeviceResponse(parameters.and_then(start)))
}

/// `GET /{tenant}/oauth2/deviceauth`: asks for the code.
pub(in crate::http) async fn device_page(request: ProviderRequest) -> Result<DevicePage, ApiError> {
    let form = format!(
        "<form method=\"post\" action=\"{}\">\n<label for=\"user_code\">The code that your device shows</label>\n\
         <input type=\"text\" id=\"user_code\" name=\"user_code\" required autofocus autocomplete=\"off\" \
         spellcheck=\"false\" maxlength=\"20\">\n\
         <div class=\"buttons\"><button class=\"main\">Next</button></div>\n</form>\n\
         <p class=\"note\">Enter only a code that a device of your own shows, never one that was sent to \
         you.</p>",
        crate::protocol::escaped(&address(&request))
    );
    Ok(DevicePage(request.check_person().map(|()| Page::new("Sign in on your device", form))))
}

/// `POST` there: the code, and then what the person answers about its device.
pub(in crate::http) async fn device_answer(
    Form { parameters, .. }: Form,
    request: ProviderRequest,
) -> Result<NextPage, ApiError> {
    let (provider, endpoint) = (&request.development.provider, request.endpoint());
    let next = |parameters: crate::auth::Parameters| {
        if parameters.get("ticket").is_none() {
            let prompt = provider.device_prompt(&endpoint, &parameters)?;
            let page = consent_page(prompt, &address(&request));
            return Ok(Page { title: "Sign in on your device", ..page });
        }
        let granted = provider.device_answer(&endpoint, &parameters)?;
        let (title, text) = if granted {
            ("You have signed in", "Your device goes on by itself. You can close this page.")
        } else {
            (
                "You have not signed in",
                "Your device was told that you declined. You can close this page.",
            )
        };
        Ok(Page::new(title, format!("<p>{text}</p>")))
    };
    Ok(NextPage(DevicePage(request.check_form().and(parameters).and_then(next))))
}

fn address(request: &ProviderRequest) -> String {
    format!("{}/{}/oauth2/deviceauth", request.service, request.endpoint().tenant)
}

impl Reply for DeviceResponse {
    async fn respond(self, context: &RequestContext) -> HttpResponse {
        let start = match self.0 {
            Ok(start) => start,
            Err(refusal) => return refused(&refusal, context),
        };
        let message = format!(
            "To sign in, use a web browser to open the page {} and enter the code {} to authenticate.",
            start.verification_uri, start.user_code
        );
        let body = json!({
            "device_code": start.device_code,
            "user_code": start.user_code,
            "verification_uri": start.verification_uri,
            "expires_in": start.expires_in,
            "interval": start.interval,
            "message": message,
        });
        json_response(StatusCode::OK, "no-store", &body)
    }

    fn describe(description: &mut Description) {
        let (text, number) = (text_schema(), json!({ "type": "integer" }));
        description.takes_form(&json!({
            "type": "object",
            "required": ["client_id", "scope"],
            "properties": { "client_id": text, "scope": text },
        }));
        let codes = json!({
            "type": "object",
            "required": ["device_code", "user_code", "verification_uri", "expires_in", "interval"],
            "properties": {
                "device_code": text, "user_code": text, "verification_uri": text,
                "expires_in": number, "interval": number, "message": text,
            },
        });
        description.gives_json(200, "The codes of the device.", &codes);
        describe_refusals(description);
    }
}

impl Reply for DevicePage {
    const JSON: bool = false;

    async fn respond(self, context: &RequestContext) -> HttpResponse {
        let page = self.0.unwrap_or_else(|refusal| Page::of_refusal(&refusal, context));
        page.into_response()
    }

    fn describe(description: &mut Description) {
        describe_pages(description);
    }
}

impl Reply for NextPage {
    const JSON: bool = false;

    async fn respond(self, context: &RequestContext) -> HttpResponse {
        self.0.respond(context).await
    }

    fn describe(description: &mut Description) {
        let text = text_schema();
        description.takes_form(&json!({
            "type": "object",
            "properties": {
                "user_code": text, "ticket": text, "user": text, "permission": text,
                "action": { "enum": ["allow", "deny"] },
            },
        }));
        describe_pages(description);
    }
}
