//! The form that a client sends to the token endpoint, and its credentials in the `Authorization`
//! header.

use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use serde_json::json;

use crate::auth::{GrantRefusal, GrantRequest};
use crate::http::error::ApiError;
use crate::http::extract::read_body;
use crate::http::handler::Extract;
use crate::http::media_type::{FORM, content_type};
use crate::http::request::Request;
use crate::protocol::openapi::Description;

/// The longest form that is read.
const MAX_FORM_BYTES: usize = 16 * 1024;

/// A request for a token.
pub(in crate::http) struct Form {
    /// What is requested, or why the form is refused.
    pub(super) request: Result<GrantRequest, GrantRefusal>,
    /// Whether the client is authenticated by the `Authorization` header.
    pub(super) basic: bool,
}

impl Extract for Form {
    async fn extract(request: &mut Request) -> Result<Self, ApiError> {
        let headers = &request.head().headers;
        if content_type(headers.get(CONTENT_TYPE)).is_none_or(|it| it.essence() != FORM) {
            let request = Err(GrantRefusal::Form("it is of another type"));
            return Ok(Self { request, basic: false });
        }
        let basic = headers.get(AUTHORIZATION).and_then(|value| credentials(value.to_str().ok()?));
        let basic = basic.map(str::to_owned);
        let request = match read_body(request, MAX_FORM_BYTES).await {
            Ok(form) => parse(&form, basic.as_deref()),
            Err(ApiError::BodyTooLarge { .. }) => {
                Err(GrantRefusal::Form("it is longer than 16 KiB"))
            }
            Err(ApiError::UnsupportedMediaType(what)) => Err(GrantRefusal::Form(what)),
            Err(error) => return Err(error),
        };
        Ok(Self { request, basic: basic.is_some() })
    }

    fn describe(description: &mut Description) {
        let text = json!({ "type": "string" });
        description.takes_form(&json!({
            "type": "object",
            "required": ["grant_type", "scope"],
            "properties": {
                "grant_type": { "const": "client_credentials" },
                "client_id": text,
                "client_secret": text,
                "scope": text,
            },
        }));
    }
}

/// The credentials of the `Basic` scheme. Clients use no other.
fn credentials(authorization: &str) -> Option<&str> {
    let (scheme, credentials) = authorization.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("basic").then_some(credentials.trim())
}

fn parse(form: &[u8], credentials: Option<&str>) -> Result<GrantRequest, GrantRefusal> {
    let form = std::str::from_utf8(form).map_err(|_| GrantRefusal::Form("it is not UTF-8"))?;
    let mut request = GrantRequest::default();
    for pair in form.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let field = match decoded(name)?.as_str() {
            "grant_type" => &mut request.grant_type,
            "client_id" => &mut request.client_id,
            "client_secret" => &mut request.client_secret,
            "scope" => &mut request.scope,
            // Unknown parameters must be ignored (RFC 6749, section 3.2).
            _ => continue,
        };
        let value = decoded(value)?;
        // A parameter without a value counts as omitted (same section).
        if !value.is_empty() && field.replace(value).is_some() {
            return Err(GrantRefusal::Form("a parameter is given twice"));
        }
    }
    if let Some(credentials) = credentials {
        let (id, secret) = basic(credentials).ok_or(GrantRefusal::Form(
            "the Authorization header has no valid client credentials",
        ))?;
        let other = request.client_id.as_ref().is_some_and(|named| *named != id);
        if other || request.client_secret.is_some() {
            return Err(GrantRefusal::Form("the client is authenticated in two ways"));
        }
        (request.client_id, request.client_secret) = (Some(id), Some(secret));
    }
    Ok(request)
}

/// The client's id and secret, each form-encoded (RFC 6749, section 2.3.1).
fn basic(credentials: &str) -> Option<(String, String)> {
    let credentials = STANDARD.decode(credentials).ok()?;
    let (id, secret) = std::str::from_utf8(&credentials).ok()?.split_once(':')?;
    Some((decoded(id).ok()?, decoded(secret).ok()?))
}

fn decoded(text: &str) -> Result<String, GrantRefusal> {
    let spaced = text.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8();
    decoded.map(std::borrow::Cow::into_owned).map_err(|_| GrantRefusal::Form("it is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::{GrantRefusal, GrantRequest, credentials, parse};

    fn read(form: &str, authorization: Option<&str>) -> Result<[String; 4], GrantRefusal> {
        let GrantRequest { grant_type, client_id, client_secret, scope } =
            parse(form.as_bytes(), authorization.and_then(credentials))?;
        Ok([grant_type, client_id, client_secret, scope].map(Option::unwrap_or_default))
    }

    #[test]
    fn forms_are_read_as_clients_write_them() {
        let form = "grant_type=client_credentials&client_id=a%2Fb&client_secret=s%26+%2B&scope=x%3A%2F%2Fy%2F.default&claims=%7B%7D&client_info=1";
        let read_one = read(form, None).expect("a form");
        assert_eq!(read_one, ["client_credentials", "a/b", "s& +", "x://y/.default"]);
        // "app:s%3A%C3%BC" in base64.
        let basic = Some("Basic YXBwOnMlM0ElQzMlQkM=");
        assert_eq!(read("scope=x", basic).expect("a form"), ["", "app", "s:ü", "x"]);
        assert!(read("client_id=app", basic).is_ok());
        assert_eq!(read("", Some("Bearer YXBwOnM=")).expect("a form"), ["", "", "", ""]);
        for (form, authorization) in [
            ("client_id=other", basic),
            ("client_secret=x", basic),
            ("scope=a&scope=b", None),
            ("client_id=%FF", None),
            ("", Some("Basic nonsense")),
        ] {
            let refused = read(form, authorization).expect_err("no form");
            assert!(matches!(refused, GrantRefusal::Form(_)), "{form}");
        }
    }
}
