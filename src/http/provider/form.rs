//! The form that a client or a browser sends, and a client's credentials in the `Authorization`
//! header.

use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::auth::{GrantRefusal, Parameters};
use crate::http::error::ApiError;
use crate::http::extract::read_body;
use crate::http::handler::Extract;
use crate::http::media_type::{FORM, content_type};
use crate::http::request::Request;

/// The longest form that is read. A sign-in page sends its request back, which is as long as a query
/// string may be, in base64.
const MAX_FORM_BYTES: usize = 32 * 1024;

/// A form.
pub(in crate::http) struct Form {
    /// Its parameters, or why it is refused.
    pub(super) parameters: Result<Parameters, GrantRefusal>,
    /// Whether the client is authenticated by the `Authorization` header.
    pub(super) basic: bool,
}

impl Extract for Form {
    async fn extract(request: &mut Request) -> Result<Self, ApiError> {
        let headers = &request.head().headers;
        if content_type(headers.get(CONTENT_TYPE)).is_none_or(|it| it.essence() != FORM) {
            let parameters = Err(GrantRefusal::Form("it is of another type"));
            return Ok(Self { parameters, basic: false });
        }
        let basic = headers.get(AUTHORIZATION).and_then(|value| credentials(value.to_str().ok()?));
        let basic = basic.map(str::to_owned);
        let parameters = match read_body(request, MAX_FORM_BYTES).await {
            Ok(form) => parse(&form, basic.as_deref()),
            Err(ApiError::BodyTooLarge { .. }) => {
                Err(GrantRefusal::Form("it is longer than 32 KiB"))
            }
            Err(ApiError::UnsupportedMediaType(what)) => Err(GrantRefusal::Form(what)),
            Err(error) => return Err(error),
        };
        Ok(Self { parameters, basic: basic.is_some() })
    }
}

/// The credentials of the `Basic` scheme. Clients use no other.
fn credentials(authorization: &str) -> Option<&str> {
    let (scheme, credentials) = authorization.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("basic").then_some(credentials.trim())
}

fn parse(form: &[u8], credentials: Option<&str>) -> Result<Parameters, GrantRefusal> {
    let form = std::str::from_utf8(form).map_err(|_| GrantRefusal::Form("it is not UTF-8"))?;
    let mut parameters = Parameters::parse(form)?;
    if let Some(credentials) = credentials {
        let malformed =
            || GrantRefusal::Form("the Authorization header has no valid client credentials");
        let decoded = STANDARD.decode(credentials).map_err(|_| malformed())?;
        let text = std::str::from_utf8(&decoded).map_err(|_| malformed())?;
        parameters.authenticate(text)?;
    }
    Ok(parameters)
}

#[cfg(test)]
mod tests {
    use super::{credentials, parse};

    #[test]
    fn a_client_may_send_its_credentials_in_a_header() {
        let read = |form: &str, authorization| parse(form.as_bytes(), credentials(authorization));
        // "app:s%3A%C3%BC" in base64.
        let form = read("scope=x", "Basic YXBwOnMlM0ElQzMlQkM=").expect("a form");
        assert_eq!((form.get("client_id"), form.get("client_secret")), (Some("app"), Some("s:ü")));
        let none = read("scope=x", "Bearer YXBwOnM=").expect("a form");
        assert_eq!(none.get("client_id"), None);
        assert!(read("", "Basic nonsense").is_err());
    }
}
