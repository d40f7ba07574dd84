//! An issuer whose key is known here, so that what it signs reaches the checks behind the signature.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use esimpool::auth::{Authenticator, Caller, Issuer, IssuerPolicy, JwksCache, KeySet, Refusal};
use esimpool::clock::Clock;
use serde_json::json;
use tokio::runtime::{Builder, Runtime};

pub struct TokenIssuer {
    key: EcdsaKeyPair,
    authenticator: Authenticator,
    runtime: Runtime,
}

impl TokenIssuer {
    pub const NAME: &str = "https://issuer.example";

    pub fn new() -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
        let point = key.public_key().as_ref();
        let [x, y] = [&point[1..33], &point[33..]].map(|part| URL_SAFE_NO_PAD.encode(part));
        let jwk = json!({ "kty": "EC", "crv": "P-256", "use": "sig", "kid": "k", "x": x, "y": y });
        let keys = KeySet::parse(json!({ "keys": [jwk] }).to_string().as_bytes()).expect("a set");
        let policy = IssuerPolicy {
            issuer: Self::NAME.to_owned(),
            audiences: vec!["a".to_owned()],
            tenants: vec!["*".to_owned()],
            ..IssuerPolicy::default()
        };
        let issuer = Issuer::new(policy, JwksCache::fixed(keys)).expect("an issuer");
        let authenticator = Authenticator::new(vec![issuer], 30, 0, Clock::system());
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        Self { key, authenticator, runtime }
    }

    pub fn authenticate(&self, token: &str) -> Result<Caller, Refusal> {
        self.runtime.block_on(self.authenticator.authenticate(token))
    }

    pub fn signed(&self, header: &str, claims: &str) -> String {
        let message =
            format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let signature = self.key.sign(&SystemRandom::new(), message.as_bytes()).expect("signed");
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}
