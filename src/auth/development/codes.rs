//! Authorization codes that wait to be redeemed (RFC 6749, section 4.1; RFC 7636).

use super::bounded::Bounded;
use super::grant::{Endpoint, Grant};
use super::parameters::Parameters;
use super::random::{Fingerprint, challenge, fingerprint, secret};
use super::redirect::{Kinds, origin_of};
use super::refresh::FamilyId;
use super::refusal::GrantRefusal;

/// How many codes are kept, used ones included.
const MAX_CODES: usize = 1000;

/// How long a code is valid, and remembered once it is used, in seconds: as long as Entra's.
const CODE_SECONDS: i64 = 600;

/// The codes.
#[derive(Debug)]
pub(super) struct Codes(Bounded<Fingerprint, Code>);

/// What a code stands for.
#[derive(Debug)]
pub(super) struct Code {
    pub(super) grant: Grant,
    pub(super) redirect_uri: String,
    pub(super) kinds: Kinds,
    /// The PKCE challenge, by S256.
    pub(super) challenge: Option<String>,
    pub(super) nonce: Option<String>,
    /// The refresh tokens that it was redeemed for.
    redeemed: Option<FamilyId>,
}

/// A code that was redeemed.
pub(super) struct Redeemed {
    pub(super) grant: Grant,
    pub(super) nonce: Option<String>,
    /// The id for its refresh tokens.
    pub(super) family: FamilyId,
}

/// Why a code is not redeemed, and whose refresh tokens are to be revoked.
pub(super) type NotRedeemed = (GrantRefusal, Option<FamilyId>);

impl Code {
    pub(super) fn new(
        grant: Grant,
        redirect_uri: String,
        kinds: Kinds,
        challenge: Option<String>,
        nonce: Option<String>,
    ) -> Self {
        Self { grant, redirect_uri, kinds, challenge, nonce, redeemed: None }
    }
}

impl Codes {
    pub(super) fn new() -> Self {
        Self(Bounded::new(MAX_CODES))
    }

    /// A new code.
    pub(super) fn issue(
        &self,
        code: Code,
        endpoint: &Endpoint<'_>,
    ) -> Result<String, GrantRefusal> {
        let text = secret();
        let kept = self.0.try_insert(fingerprint(&text), code, CODE_SECONDS, endpoint.now);
        if kept { Ok(text) } else { Err(GrantRefusal::Busy) }
    }

    /// Redeems a code, once. A request that is refused for another reason does not use it up.
    pub(super) fn redeem(
        &self,
        application: &str,
        parameters: &Parameters,
        endpoint: &Endpoint<'_>,
    ) -> Result<Redeemed, NotRedeemed> {
        let refused = |refusal| (refusal, None);
        let text = parameters.required("code").map_err(refused)?;
        let mut codes = self.0.lock();
        let entry = codes.get_mut(&fingerprint(text)).ok_or((GrantRefusal::Grant, None))?;
        let (code, expires) = (&mut entry.value, entry.expires);
        if let Some(family) = code.redeemed {
            // Two parties have the code, and it cannot be known which of them is the right one
            // (RFC 6749, section 4.1.2).
            return Err((GrantRefusal::CodeRedeemed, Some(family)));
        }
        code.check(application, parameters, endpoint).map_err(refused)?;
        if expires <= endpoint.now.seconds() {
            return Err(refused(GrantRefusal::CodeExpired));
        }
        let family = FamilyId::new();
        code.redeemed = Some(family);
        let mut grant = code.grant.clone();
        grant.origin = endpoint.origin.map(str::to_owned);
        Ok(Redeemed { grant, nonce: code.nonce.clone(), family })
    }
}

impl Code {
    fn check(
        &self,
        application: &str,
        parameters: &Parameters,
        endpoint: &Endpoint<'_>,
    ) -> Result<(), GrantRefusal> {
        self.grant.check(application, endpoint)?;
        let own = origin_of(&self.redirect_uri);
        endpoint.check_redeemer(self.kinds, own.as_deref())?;
        if parameters.required("redirect_uri")? != self.redirect_uri {
            return Err(GrantRefusal::OtherRedirectUri);
        }
        // A verifier without a challenge means that the challenge was removed on its way here.
        let verifier = parameters.get("code_verifier").map(challenge);
        if verifier == self.challenge { Ok(()) } else { Err(GrantRefusal::Verifier) }
    }
}
