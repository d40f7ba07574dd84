//! A token while it is written, and the ways to change it.

use aws_lc_rs::signature::RsaKeyPair;
use serde_json::{Map, Value, json};

/// A token while it is written.
pub(super) struct Draft {
    pub(super) header: Map<String, Value>,
    pub(super) claims: Map<String, Value>,
    pub(super) signature: Signature,
    /// Changes the JSON of the header, for what a map cannot hold.
    pub(super) rewrite_header: fn(String) -> String,
    /// The same of the claims.
    pub(super) rewrite_claims: fn(String) -> String,
    /// Changes the finished token.
    pub(super) rewrite: fn(String) -> String,
}

/// What stands behind the second dot.
pub(super) enum Signature {
    Ours,
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

    /// Moves a moment away from the moment of issue.
    pub(super) fn shift(&mut self, name: &str, seconds: i64) {
        let issued = self.claims["iat"].as_i64().unwrap_or_default();
        let from = if name == "exp" { issued + HOUR } else { issued };
        self.claim(name, json!(from + seconds));
    }

    pub(super) fn unsigned(&mut self, algorithm: &str) {
        self.header("alg", json!(algorithm));
        self.signature = Signature::Bytes(Vec::new());
    }

    /// The permissions of the token, divided by blanks.
    pub(super) fn permissions(&self) -> String {
        let roles = self.claims.get("roles").and_then(Value::as_array);
        let roles =
            roles.map(|roles| roles.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "));
        let scopes = self.claims.get("scp").and_then(Value::as_str).map(str::to_owned);
        scopes.or(roles).unwrap_or_default()
    }

    /// Makes it a delegated token with that `scp`.
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
