//! A caller of the service over HTTP.

use std::net::SocketAddr;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::Value;

/// A caller with a token.
#[derive(Clone)]
pub struct Actor {
    base: String,
    client: Client,
    token: Option<String>,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Actor {
    pub fn new(addr: SocketAddr, token: Option<&str>) -> Self {
        // Without the machine's certificates, which take long to read.
        let client = Client::builder()
            .no_proxy()
            .pool_idle_timeout(Duration::from_mins(1))
            .tls_certs_only([])
            .redirect(Policy::none())
            .build()
            .expect("a client");
        Self { base: format!("http://{addr}"), client, token: token.map(str::to_owned) }
    }

    /// A request, to be completed and sent.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url =
            if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.base) };
        let request = self.client.request(method, url);
        match &self.token {
            Some(token) => request.header(AUTHORIZATION, format!("Bearer {token}")),
            None => request,
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::GET, path)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::DELETE, path)).await
    }

    pub async fn post(&self, path: &str, body: impl Into<JsonText>) -> Answer {
        self.send(Method::POST, path, body).await
    }

    pub async fn patch(&self, path: &str, body: impl Into<JsonText>) -> Answer {
        self.send(Method::PATCH, path, body).await
    }

    pub async fn send(&self, method: Method, path: &str, body: impl Into<JsonText>) -> Answer {
        let request = self.request(method, path).header(CONTENT_TYPE, "application/json");
        Answer::of(request.body(body.into().0)).await
    }
}

/// A body: JSON, or a text that may not be.
pub struct JsonText(Vec<u8>);

impl From<Value> for JsonText {
    fn from(value: Value) -> Self {
        Self(value.to_string().into_bytes())
    }
}

impl From<&str> for JsonText {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().to_vec())
    }
}

impl From<String> for JsonText {
    fn from(text: String) -> Self {
        Self(text.into_bytes())
    }
}

impl From<Vec<u8>> for JsonText {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl Answer {
    /// Sends a request and waits for all of the answer.
    pub async fn of(request: RequestBuilder) -> Self {
        Self::try_of(request).await.expect("an answer")
    }

    /// The same, where there may be none.
    pub async fn try_of(request: RequestBuilder) -> Result<Self, reqwest::Error> {
        let response = request.send().await?;
        let (status, headers) = (response.status(), response.headers().clone());
        Ok(Self { status, headers, body: response.bytes().await?.to_vec() })
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("visible ASCII"))
    }

    /// Asserts a success.
    #[track_caller]
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        self
    }

    /// Asserts a refusal in Graph's shape, and gives its message.
    #[track_caller]
    pub fn is_refused(&self, status: u16, code: &str) -> String {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        assert_eq!(self.header("content-type"), "application/json");
        let body = self.json();
        let error = &body["error"];
        assert_eq!(error["code"], code, "{body}");
        let inner = &error["innerError"];
        assert_eq!(inner["request-id"], self.header("request-id"), "{body}");
        assert_eq!(inner["client-request-id"], self.header("client-request-id"), "{body}");
        assert_eq!(inner["date"].as_str().expect("a date").len(), 19, "{body}");
        error["message"].as_str().expect("a message").to_owned()
    }
}
