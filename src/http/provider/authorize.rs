//! `/{tenant}/oauth2/v2.0/authorize`: where an application sends a person to sign in.

use std::fmt::Write as _;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, LOCATION, REFERRER_POLICY};
use serde_json::json;

use super::consent::consent_page;
use super::form::Form;
use super::page::{Page, describe_pages};
use super::request::{ProviderRequest, Query, text_schema};
use super::response::described;
use crate::auth::{Delivery, Prompt, Refused};
use crate::http::error::ApiError;
use crate::http::handler::Reply;
use crate::http::request_context::RequestContext;
use crate::protocol::escaped;
use crate::protocol::openapi::Description;

/// The response to an application's request: a page for the person, or the error for the application.
pub(in crate::http) struct Asked(Result<(Prompt, String), Refused>);

/// The response to the person's answer: the outcome, on its way to the application.
pub(in crate::http) struct Answered(Result<Delivery, Refused>);

/// `GET`: the page that asks who signs in.
pub(in crate::http) async fn authorize(
    Query(parameters): Query,
    request: ProviderRequest,
) -> Result<Asked, ApiError> {
    let provider = &request.development.provider;
    let endpoint = request.endpoint();
    let prompt = request.check_person().and(parameters).map_err(Refused::from);
    let prompt = prompt.and_then(|parameters| provider.authorize(&endpoint, &parameters));
    let action = format!("{}/{}/oauth2/v2.0/authorize", request.service, endpoint.tenant);
    Ok(Asked(prompt.map(|prompt| (prompt, action))))
}

/// `POST`: what the person answered.
pub(in crate::http) async fn sign_in(
    Form { parameters, .. }: Form,
    request: ProviderRequest,
) -> Result<Answered, ApiError> {
    let provider = &request.development.provider;
    let answer = request.check_form().and(parameters).map_err(Refused::from);
    Ok(Answered(answer.and_then(|answer| provider.answer(&request.endpoint(), &answer))))
}

impl Reply for Asked {
    const JSON: bool = false;

    async fn respond(self, context: &RequestContext) -> HttpResponse {
        match self.0 {
            Ok((prompt, action)) => consent_page(prompt, &action).into_response(),
            Err(refused) => tell(&refused, context),
        }
    }

    fn describe(description: &mut Description) {
        describe_pages(description);
        description.gives_nothing(303, "The error for the application, in its redirect URI.");
    }
}

impl Reply for Answered {
    const JSON: bool = false;

    async fn respond(self, context: &RequestContext) -> HttpResponse {
        match self.0 {
            Ok(delivery) => deliver(delivery),
            Err(refused) => tell(&refused, context),
        }
    }

    fn describe(description: &mut Description) {
        let text = text_schema();
        description.takes_form(&json!({
            "type": "object",
            "required": ["ticket", "action"],
            "properties": {
                "ticket": text, "user": text, "permission": text,
                "action": { "enum": ["allow", "deny"] },
            },
        }));
        describe_pages(description);
        description.gives_nothing(303, "The code for the application, in its redirect URI.");
    }
}

/// Tells a refusal to the application, or to the person.
fn tell(refused: &Refused, context: &RequestContext) -> HttpResponse {
    let Refused { refusal, reply } = refused;
    let Some(reply) = reply else {
        return Page::of_refusal(refusal, context).into_response();
    };
    context.refusal.set(Some(refusal.error()));
    deliver(reply.deliver(vec![
        ("error", refusal.error().to_owned()),
        ("error_description", described(refusal, context)),
    ]))
}

fn deliver(delivery: Delivery) -> HttpResponse {
    match delivery {
        Delivery::Redirect(uri) => HttpResponse::build(StatusCode::SEE_OTHER)
            .insert_header((LOCATION, uri))
            .insert_header((CACHE_CONTROL, "no-store"))
            .insert_header((REFERRER_POLICY, "no-referrer"))
            .finish(),
        Delivery::Form(uri, fields) => form_page(&uri, &fields).into_response(),
    }
}

/// A page whose form takes the outcome to the application. It runs no script that would send the form by
/// itself.
fn form_page(uri: &str, fields: &[(&'static str, String)]) -> Page {
    let mut html = format!("<form method=\"post\" action=\"{}\">\n", escaped(uri));
    for (name, value) in fields {
        // Writing to a string cannot fail.
        let _ =
            writeln!(html, "<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escaped(value));
    }
    html.push_str("<div class=\"buttons\"><button class=\"main\">Continue</button></div>\n</form>");
    let origin: String = uri.split('/').take(3).collect::<Vec<_>>().join("/");
    Page { leads_to: Some(origin), ..Page::new("Back to the application", html) }
}
