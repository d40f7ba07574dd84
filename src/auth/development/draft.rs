//! A token before it is signed, and the ways to change it.

use aws_lc_rs::signature::RsaKeyPair;
use serde_json::{Map, Value, json};

/// A token before it is signed.
pub(super) struct Draft {
    pub(super) header: Map<String, Value>,
    pub(super) claims: Map<String, Value>,
    pub(super) signature: Signature,
    /// Changes the JSON of the header in ways that a map cannot represent, such as duplicates.
    pub(super) rewrite_header: fn(String) -> String,
    /// Changes the JSON of the claims likewise.
    pub(super) rewrite_claims: fn(String) -> String,
    /// Changes the signed token.
    pub(super) rewrite: fn(String) -> String,
}

/// The third part of a token.
pub(super) enum Signature {
    /// By the issuer's own key.
    Own,
    By(Box<RsaKeyPair>),
    HmacOfPublicKey,
    Bytes(Vec<u8>),
}

/// In seconds.
pub(super) const HOUR: i64 = 3600;

impl Draft {
    pub(super) fn claim(&mut self, name: &str, value: Value) {
        self.claims.insert(name.to_owned(), value);
    }

    pub(super) fn drop_claim(&mut self, name: &str) {
        self.claims.remove(name);
    }

    pub(super) fn header(&mut self, name: &str, value: Value) {
        self.header.insert(name.to_owned(), value);
    }

    /// Moves `exp`, `nbf` or `iat` by `seconds` from its value in a token that is valid for an hour.
    pub(super) fn shift(&mut self, name: &str, seconds: i64) {
        let issued = self.claims["iat"].as_i64().unwrap_or_default();
        let from = if name == "exp" { issued + HOUR } else { issued };
        self.claim(name, json!(from + seconds));
    }

    pub(super) fn unsigned(&mut self, algorithm: &str) {
        self.header("alg", json!(algorithm));
        self.signature = Signature::Bytes(Vec::new());
    }

    /// The permissions of the token, separated by spaces.
    pub(super) fn permissions(&self) -> String {
        let roles = self.claims.get("roles").and_then(Value::as_array);
        let roles =
            roles.map(|roles| roles.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "));
        let scopes = self.claims.get("scp").and_then(Value::as_str).map(str::to_owned);
        scopes.or(roles).unwrap_or_default()
    }

    /// Turns the token into a delegated one with this `scp`.
    pub(super) fn delegated(&mut self, scp: Value) {
        self.drop_claim("roles");
        self.claim("idtyp", json!("user"));
        self.claim("scp", scp);
    }

    pub(super) fn respell(&mut self, spell: fn(&str) -> String) {
        let permissions: Vec<String> = self.permissions().split(' ').map(spell).collect();
        if self.claims.contains_key("scp") {
            self.claim("scp", json!(permissions.join(" ")));
        } else {
            self.claim("roles", json!(permissions));
        }
    }
}
