//! Predictably wrong tokens: one thing wrong with each, everything else right.

use serde_json::{Value, json};

use super::{Draft, Signature};

/// A way for a token to be wrong.
pub struct Wrong {
    /// What `--wrong` takes.
    pub name: &'static str,
    /// What is wrong, in a few words.
    pub what: &'static str,
    forge: fn(&mut Draft),
}

/// One line of the table below.
const fn wrong(name: &'static str, what: &'static str, forge: fn(&mut Draft)) -> Wrong {
    Wrong { name, what, forge }
}

impl Wrong {
    /// Every kind there is.
    pub const ALL: &'static [Self] = &[
        wrong("expired", "expired an hour ago", |d| d.shift("exp", -2 * HOUR)),
        wrong("immature", "not valid for another hour (nbf)", |d| d.shift("nbf", HOUR)),
        wrong("future", "issued an hour from now (iat)", |d| d.shift("iat", HOUR)),
        wrong("no-expiry", "has no exp", |d| d.drop_claim("exp")),
        wrong("audience", "meant for another service", |d| {
            d.claim("aud", json!("https://example.com"));
        }),
        wrong("no-audience", "has no aud", |d| d.drop_claim("aud")),
        wrong("issuer", "from an issuer nobody configured", |d| {
            d.claim("iss", json!("https://example.com"));
        }),
        wrong("no-issuer", "has no iss", |d| d.drop_claim("iss")),
        wrong("issuer-list", "iss is a list that holds the right one", |d| {
            let issuer = d.claims["iss"].clone();
            d.claim("iss", json!([issuer, "https://example.com"]));
        }),
        wrong("tenant", "tid is not a GUID", |d| d.claim("tid", json!("contoso"))),
        wrong("no-tenant", "has no tid", |d| d.drop_claim("tid")),
        wrong("personal", "a personal Microsoft account", |d| {
            d.claim("tid", json!("9188040d-6c67-4c5b-b112-36a304b66dad"));
        }),
        wrong("signature", "signed by another key under the right key id", |d| {
            d.signature = Signature::OtherKey;
        }),
        wrong("signature-cut", "the signature lacks its end", |d| {
            d.rewrite = |token| token[..token.len() - 4].to_owned();
        }),
        wrong("signature-long", "the signature has something appended", |d| {
            d.rewrite = |token| token + "AAAA";
        }),
        wrong("signature-spelling", "the signature is not canonical base64url", |d| {
            d.rewrite = |mut token| {
                // 256 bytes leave four unused bits in the last sign, all of them zero: the sign is
                // one of A, Q, g and w, and the next one differs in those bits only.
                let last = token.pop().unwrap_or_default();
                token.push(char::from(last as u8 + 1));
                token
            };
        }),
        wrong("unsigned", "alg none, no signature", |d| d.unsigned("none")),
        wrong("unsigned-case", "alg nOnE, no signature", |d| d.unsigned("nOnE")),
        wrong("hmac", "HS256 with the public key as secret", |d| {
            d.header("alg", json!("HS256"));
            d.signature = Signature::HmacOfPublicKey;
        }),
        wrong("algorithm", "the header claims RS512", |d| d.header("alg", json!("RS512"))),
        wrong("ecdsa-zero", "ES256 with a signature of zeros", |d| {
            d.header("alg", json!("ES256"));
            d.signature = Signature::Bytes(vec![0; 64]);
        }),
        wrong("key-id", "names a key that the issuer does not have", |d| {
            d.header("kid", json!("unknown"));
        }),
        wrong("key-id-path", "the key id is a path", |d| {
            d.header("kid", json!("../../../../dev/null"));
        }),
        wrong("key-id-sql", "the key id is SQL", |d| d.header("kid", json!("' or 1=1; --\u{0}"))),
        wrong("key-url", "an unknown key id and a jku to fetch it from", |d| {
            d.header("kid", json!("unknown"));
            d.header("jku", json!("http://127.0.0.1:1/keys"));
        }),
        wrong("critical", "the header has crit", |d| d.header("crit", json!(["exp"]))),
        wrong("type", "the header's typ is dpop+jwt", |d| d.header("typ", json!("dpop+jwt"))),
        wrong("claim-twice", "tid stands twice", |d| {
            d.rewrite_claims = |json| format!(r#"{{"tid":"",{}"#, &json[1..]);
        }),
        wrong("garbage", "not a JWT at all", |d| d.rewrite = |_| "not-a-token".to_owned()),
        wrong("too-long", "longer than any issuer makes them", |d| {
            d.claim("padding", json!("x".repeat(16 * 1024)));
        }),
        wrong("scp-list", "scp is a list", |d| {
            let permissions = d.permissions();
            d.delegated(json!([permissions]));
        }),
        wrong("scp-empty", "scp is empty", |d| d.delegated(json!(""))),
        wrong("scp-beside-roles", "scp without the permission, roles with it", |d| {
            let roles = d.permissions();
            d.delegated(json!("User.Read"));
            d.claim("roles", json!(roles.split(' ').collect::<Vec<_>>()));
        }),
        wrong("no-permission", "has neither scp nor roles", |d| {
            d.drop_claim("scp");
            d.drop_claim("roles");
        }),
        wrong("id-token", "an id token in place of an access token", |d| {
            d.drop_claim("appid");
            d.claim("idtyp", json!("user"));
            d.claim("nonce", json!("n-0S6_WzA2Mj"));
            d.claim("at_hash", json!("MTIzNDU2Nzg5MDEyMzQ1Ng"));
        }),
        wrong("no-application", "has roles, and names no application", |d| {
            d.drop_claim("appid");
            d.drop_claim("idtyp");
        }),
        wrong("permission-suffix", "the permission with .Evil behind it", |d| {
            d.respell(|name| format!("{name}.Evil"));
        }),
        wrong("permission-prefix", "the permission with an x before it", |d| {
            d.respell(|name| format!("x{name}"));
        }),
        wrong("permission-case", "the permission in lower case", |d| d.respell(str::to_lowercase)),
        wrong("permission-lookalike", "the permission with a Cyrillic letter", |d| {
            d.respell(|name| name.replace('e', "е"));
        }),
    ];

