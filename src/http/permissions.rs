//! The status of each operation for each kind of token, computed from the route table alone.

use super::route::{AccessKind, Operation};
use crate::auth::Permission;

/// A token, reduced to what decides about permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// No token.
    None,
    /// A token that fails a check: expired, forged, for another service, of a personal account.
    Refused,
    /// An application's token (`roles`), with this permission or with none that the service knows.
    Application(Option<Permission>),
    /// A user's token (`scp`), with this permission or with none that the service knows.
    Delegated(Option<Permission>),
}

impl TokenKind {
    /// Every kind of token.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let permissions =
            || std::iter::once(None).chain(Permission::ALL.into_iter().map(Option::Some));
        let mut kinds = vec![Self::None, Self::Refused];
        kinds.extend(permissions().map(Self::Application));
        kinds.extend(permissions().map(Self::Delegated));
        kinds
    }

    /// The name of the kind: `application`, `delegated`, `none` or `refused`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Refused => "refused",
            Self::Application(_) => "application",
            Self::Delegated(_) => "delegated",
        }
    }

    /// The permission of the token.
    #[must_use]
    pub fn permission(self) -> Option<Permission> {
        match self {
            Self::None | Self::Refused => None,
            Self::Application(permission) | Self::Delegated(permission) => permission,
        }
    }
}

impl Operation {
    /// The status of the response to a request that is valid in every other way.
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
