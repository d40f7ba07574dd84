//! Why the identity provider refuses a request. Messages and codes are Entra's, so that its clients
//! behave as they do there.

/// Why an application gets no token, or a person cannot sign in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GrantRefusal {
    /// The parameters are not a form, or one is given twice.
    #[error("The request must be a form (application/x-www-form-urlencoded): {0}.")]
    Form(&'static str),
    /// A parameter is missing.
    #[error("The request body must contain the following parameter: '{0}'.")]
    Missing(&'static str),
    /// The grant type is unknown.
    #[error(
        "The app requested an unsupported grant type '{0}'. Use authorization_code, refresh_token, \
         urn:ietf:params:oauth:grant-type:device_code or client_credentials."
    )]
    GrantType(String),
    /// The tenant in the path is not a GUID.
    #[error("Tenant '{0}' not found. Use a GUID as the tenant; any GUID is accepted.")]
    Tenant(String),
    /// The application is not registered in the tenant.
    #[error(
        "Application with identifier '{0}' was not found in the directory '{1}'. Register \
         applications in the settings (identity.development.{2})."
    )]
    Client(String, String, &'static str),
    /// The request has no secret, which this grant needs.
    #[error("'client_secret' is required for the 'client_credentials' grant type.")]
    NoSecret,
    /// The request has no secret, which this application needs.
    #[error(
        "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."
    )]
    Confidential,
    /// The request has a secret, which this application does not have.
    #[error(
        "Client is public so neither 'client_assertion' nor 'client_secret' should be presented."
    )]
    Public,
    /// The secret is wrong.
    #[error("Invalid client secret provided.")]
    Secret,
    /// The scope is not that of a whole service.
    #[error(
        "The provided value for the input parameter 'scope' is not valid. Client credential flows \
         must have a scope value with /.default suffixed to the resource identifier (application \
         ID URI), as https://graph.microsoft.com/.default."
    )]
    Scope,
    /// A scope is malformed, or there are too many.
    #[error("The provided value for the input parameter 'scope' is not valid: {0}.")]
    Scopes(&'static str),
    /// Scopes of several services.
    #[error(
        "Provided value for the input parameter scope is not valid because it contains more than one \
         resource."
    )]
    Resources,
    /// The application may not ask for this permission.
    #[error(
        "The application '{0}' asked for scope '{1}' that doesn't exist on the resource, or is not among \
         the application's permissions."
    )]
    UnknownScope(String, String),
    /// The redirect URI is not registered.
    #[error(
        "The redirect URI '{0}' specified in the request does not match the redirect URIs configured for \
         the application '{1}'."
    )]
    RedirectUri(String, String),
    /// The redirect URI is not that of the sign-in.
    #[error(
        "The reply address does not match the reply address provided when requesting Authorization code."
    )]
    OtherRedirectUri,
    /// Only codes are issued.
    #[error("response_type '{0}' is not enabled for the application. Use 'code'.")]
    ResponseType(String),
    /// The response mode is unknown.
    #[error(
        "'{0}' is not a supported 'response_mode' for a code. Use query, fragment or form_post."
    )]
    ResponseMode(String),
    /// The value of `prompt` is unknown.
    #[error("Unsupported 'prompt' value.")]
    Prompt,
    /// No person is signed in already: there are no sessions.
    #[error(
        "Session information is not sufficient for single-sign-on: this issuer keeps no sessions."
    )]
    LoginRequired,
    /// A public client without a PKCE challenge.
    #[error(
        "Proof Key for Code Exchange is required for cross-origin authorization code redemption, and for \
         all public clients: send 'code_challenge'."
    )]
    NoChallenge,
    /// A PKCE method other than S256.
    #[error(
        "Invalid request. Request is malformed or invalid: 'code_challenge_method' must be S256."
    )]
    ChallengeMethod,
    /// The challenge is not a digest.
    #[error(
        "The size of the code challenge parameter isn't valid: it must be a SHA-256 digest in base64url."
    )]
    Challenge,
    /// The verifier is missing or wrong, or there was no challenge.
    #[error(
        "The Code_Verifier does not match the code_challenge supplied in the authorization request."
    )]
    Verifier,
    /// The user is unknown in the tenant.
    #[error("The user account does not exist in the directory.")]
    User,
    /// The user declined.
    #[error("User declined to consent to access the app.")]
    Declined,
    /// Nothing is granted that the user can consent to.
    #[error(
        "Administrator consent is required: the user can consent to none of the ticked permissions."
    )]
    AdminConsent,
    /// The user has not consented to what is asked for.
    #[error(
        "The user or administrator has not consented to use the application with these scopes."
    )]
    Consent,
    /// A sign-in page is out of date, was used before, or is forged.
    #[error(
        "Invalid request. Request is malformed or invalid: this page has expired or was used before. Go \
         back to the application and sign in again."
    )]
    Page,
    /// A form of this provider that was sent by a page of another origin.
    #[error("Invalid request. Request is malformed or invalid: it was sent by another page.")]
    ForeignPage,
    /// The request came from another machine.
    #[error(
        "Access has been blocked: people sign in to the development issuer from its own machine only, \
         whatever identity.development.allow_remote says."
    )]
    Remote,
    /// Too much is going on.
    #[error("A transient error has occurred. Please try again.")]
    Busy,
    /// The code or refresh token is unknown, or another client's.
    #[error("Provided grant is invalid or malformed.")]
    Grant,
    /// The code is too old.
    #[error(
        "The provided authorization code or refresh token has expired. Send a new interactive authorization request."
    )]
    CodeExpired,
    /// The code was used before.
    #[error(
        "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an \
         existing refresh token."
    )]
    CodeRedeemed,
    /// The code or refresh token was issued in another tenant.
    #[error("Provided Authorization Code is intended to use against other tenant, thus rejected.")]
    OtherTenant,
    /// A page asks for the tokens of an application that is not a page of that origin.
    #[error(
        "Cross-origin token redemption is permitted only for the 'Single-Page Application' client-type. \
         Request origin: '{0}'."
    )]
    CrossOrigin(String),
    /// A single-page application's tokens are asked for without `Origin`.
    #[error(
        "Tokens issued for the 'Single-Page Application' client-type may only be redeemed via \
         cross-origin requests."
    )]
    NotCrossOrigin,
    /// The refresh token has not been used for too long, or its lifetime is over.
    #[error("The refresh token has expired due to inactivity, or its lifetime is over.")]
    RefreshExpired,
    /// The refresh token was used before, so that it and all after it are revoked.
    #[error(
        "The provided grant has expired due to it being revoked: a refresh token or code of the sign-in \
         was used twice. A fresh sign-in is needed."
    )]
    Revoked,
    /// The user has not entered the device's code yet.
    #[error(
        "The provided request has not yet been authorized by the user. The user must input their code."
    )]
    DevicePending,
    /// The same, and the device asks too often.
    #[error("The provided request has not yet been authorized by the user. Ask less often.")]
    SlowDown,
    /// The device's code is too old.
    #[error(
        "The provided value for the input parameter 'device_code' is not valid. This device code has expired."
    )]
    DeviceExpired,
    /// The user declined what the device asks for.
    #[error("User declined to consent to access the app.")]
    DeviceDeclined,
    /// The device's code is unknown, or was used before.
    #[error("Invalid verification code.")]
    Device,
    /// Instance discovery for another host.
    #[error("Unknown or invalid instance.")]
    Instance,
}

