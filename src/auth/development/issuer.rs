//! Issues the tokens of the development issuer.

use std::path::Path;
use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{self, KeyPair, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::draft::{Draft, Signature};
use super::key::{self, KeyFileError};
use super::wrong::Wrong;
use crate::auth::{Issuer, IssuerPolicy, JwksCache, KeySet, ServiceUrls};
use crate::domain::{TenantId, Timestamp};

/// Signs tokens that this service trusts.
pub struct DevelopmentIssuer {
    key: RsaKeyPair,
    key_id: String,
}

/// The contents of a token.
#[derive(Clone, Debug)]
pub struct TokenRequest {
    /// The URL of the service, by which the token names its issuer: `https://localhost:8443`.
    pub service: String,
    /// The permissions, in `roles` or in `scp`; any strings.
    pub permissions: Vec<String>,
    /// On behalf of a user (`scp`) rather than as an application (`roles`).
    pub delegated: bool,
    /// The tenant (`tid`).
    pub tenant: TenantId,
    /// The audience (`aud`).
    pub audience: String,
    /// How long the token is valid.
    pub ttl: Duration,
    /// The fault to build in, if any.
    pub wrong: Option<&'static Wrong>,
}

impl DevelopmentIssuer {
    /// The name by which callers with its tokens are known, whatever URL their tokens name. No token
    /// contains it.
    pub const CALLERS: &str = "https://esimpool.localhost/development";
    /// The `aud` of its tokens: Graph's, so that clients request the scope that they know.
    pub const AUDIENCE: &str = "https://graph.microsoft.com";
    /// The accepted values of `aud`: Graph under each of its names.
    pub const AUDIENCES: [&str; 3] =
        [Self::AUDIENCE, "https://graph.microsoft.com/", "00000003-0000-0000-c000-000000000000"];
    /// The tenant of its tokens, unless the request names another.
    pub const TENANT: Uuid = Uuid::from_u128(0xde7e_10b0_e51a_4001_9b00_0000_0000_0001);
    /// The application of its tokens, unless the client is another one.
    pub const APP: &str = "de7e10b0-a44c-4001-9b00-000000000001";
    /// The file in the data folder that contains the secret of [`Self::APP`].
    pub const CLIENT_SECRET_FILE: &str = key::CLIENT_SECRET_FILE;
    /// The public client of a service whose settings name no applications: pages and programs of this
    /// machine.
    pub const PUBLIC_APP: &str = "de7e10b0-a44c-4001-9b00-000000000002";
    /// The service's own console, a public client.
    pub const CONSOLE_APP: &str = "de7e10b0-a44c-4001-9b00-000000000003";
    /// The path of the console, which is its redirect URI.
    pub const CONSOLE_PATH: &str = "/console/";
    /// The user of its delegated tokens that name no other.
    const USER: &str = "de7e10b0-05e4-4001-9b00-000000000001";

    /// The issuer whose key is stored in `data_dir`, and whether the key was generated just now
    /// because there was none.
    ///
    /// # Errors
    /// If the key file can be neither read nor created, or contains no key.
    pub fn open(data_dir: &Path) -> Result<(Self, bool), KeyFileError> {
        let (key, key_id, generated) = key::open(data_dir)?;
        Ok((Self { key, key_id }, generated))
    }

    /// Whether `data_dir` contains the key of a development issuer.
    #[must_use]
    pub fn exists(data_dir: &Path) -> bool {
        key::exists(data_dir)
    }

    /// The secret of [`Self::APP`] at the token endpoint, generated if there is none.
    ///
    /// # Errors
    /// If the file can be neither read nor created.
    pub fn client_secret(data_dir: &Path) -> Result<Zeroizing<String>, KeyFileError> {
        key::client_secret(data_dir)
    }

    /// This issuer as the authenticator of a service with these URLs trusts it, for any tenant.
    #[must_use]
    pub fn issuer(&self, urls: ServiceUrls) -> Issuer {
        let keys = KeySet::parse(self.key_set().to_string().as_bytes())
            .expect("a key set of one RSA key of 2048 bits");
        let policy = IssuerPolicy {
            issuer: Self::CALLERS.to_owned(),
            audiences: Self::AUDIENCES.map(str::to_owned).to_vec(),
            tenants: vec!["*".to_owned()],
            ..IssuerPolicy::default()
        };
        Issuer::new(policy, JwksCache::fixed(keys))
            .expect("an issuer with audiences, for any tenant")
            .at(urls)
    }

    /// The public key as a JWKS document.
    #[must_use]
    pub fn key_set(&self) -> Value {
        json!({ "keys": [key::jwk(&self.key, &self.key_id)] })
    }

    /// A token for [`Self::APP`], issued at `now`.
    #[must_use]
    pub fn token(&self, request: &TokenRequest, now: Timestamp) -> String {
        self.token_for(Self::APP, request, now)
    }

    /// A token for the application `app`, issued at `now`.
    pub(super) fn token_for(&self, app: &str, request: &TokenRequest, now: Timestamp) -> String {
        let mut draft = self.draft(app, request, now.seconds());
        if let Some(wrong) = request.wrong {
            wrong.apply(&mut draft);
        }
        self.signed(draft)
    }

    /// The token of a draft.
    pub(super) fn signed(&self, draft: Draft) -> String {
        let claims = (draft.rewrite_claims)(Value::Object(draft.claims).to_string());
        let header = (draft.rewrite_header)(Value::Object(draft.header).to_string());
        let signed =
            format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let signature = self.sign(&draft.signature, signed.as_bytes());
        (draft.rewrite)(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// A correct token with the claims that Entra puts in its own.
    pub(super) fn draft(&self, app: &str, request: &TokenRequest, now: i64) -> Draft {
        let Value::Object(header) = json!({ "typ": "JWT", "alg": "RS256", "kid": self.key_id })
        else {
            unreachable!("the literal is an object")
        };
        let tenant = request.tenant.to_string();
        let ttl = i64::try_from(request.ttl.as_secs()).unwrap_or(i64::MAX);
        let claims = json!({
            "iss": ServiceUrls::issuer_name(&request.service, &tenant), "aud": request.audience, "tid": tenant,
            "iat": now, "nbf": now, "exp": now.saturating_add(ttl),
            "appid": app, "ver": "1.0",
        });
        let Value::Object(mut claims) = claims else { unreachable!("the literal is an object") };
        let principal = if request.delegated {
            json!({ "idtyp": "user", "oid": Self::USER, "sub": Self::USER, "scp": request.permissions.join(" ") })
        } else {
            json!({ "idtyp": "app", "oid": app, "sub": app, "roles": request.permissions })
        };
        claims.extend(principal.as_object().cloned().unwrap_or_default());
        Draft {
            header,
            claims,
            signature: Signature::Own,
            rewrite_header: std::convert::identity,
            rewrite_claims: std::convert::identity,
            rewrite: std::convert::identity,
        }
    }

    fn sign(&self, signature: &Signature, message: &[u8]) -> Vec<u8> {
        match signature {
            Signature::Own => rsa(&self.key, message),
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

fn rsa(key: &RsaKeyPair, message: &[u8]) -> Vec<u8> {
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&signature::RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
        .expect("an RSA key of 2048 bits signs any message");
    signature
}

impl std::fmt::Debug for DevelopmentIssuer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DevelopmentIssuer({})", self.key_id)
    }
}
