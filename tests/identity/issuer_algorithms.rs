//! The algorithms that issuers sign with.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    self, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RsaEncoding, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::support::issuer::{TestIssuer, claims};
use crate::support::issuer_service::{INVALID_TOKEN, trusting_service};
use crate::support::{POOLS, cases};

cases! {
    once: [
        tokens_of_es384_are_verified,
        tokens_of_ps256_are_verified_by_keys_that_name_it,
    ],
}

fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A token of these claims under a header with this algorithm.
fn token(algorithm: &str, claims: &Value, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let header = json!({ "alg": algorithm, "kid": "k" }).to_string();
    let message =
        format!("{}.{}", base64url(header.as_bytes()), base64url(claims.to_string().as_bytes()));
    let signature = sign(message.as_bytes());
    format!("{message}.{}", base64url(&signature))
}

async fn tokens_of_es384_are_verified() {
    let (random, algorithm) = (SystemRandom::new(), &ECDSA_P384_SHA384_FIXED_SIGNING);
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).expect("a key");
    let key = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref()).expect("a key");
    let (x, y) = key.public_key().as_ref()[1..].split_at(48);
    let jwk = json!({
        "kty": "EC", "crv": "P-384", "kid": "k", "x": base64url(x), "y": base64url(y),
    });
    let issuer = TestIssuer::start(&[jwk]).await;
    let app = trusting_service(issuer.settings("")).await;
    let sign = |message: &[u8]| key.sign(&random, message).expect("signed").as_ref().to_vec();
    let good = token("ES384", &claims(&issuer.url), sign);
    app.bearer(&good).get(POOLS).await.is(200);
    for other in ["ES256", "RS256", "none", "ES512"] {
        let token = token(other, &claims(&issuer.url), sign);
        app.bearer(&token).get(POOLS).await.is_refused(401, INVALID_TOKEN);
    }
    let zeros = token("ES384", &claims(&issuer.url), |_| vec![0; 96]);
    app.bearer(&zeros).get(POOLS).await.is_refused(401, INVALID_TOKEN);
}

async fn tokens_of_ps256_are_verified_by_keys_that_name_it() {
    let key = RsaKeyPair::generate(KeySize::Rsa2048).expect("a key");
    let number = |big_endian: &[u8]| base64url(big_endian);
    let jwk = |algorithm: Value| {
        let public = key.public_key();
        json!({
            "kty": "RSA", "kid": "k", "alg": algorithm,
            "n": number(public.modulus().big_endian_without_leading_zero()),
            "e": number(public.exponent().big_endian_without_leading_zero()),
        })
    };
    let sign = |encoding: &'static dyn RsaEncoding, message: &[u8]| {
        let mut signature = vec![0; key.public_modulus_len()];
        key.sign(encoding, &SystemRandom::new(), message, &mut signature).expect("signed");
        signature
    };
    let pss = |message: &[u8]| sign(&signature::RSA_PSS_SHA256, message);
    let pkcs1 = |message: &[u8]| sign(&signature::RSA_PKCS1_SHA256, message);
    for (named, of_pss, of_pkcs1) in [("PS256", 200, 401), ("RS256", 401, 200)] {
        let issuer = TestIssuer::start(&[jwk(json!(named))]).await;
        let app = trusting_service(issuer.settings("")).await;
        let claims = claims(&issuer.url);
        app.bearer(&token("PS256", &claims, pss)).get(POOLS).await.is(of_pss);
        app.bearer(&token("RS256", &claims, pkcs1)).get(POOLS).await.is(of_pkcs1);
        // Neither does a header change the algorithm.
        let other = if named == "PS256" {
            token(named, &claims, pkcs1)
        } else {
            token(named, &claims, pss)
        };
        app.bearer(&other).get(POOLS).await.is_refused(401, INVALID_TOKEN);
    }
}
