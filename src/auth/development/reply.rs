//! How the outcome of a sign-in gets back to the application: the response modes of OAuth.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::parameters::Parameters;
use super::redirect::origin_of;
use super::refusal::GrantRefusal;

/// Everything but the unreserved characters of RFC 3986.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Where in a response its parameters are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
enum Mode {
    Query,
    Fragment,
    FormPost,
}

/// Where the outcome of a sign-in goes.
#[derive(Clone, Debug, serde::Deserialize, serde::Serialize)]
pub struct ReplyTo {
    pub(super) redirect_uri: String,
    mode: Mode,
    state: Option<String>,
}

/// The outcome of a sign-in, on its way to the application.
#[derive(Debug)]
pub enum Delivery {
    /// The browser is sent to this URI.
    Redirect(String),
    /// The browser sends these fields to the URI.
    Form(String, Vec<(&'static str, String)>),
}

impl ReplyTo {
    /// Where the outcome of this request goes. The redirect URI has been checked.
    pub(super) fn new(redirect_uri: &str, parameters: &Parameters) -> Result<Self, GrantRefusal> {
        let mode = match parameters.get("response_mode") {
            None | Some("query") => Mode::Query,
            Some("fragment") => Mode::Fragment,
            // A browser cannot send a form to a program.
            Some("form_post") if origin_of(redirect_uri).is_some() => Mode::FormPost,
            Some(other) => return Err(GrantRefusal::ResponseMode(other.to_owned())),
        };
        let state = parameters.get("state").map(str::to_owned);
        Ok(Self { redirect_uri: redirect_uri.to_owned(), mode, state })
    }

    /// Where a refusal of `response_mode` itself goes.
    pub(super) fn by_query(redirect_uri: &str, parameters: &Parameters) -> Self {
        let state = parameters.get("state").map(str::to_owned);
        Self { redirect_uri: redirect_uri.to_owned(), mode: Mode::Query, state }
    }

    /// What a page that leads to the application must allow as the target of its form
    /// (`form-action`): its origin or, for a program, its scheme.
    #[must_use]
    pub fn source(&self) -> String {
        let scheme = || self.redirect_uri.split(':').next().unwrap_or_default();
        origin_of(&self.redirect_uri).unwrap_or_else(|| format!("{}:", scheme()))
    }

    /// The outcome with these parameters, and the client's `state`.
    #[must_use]
    pub fn deliver(&self, mut parameters: Vec<(&'static str, String)>) -> Delivery {
        parameters.extend(self.state.clone().map(|state| ("state", state)));
        let uri = &self.redirect_uri;
        let separator = match self.mode {
            Mode::FormPost => return Delivery::Form(uri.clone(), parameters),
            Mode::Fragment => '#',
            Mode::Query if uri.contains('?') => '&',
            Mode::Query => '?',
        };
        let pairs = parameters.iter();
        let pairs =
            pairs.map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, ENCODED)));
        Delivery::Redirect(format!("{uri}{separator}{}", pairs.collect::<Vec<_>>().join("&")))
    }
}
