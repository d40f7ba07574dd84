//! The people who can sign in.

use crate::auth::Permission;
use crate::domain::TenantId;

/// A person who can sign in to the development issuer.
#[derive(Clone, Debug)]
pub struct User {
    /// The object id (`oid`), a GUID.
    pub id: String,
    /// The name that is shown.
    pub name: String,
    /// The user principal name, such as `reader@esimpool.localhost`.
    pub username: String,
    /// The permissions that the user can consent to. `None`: any.
    pub permissions: Option<Vec<String>>,
    /// The tenant of the user. `None`: a member of every tenant.
    pub tenant: Option<TenantId>,
}

impl User {
    /// The users of a service whose settings name none.
    pub(super) fn defaults() -> Vec<Self> {
        let user = |number: u8, name: &str, permissions: Option<&[Permission]>| Self {
            id: format!("de7e10b0-05e4-4001-9b00-{number:012}"),
            name: name.to_owned(),
            username: format!("{}@esimpool.localhost", name.to_lowercase()),
            permissions: permissions
                .map(|all| all.iter().map(|permission| permission.name().to_owned()).collect()),
            tenant: None,
        };
        let reads = [Permission::ConfigurationReadAll, Permission::AppsReadAll];
        let operates = [
            Permission::ConfigurationReadAll,
            Permission::ConfigurationReadWriteAll,
            Permission::ActivationCodeClaimAll,
        ];
        vec![
            user(1, "Administrator", None),
            user(2, "Operator", Some(&operates)),
            user(3, "Reader", Some(&reads)),
        ]
    }

    /// Whether the user can consent to a permission. The scopes of OpenID Connect and `User.Read` need
    /// nothing.
    pub(super) fn may_grant(&self, permission: &str) -> bool {
        let harmless = permission.eq_ignore_ascii_case("User.Read");
        let has = |all: &Vec<String>| all.iter().any(|it| it.eq_ignore_ascii_case(permission));
        harmless || self.permissions.as_ref().is_none_or(has)
    }

    pub(super) fn is_in(&self, tenant: Option<TenantId>) -> bool {
        tenant.is_none() || self.tenant.is_none() || self.tenant == tenant
    }
}
