//! Where the tokens of requests come from. A token is never printed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::auth::{TokenRequest, Wrong};
use crate::cli::api::{development_token, token_request};
use crate::config::Settings;
use crate::domain::TenantId;

/// The name of no token at all.
pub(super) const NO_TOKEN: &str = "none";

/// The tokens of requests, by the names of their sources.
pub(super) type Tokens = BTreeMap<String, Token>;

/// An access token.
pub(super) struct Token(String);

/// Where a token comes from.
pub(super) enum TokenSource {
    /// The file of requests itself.
    Literal(String),
    /// A file, relative to the folder of the file of requests.
    File(PathBuf),
    /// An environment variable.
    Variable(String),
    /// The development issuer of the data folder.
    Development(DevelopmentToken),
}

/// What a token of the development issuer is to be like.
pub(super) struct DevelopmentToken {
    permissions: Vec<String>,
    delegated: bool,
    tenant: Option<TenantId>,
    wrong: Option<&'static Wrong>,
}

/// One entry of `[tokens]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    file: Option<PathBuf>,
    env: Option<String>,
    permissions: Option<Vec<String>>,
    delegated: Option<bool>,
    tenant: Option<String>,
    wrong: Option<String>,
}

impl TokenSource {
    /// The source of this name.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn of(name: &str, entry: toml::Value) -> Result<Self, String> {
        if name == NO_TOKEN || name.contains('.') {
            return Err(format!("'{name}' cannot be the name of a token"));
        }
        let Entry { file, env, permissions, delegated, tenant, wrong } = deserialize(entry)?;
        let of_development = delegated.is_some() || tenant.is_some() || wrong.is_some();
        match (file, env, permissions) {
            (Some(file), None, None) if !of_development => Ok(Self::File(file)),
            (None, Some(variable), None) if !of_development => Ok(Self::Variable(variable)),
            (None, None, Some(permissions)) => {
                let tenant = tenant.map(|tenant| {
                    TenantId::parse(&tenant)
                        .ok_or_else(|| format!("'tenant' is '{tenant}', which is not a GUID"))
                });
                let wrong = wrong.map(|wrong| {
                    Wrong::named(&wrong).ok_or_else(|| {
                        format!(
                            "'wrong' is '{wrong}', which is unknown; 'esimpool token --wrong list' \
                             prints the values"
                        )
                    })
                });
                Ok(Self::Development(DevelopmentToken {
                    permissions,
                    delegated: delegated.unwrap_or(false),
                    tenant: tenant.transpose()?,
                    wrong: wrong.transpose()?,
                }))
            }
            _ => Err("needs one of 'permissions', 'env' and 'file'; only 'permissions' goes with \
                      'delegated', 'tenant' and 'wrong'"
                .to_owned()),
        }
    }

    /// The token.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) fn token(&self, settings: &Settings, folder: &Path) -> Result<Token, String> {
        let text = match self {
            Self::Literal(token) => token.clone(),
            Self::File(path) => std::fs::read_to_string(folder.join(path))
                .map_err(|error| format!("{}: {error}", path.display()))?,
            Self::Variable(name) => variable(name)?,
            Self::Development(token) => token.issue(settings)?,
        };
        let token = text.trim();
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("this is not a token: it is empty, or has other characters than visible \
                        ASCII"
                .to_owned());
        }
        Ok(Token(token.to_owned()))
    }
}

#[expect(clippy::disallowed_methods, reason = "the file names the variable: it is no setting")]
fn variable(name: &str) -> Result<String, String> {
    std::env::var(name).map_err(|_| format!("the environment variable {name} is not set"))
}

impl DevelopmentToken {
    fn issue(&self, settings: &Settings) -> Result<String, String> {
        let request = token_request(settings, self.permissions.clone());
        let request = TokenRequest {
            delegated: self.delegated,
            tenant: self.tenant.unwrap_or(request.tenant),
            wrong: self.wrong,
            ..request
        };
        let token = development_token(settings, &request).map_err(|error| error.to_string())?;
        token.ok_or_else(|| {
            format!(
                "{} has no development issuer that could issue it; use 'env' or 'file'",
                settings.data_dir.display()
            )
        })
    }
}

impl Token {
    /// The token, to be sent.
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }

    /// A text without the token.
    pub(super) fn hidden_in(&self, text: &str) -> String {
        text.replace(&self.0, HIDDEN)
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}

impl std::fmt::Debug for TokenSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenSource(…)")
    }
}

/// A table of the file, or what is wrong with it and where in it.
pub(super) fn deserialize<T: DeserializeOwned>(value: toml::Value) -> Result<T, String> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let (path, reason) = (error.path().to_string(), error.inner().message().to_owned());
        if path == "." { reason } else { format!("'{path}': {reason}") }
    })
}

const HIDDEN: &str = "(token)";

/// A text without what looks like a token.
pub(super) fn without_tokens(text: &str) -> String {
    let is_part = |it: char| it.is_ascii_alphanumeric() || "-_.".contains(it);
    let looks_so = |word: &str| word.starts_with("ey") && word.matches('.').count() >= 2;
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_part) {
        let (before, from) = rest.split_at(start);
        let end = from.find(|it| !is_part(it)).unwrap_or(from.len());
        let (word, after) = from.split_at(end);
        clean += before;
        clean += if looks_so(word) { HIDDEN } else { word };
        rest = after;
    }
    clean + rest
}
