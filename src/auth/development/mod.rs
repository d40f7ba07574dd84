//! The development issuer: an issuer of tokens that comes with the service, for machines that
//! have no other. Its name is fixed, its key lies in the data folder and nowhere else.

mod draft;
mod key_file;
mod provider;
mod wrong;

use std::path::Path;
use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{self, KeyPair, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Issuer, IssuerPolicy, JwksCache, KeySet};
use crate::domain::{TenantId, Timestamp};

use draft::{Draft, Signature};

pub use key_file::KeyFileError;
pub use provider::{Client, GrantRefusal, GrantRequest, Granted, Provider};
pub use wrong::Wrong;

/// Signs tokens that this very service believes.
pub struct DevelopmentIssuer {
    key: RsaKeyPair,
    key_id: String,
}

/// What a token should say.
#[derive(Clone, Debug)]
pub struct TokenRequest {
    /// The permissions, as `roles` or as `scp`; any text goes.
    pub permissions: Vec<String>,
    /// On behalf of a user (`scp`) rather than as an application (`roles`).
    pub delegated: bool,
    /// The tenant (`tid`).
    pub tenant: TenantId,
    /// The service it is for (`aud`).
    pub audience: String,
    /// How long it is good for.
    pub ttl: Duration,
    /// What to get wrong, if anything.
    pub wrong: Option<&'static Wrong>,
}

impl DevelopmentIssuer {
    /// The `iss` of its tokens.
    pub const NAME: &str = "https://esimpool.localhost/development";
    /// The `aud` of its tokens: Graph's own, so that clients ask for the scope they know.
    pub const AUDIENCE: &str = "https://graph.microsoft.com";
    /// The same service by all of its names.
    pub const AUDIENCES: [&str; 3] =
        [Self::AUDIENCE, "https://graph.microsoft.com/", "00000003-0000-0000-c000-000000000000"];
    /// The tenant of its tokens, where none is asked for.
    pub const TENANT: Uuid = Uuid::from_u128(0xde7e_10b0_e51a_4001_9b00_0000_0000_0001);
    /// The application of its tokens, where none is named.
    pub const APP: &str = "de7e10b0-a44c-4001-9b00-000000000001";
    /// The file in the data folder with that application's secret.
    pub const CLIENT_SECRET: &str = key_file::CLIENT_SECRET;
    /// The user of its delegated tokens.
    const USER: &str = "de7e10b0-05e4-4001-9b00-000000000001";

    /// The issuer whose key lies in `data_dir`, made now if there is none. Says whether it was.
    pub fn open(data_dir: &Path) -> Result<(Self, bool), KeyFileError> {
        let (key, key_id, made) = key_file::open(data_dir)?;
        Ok((Self { key, key_id }, made))
    }

    /// Whether `data_dir` holds the key of a development issuer.
    #[must_use]
    pub fn exists(data_dir: &Path) -> bool {
        key_file::exists(data_dir)
    }

    /// The secret of [`Self::APP`] at the token endpoint, made now if there is none.
    pub fn client_secret(data_dir: &Path) -> Result<String, KeyFileError> {
        key_file::client_secret(data_dir)
    }

    /// This issuer as the authenticator trusts it: for any tenant.
    #[must_use]
    pub fn issuer(&self) -> Issuer {
        let keys = KeySet::parse(self.key_set().to_string().as_bytes())
            .expect("a key set of one RSA key of 2048 bits");
        let policy = IssuerPolicy {
            issuer: Self::NAME.to_owned(),
            audiences: Self::AUDIENCES.map(str::to_owned).to_vec(),
            tenants: vec!["*".to_owned()],
            ..IssuerPolicy::default()
        };
        Issuer::new(policy, JwksCache::fixed(keys))
            .expect("an issuer with audiences, for any tenant")
    }

    /// Its public key as a JWKS document.
    #[must_use]
    pub fn key_set(&self) -> Value {
        json!({ "keys": [jwk(&self.key, &self.key_id)] })
    }

    /// A token issued at the moment `now`.
    #[must_use]
    pub fn token(&self, request: &TokenRequest, now: Timestamp) -> String {
        self.token_for(Self::APP, request, now)
    }

    /// The same for another application than the development issuer's own.
    fn token_for(&self, app: &str, request: &TokenRequest, now: Timestamp) -> String {
        let mut draft = self.draft(app, request, now.seconds());
        if let Some(wrong) = request.wrong {
            wrong.apply(&mut draft);
        }
        let claims = (draft.rewrite_claims)(Value::Object(draft.claims).to_string());
        let header = (draft.rewrite_header)(Value::Object(draft.header).to_string());
        let signed =
            format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let signature = self.sign(&draft.signature, signed.as_bytes());
        (draft.rewrite)(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// The claims as Entra names them.
    fn draft(&self, app: &str, request: &TokenRequest, now: i64) -> Draft {
        let Value::Object(header) = json!({ "typ": "JWT", "alg": "RS256", "kid": self.key_id })
        else {
            unreachable!("the literal is an object")
        };
        let ttl = i64::try_from(request.ttl.as_secs()).unwrap_or(i64::MAX);
        let claims = json!({
            "iss": Self::NAME, "aud": request.audience, "tid": request.tenant.to_string(),
            "iat": now, "nbf": now, "exp": now.saturating_add(ttl),
            "appid": app, "ver": "1.0",
        });
        let Value::Object(mut claims) = claims else { unreachable!("the literal is an object") };
        let who = if request.delegated {
            json!({ "idtyp": "user", "oid": Self::USER, "sub": Self::USER, "scp": request.permissions.join(" ") })
        } else {
            json!({ "idtyp": "app", "oid": app, "sub": app, "roles": request.permissions })
        };
        claims.extend(who.as_object().cloned().unwrap_or_default());
        Draft {
            header,
            claims,
            signature: Signature::Ours,
            rewrite_header: std::convert::identity,
            rewrite_claims: std::convert::identity,
            rewrite: std::convert::identity,
        }
    }

    fn sign(&self, signature: &Signature, message: &[u8]) -> Vec<u8> {
        match signature {
            Signature::Ours => rsa(&self.key, message),
            Signature::By(key) => rsa(key, message),
            Signature::HmacOfPublicKey => {
                use aws_lc_rs::hmac;
                let secret = hmac::Key::new(hmac::HMAC_SHA256, self.key.public_key().as_ref());
                hmac::sign(&secret, message).as_ref().to_vec()
            }
            Signature::Bytes(bytes) => bytes.clone(),
        }
    }
}

/// A key's public half as it stands in a key set.
fn jwk(key: &RsaKeyPair, id: &str) -> Value {
    let public = key.public_key();
    let number = |big_endian: &[u8]| URL_SAFE_NO_PAD.encode(big_endian);
    json!({
        "kty": "RSA", "use": "sig", "alg": "RS256", "kid": id,
        "n": number(public.modulus().big_endian_without_leading_zero()),
        "e": number(public.exponent().big_endian_without_leading_zero()),
    })
}

fn rsa(key: &RsaKeyPair, message: &[u8]) -> Vec<u8> {
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&signature::RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
        .expect("an RSA key of 2048 bits signs whatever it is given");
    signature
}

impl std::fmt::Debug for DevelopmentIssuer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DevelopmentIssuer({})", self.key_id)
    }
}
