//! Tokens forged without the private key of an issuer.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// A token of that issuer with other bytes for a signature.
pub fn forged(
    algorithm: &str,
    id: &str,
    claims: &Value,
    sign: impl Fn(&[u8]) -> Vec<u8>,
) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(&json!({ "alg": algorithm, "kid": id })), part(claims));
    let signature = sign(message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

pub fn bytes(text: &Value) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text.as_str().expect("a text")).expect("base64url")
}

pub fn zeros(_: &[u8], _: &[u8]) -> Vec<u8> {
    vec![0; 64]
}

pub fn hmac(public: &[u8], message: &[u8]) -> Vec<u8> {
    use aws_lc_rs::hmac;
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, public), message).as_ref().to_vec()
}

/// A secret that an issuer publishes.
pub const SECRET: &[u8] = b"a secret that is none";

pub fn by_secret(_: &[u8], message: &[u8]) -> Vec<u8> {
    hmac(SECRET, message)
}