    /// The kind of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        Self::ALL.iter().find(|wrong| wrong.name == name)
    }

    pub(super) fn apply(&self, draft: &mut Draft) {
        (self.forge)(draft);
    }
}

impl std::fmt::Debug for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// In seconds.
const HOUR: i64 = 3600;

impl Draft {
    fn claim(&mut self, name: &str, value: Value) {
        self.claims.insert(name.to_owned(), value);
    }

    fn drop_claim(&mut self, name: &str) {
        self.claims.remove(name);
    }

    fn header(&mut self, name: &str, value: Value) {
        self.header.insert(name.to_owned(), value);
    }

    /// Moves a moment away from the moment of issue.
    fn shift(&mut self, name: &str, seconds: i64) {
        let issued = self.claims["iat"].as_i64().unwrap_or_default();
        let from = if name == "exp" { issued + HOUR } else { issued };
        self.claim(name, json!(from + seconds));
    }

    fn unsigned(&mut self, algorithm: &str) {
        self.header("alg", json!(algorithm));
        self.signature = Signature::Bytes(Vec::new());
    }

    /// The permissions of the token, divided by blanks.
    fn permissions(&self) -> String {
        let roles = self.claims.get("roles").and_then(Value::as_array);
        let roles =
            roles.map(|roles| roles.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "));
        let scopes = self.claims.get("scp").and_then(Value::as_str).map(str::to_owned);
        scopes.or(roles).unwrap_or_default()
    }

    /// Makes it a delegated token with that `scp`.
    fn delegated(&mut self, scp: Value) {
        self.drop_claim("roles");
        self.claim("idtyp", json!("user"));
        self.claim("scp", scp);
    }

    fn respell(&mut self, spell: fn(&str) -> String) {
        let permissions: Vec<String> = self.permissions().split(' ').map(spell).collect();
        if self.claims.contains_key("scp") {
            self.claim("scp", json!(permissions.join(" ")));
        } else {
            self.claim("roles", json!(permissions));
        }
    }
}
