//! Tokens with exactly one fault each, for tests.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use super::draft::{Draft, HOUR, Signature};
use super::key;

/// A fault of a token.
pub struct Wrong {
    /// The value of `--wrong`.
    pub name: &'static str,
    /// The fault, in a few words.
    pub what: &'static str,
    forge: fn(&mut Draft),
}

const fn wrong(name: &'static str, what: &'static str, forge: fn(&mut Draft)) -> Wrong {
    Wrong { name, what, forge }
}

impl Wrong {
    /// Every fault.
    pub const ALL: &'static [Self] = &[
        wrong("expired", "expired an hour ago", |d| d.shift("exp", -2 * HOUR)),
        wrong("expired-just", "expired 45 seconds ago, more than the allowed clock skew", |d| {
            d.shift("exp", -HOUR - 45);
        }),
        wrong("immature", "not valid for another hour (nbf)", |d| d.shift("nbf", HOUR)),
        wrong("future", "issued an hour from now (iat)", |d| d.shift("iat", HOUR)),
        wrong("no-expiry", "has no exp", |d| d.drop_claim("exp")),
        wrong("expiry-text", "exp is a string", |d| d.claim("exp", json!("tomorrow"))),
        wrong("audience", "issued for another service", |d| {
            d.claim("aud", json!("https://example.com"));
        }),
        wrong("audience-number", "aud is a number", |d| d.claim("aud", json!(7))),
        wrong("audience-part", "aud begins with the right one", |d| {
            let longer = format!("{}.example.com", d.claims["aud"].as_str().unwrap_or_default());
            d.claim("aud", json!(longer));
        }),
        wrong("no-audience", "has no aud", |d| d.drop_claim("aud")),
        wrong("issuer", "from an issuer that is not configured", |d| {
            d.claim("iss", json!("https://example.com"));
        }),
        wrong("issuer-number", "iss is a number", |d| d.claim("iss", json!(7))),
        wrong("issuer-case", "iss is the right one in capitals", |d| {
            let issuer = d.claims["iss"].as_str().unwrap_or_default().to_uppercase();
            d.claim("iss", json!(issuer));
        }),
        wrong("issuer-tenant", "iss names another tenant than tid", |d| {
            let issuer = d.claims["iss"].as_str().unwrap_or_default();
            let tenant = d.claims["tid"].as_str().unwrap_or_default();
            let issuer = issuer.replace(tenant, "99999999-2222-3333-4444-555555555555");
            d.claim("iss", json!(issuer));
        }),
        wrong("issuer-path", "iss is the right one followed by /more", |d| {
            let issuer = d.claims["iss"].as_str().unwrap_or_default().to_owned();
            d.claim("iss", json!(issuer + "/more"));
        }),
        wrong("issuer-host", "iss is at a host whose name begins like the right one", |d| {
            let issuer = d.claims["iss"].as_str().unwrap_or_default();
            let end = issuer.rfind(':').filter(|&end| end > 6).unwrap_or(issuer.len());
            d.claim("iss", json!(format!("{}.example.com{}", &issuer[..end], &issuer[end..])));
        }),
        wrong("no-issuer", "has no iss", |d| d.drop_claim("iss")),
        wrong("issuer-list", "iss is a list that contains the right one", |d| {
            let issuer = d.claims["iss"].clone();
            d.claim("iss", json!([issuer, "https://example.com"]));
        }),
        wrong("tenant", "tid is not a GUID", |d| d.claim("tid", json!("contoso"))),
        wrong("no-tenant", "has no tid", |d| d.drop_claim("tid")),
        wrong("personal", "a personal Microsoft account", |d| {
            d.claim("tid", json!("9188040d-6c67-4c5b-b112-36a304b66dad"));
        }),
        wrong("signature", "signed by another key under the right key id", |d| {
            d.signature = Signature::By(Box::new(key::generate()));
        }),
        wrong("signature-cut", "the signature is cut off", |d| {
            d.rewrite = |token| token[..token.len() - 4].to_owned();
        }),
        wrong("signature-long", "the signature is too long", |d| {
            d.rewrite = |token| token + "AAAA";
        }),
        wrong("signature-spelling", "the signature is not canonical base64url", |d| {
            d.rewrite = |mut token| {
                // The last of the characters that encode 256 bytes has four unused bits, all zero: it
                // is A, Q, g or w, and the next character of the alphabet differs in them only.
                let last = token.pop().unwrap_or_default();
                token.push(char::from(last as u8 + 1));
                token
            };
        }),
        wrong("signature-none", "has no signature part", |d| {
            d.rewrite = |token| token[..token.rfind('.').unwrap_or_default()].to_owned();
        }),
        wrong("signature-padded", "the signature has base64 padding", |d| {
            d.rewrite = |token| token + "==";
        }),
        wrong("claims-changed", "the claims were changed after signing", |d| {
            d.rewrite = |token| {
                let parts: Vec<&str> = token.split('.').collect();
                let claims = URL_SAFE_NO_PAD.decode(parts[1]).unwrap_or_default();
                let claims = String::from_utf8_lossy(&claims).replacen("\"1.0\"", "\"1.1\"", 1);
                format!("{}.{}.{}", parts[0], URL_SAFE_NO_PAD.encode(claims), parts[2])
            };
        }),
        wrong("unsigned", "alg none, no signature", |d| d.unsigned("none")),
        wrong("unsigned-case", "alg nOnE, no signature", |d| d.unsigned("nOnE")),
        wrong("hmac", "HS256 with the public key as the secret", |d| {
            d.header("alg", json!("HS256"));
            d.signature = Signature::HmacOfPublicKey;
        }),
        wrong("hmac-512", "HS256 with the public key as the secret, named HS512", |d| {
            d.header("alg", json!("HS512"));
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
        wrong("no-key-id", "signed by another key, without a key id", |d| {
            d.header.remove("kid");
            d.signature = Signature::By(Box::new(key::generate()));
        }),
        wrong("key-id-long", "the key id is longer than 256 bytes", |d| {
            d.header("kid", json!("k".repeat(257)));
        }),
        wrong("key-id-nul", "the key id ends with U+0000", |d| {
            let id = d.header["kid"].as_str().unwrap_or_default().to_owned();
            d.header("kid", json!(id + "\u{0}"));
        }),
        wrong("key-id-path", "the key id is a path", |d| {
            d.header("kid", json!("../../../../dev/null"));
        }),
        wrong("key-id-sql", "the key id is SQL", |d| d.header("kid", json!("' or 1=1; --"))),
        wrong("key-url", "an unknown key id and a jku to fetch it from", |d| {
            d.header("kid", json!("unknown"));
            d.header("jku", json!("http://127.0.0.1:1/keys"));
        }),
        wrong("key-inside", "contains the key that signed it (jwk)", |d| {
            let signing_key = key::generate();
            d.header("jwk", key::jwk(&signing_key, "inside"));
            d.header("kid", json!("inside"));
            d.signature = Signature::By(Box::new(signing_key));
        }),
        wrong("certificate-url", "an unknown key id and an x5u to fetch it from", |d| {
            d.header("kid", json!("unknown"));
            d.header("x5u", json!("http://127.0.0.1:1/certificate.pem"));
        }),
        wrong("critical-unknown", "the header has crit with an unknown name", |d| {
            d.header("crit", json!(["esimpool"]));
            d.header("esimpool", json!(true));
        }),
        wrong("critical", "the header has crit", |d| d.header("crit", json!(["exp"]))),
        wrong("type", "the header's typ is dpop+jwt", |d| d.header("typ", json!("dpop+jwt"))),
        wrong("type-id", "the header's typ is id_token+jwt", |d| {
            d.header("typ", json!("id_token+jwt"));
        }),
        wrong("header-twice", "alg occurs twice in the header", |d| {
            d.rewrite_header = |json| format!(r#"{{"alg":"RS256",{}"#, &json[1..]);
        }),
        wrong("claims-list", "the claims are a list", |d| {
            d.rewrite_claims = |json| format!("[{json}]");
        }),
        wrong("encrypted", "has five parts, as an encrypted token", |d| {
            d.rewrite = |token| format!("{token}.e30.e30");
        }),
        wrong("claim-twice", "tid occurs twice", |d| {
            d.rewrite_claims = |json| format!(r#"{{"tid":"",{}"#, &json[1..]);
        }),
        wrong("garbage", "not a JWT at all", |d| d.rewrite = |_| "not-a-token".to_owned()),
        wrong("too-long", "longer than 16 KiB", |d| {
            d.claim("padding", json!("x".repeat(16 * 1024)));
        }),
        wrong("scp-list", "scp is a list", |d| {
            let permissions = d.permissions();
            d.delegated(json!([permissions]));
        }),
        wrong("roles-number", "roles is a number", |d| {
            d.drop_claim("scp");
            d.claim("roles", json!(7));
        }),
        wrong("scp-comma", "the permissions in scp are separated by commas", |d| {
            let permissions = d.permissions();
            d.delegated(json!(format!("User.Read,{permissions}")));
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
        wrong("no-application", "names no application", |d| {
            d.drop_claim("appid");
            d.drop_claim("idtyp");
        }),
        wrong("permission-suffix", "the permission followed by .Evil", |d| {
            d.respell(|name| format!("{name}.Evil"));
        }),
        wrong("permission-prefix", "the permission preceded by x", |d| {
            d.respell(|name| format!("x{name}"));
        }),
        wrong("permission-cut", "the permission without .All", |d| {
            d.respell(|name| name.trim_end_matches(".All").to_owned());
        }),
        wrong("permission-blank", "the permission followed by a no-break space", |d| {
            d.respell(|name| format!("{name}\u{a0}"));
        }),
        wrong("permission-case", "the permission in lower case", |d| d.respell(str::to_lowercase)),
        wrong("permission-lookalike", "the permission with a Cyrillic letter", |d| {
            d.respell(|name| name.replace('e', "е"));
        }),
    ];

    /// The fault with this name.
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
