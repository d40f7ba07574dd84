//! Secrets that cannot be guessed: codes, tickets, the key of refresh tokens.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// SHA-256 of a secret, under which the provider keeps what belongs to it.
pub(super) type Fingerprint = [u8; 32];

/// So many random bytes.
pub(super) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes).expect("the system provides randomness");
    bytes
}

/// 256 random bits in base64url.
pub(super) fn secret() -> String {
    URL_SAFE_NO_PAD.encode(random::<32>())
}

pub(super) fn fingerprint(secret: &str) -> Fingerprint {
    let mut fingerprint = [0; 32];
    fingerprint.copy_from_slice(digest(&SHA256, secret.as_bytes()).as_ref());
    fingerprint
}

/// The PKCE challenge of a verifier by the method S256 (RFC 7636, section 4.2).
pub(super) fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(fingerprint(verifier))
}

/// Signs what the provider gives away and wants back unchanged. Another process has another key.
pub(super) struct Seal(hmac::Key);

impl Seal {
    pub(super) fn new() -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, &random::<32>()))
    }

    /// The content and its signature, as text. What is sealed for one purpose is nothing for another.
    pub(super) fn close(&self, purpose: &str, content: &[u8]) -> String {
        let tag = hmac::sign(&self.0, &message(purpose, content));
        format!("{}.{}", URL_SAFE_NO_PAD.encode(content), URL_SAFE_NO_PAD.encode(tag))
    }

    /// The content, if it was sealed for this purpose and nothing was changed.
    pub(super) fn open(&self, purpose: &str, sealed: &str) -> Option<Vec<u8>> {
        let (content, tag) = sealed.split_once('.')?;
        let (content, tag) =
            (URL_SAFE_NO_PAD.decode(content).ok()?, URL_SAFE_NO_PAD.decode(tag).ok()?);
        hmac::verify(&self.0, &message(purpose, &content), &tag).ok()?;
        Some(content)
    }
}

fn message(purpose: &str, content: &[u8]) -> Vec<u8> {
    [purpose.as_bytes(), b"\0", content].concat()
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seal")
    }
}

#[cfg(test)]
mod tests {
    use super::{Seal, challenge};

    #[test]
    fn only_what_was_sealed_is_opened() {
        let seal = Seal::new();
        let sealed = seal.close("a", b"content");
        assert_eq!(seal.open("a", &sealed).as_deref(), Some(&b"content"[..]));
        assert_eq!(seal.open("b", &sealed), None);
        assert_eq!(Seal::new().open("a", &sealed), None);
        for forged in ["", ".", "Y29udGVudA.", &sealed[1..], &sealed[..sealed.len() - 1]] {
            assert_eq!(seal.open("a", forged), None, "{forged}");
        }
    }

    /// The example of RFC 7636, appendix B.
    #[test]
    fn a_challenge_is_made_as_the_rfc_says() {
        assert_eq!(
            challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }
}