impl GrantRefusal {
    /// The OAuth error code (RFC 6749 sections 4.1.2.1 and 5.2, RFC 8628 section 3.5, OpenID Connect).
    #[must_use]
    pub fn error(&self) -> &'static str {
        self.names().0
    }

    /// Entra's error number (`AADSTS…`).
    #[must_use]
    pub fn code(&self) -> u32 {
        self.names().1
    }

    fn names(&self) -> (&'static str, u32) {
        match self {
            Self::Form(_) => ("invalid_request", 90100),
            Self::Missing(_) => ("invalid_request", 900_144),
            Self::GrantType(_) => ("unsupported_grant_type", 70003),
            Self::Tenant(_) => ("invalid_request", 90002),
            Self::Client(..) => ("unauthorized_client", 700_016),
            Self::NoSecret => ("invalid_client", 7_000_216),
            Self::Confidential => ("invalid_client", 7_000_218),
            Self::Public => ("invalid_client", 700_025),
            Self::Secret => ("invalid_client", 7_000_215),
            Self::Scope => ("invalid_scope", 1_002_012),
            Self::Scopes(_) => ("invalid_scope", 70011),
            Self::Resources => ("invalid_scope", 28000),
            Self::UnknownScope(..) => ("invalid_client", 650_053),
            Self::RedirectUri(..) => ("invalid_request", 50011),
            Self::OtherRedirectUri => ("invalid_grant", 500_112),
            Self::ResponseType(_) => ("unsupported_response_type", 700_054),
            Self::ResponseMode(_) => ("invalid_request", 70007),
            Self::Prompt => ("invalid_request", 90023),
            Self::LoginRequired => ("login_required", 50058),
            Self::NoChallenge => ("invalid_request", 9_002_325),
            Self::ChallengeMethod | Self::Page | Self::ForeignPage => {
                ("invalid_request", 9_002_313)
            }
            Self::Challenge => ("invalid_request", 50147),
            Self::Verifier => ("invalid_grant", 501_481),
            Self::User => ("invalid_grant", 50034),
            Self::Declined => ("access_denied", 65004),
            Self::AdminConsent => ("access_denied", 90094),
            Self::Consent => ("invalid_grant", 65001),
            Self::Remote => ("access_denied", 53003),
            Self::Busy => ("temporarily_unavailable", 90033),
            Self::Grant => ("invalid_grant", 70000),
            Self::CodeExpired => ("invalid_grant", 70008),
            Self::CodeRedeemed => ("invalid_grant", 54005),
            Self::OtherTenant => ("invalid_grant", 700_005),
            Self::CrossOrigin(_) => ("invalid_request", 9_002_326),
            Self::NotCrossOrigin => ("invalid_request", 9_002_327),
            Self::RefreshExpired => ("invalid_grant", 700_082),
            Self::Revoked => ("invalid_grant", 50173),
            Self::DevicePending => ("authorization_pending", 70016),
            Self::SlowDown => ("slow_down", 70016),
            Self::DeviceExpired => ("expired_token", 70020),
            Self::DeviceDeclined => ("authorization_declined", 65004),
            Self::Device => ("bad_verification_code", 70018),
            Self::Instance => ("invalid_instance", 50049),
        }
    }
}
