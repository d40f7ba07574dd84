//! What each operation answers to each kind of token, from the route table alone.

use super::{AccessKind, Operation};
use crate::auth::Permission;

/// A kind of token, as far as permissions go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// None at all.
    None,
    /// One that fails a check: expired, forged, for another service, of a personal account.
    Refused,
    /// An application's (`roles`), with this permission or with none that is known here.
    Application(Option<Permission>),
    /// A user's through an application (`scp`), likewise.
    Delegated(Option<Permission>),
}

impl TokenKind {
    /// Every kind there is.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let permissions =
            || std::iter::once(None).chain(Permission::ALL.into_iter().map(Option::Some));
        let mut kinds = vec![Self::None, Self::Refused];
        kinds.extend(permissions().map(Self::Application));
        kinds.extend(permissions().map(Self::Delegated));
        kinds
    }

    /// What it is called: `application`, `delegated`, `none` or `refused`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Refused => "refused",
            Self::Application(_) => "application",
            Self::Delegated(_) => "delegated",
        }
    }

    /// The one permission that it has.
    #[must_use]
    pub fn permission(self) -> Option<Permission> {
        match self {
            Self::None | Self::Refused => None,
            Self::Application(permission) | Self::Delegated(permission) => permission,
        }
    }
}

impl Operation {
    /// The status of the answer to a request that is good in every other way.
    #[must_use]
    pub fn status(&self, token: TokenKind) -> u16 {
        let success = self.description.success();
        if self.access == AccessKind::Public {
            return success;
        }
        let permission = match token {
            TokenKind::None | TokenKind::Refused => return 401,
            TokenKind::Application(permission) | TokenKind::Delegated(permission) => permission,
        };
        let needed = self.access.permissions();
        let any_token = self.access == AccessKind::Caller;
        if any_token || permission.is_some_and(|permission| needed.contains(&permission)) {
            success
        } else {
            403
        }
    }
}
