//! The permissions that a token carries, by name.

use super::{Grants, Permission};

/// How many names of permissions that the service does not know are kept of a token.
const MAX_OTHERS: usize = 64;
/// How long they are together: a verified token is cached with them.
const MAX_OTHERS_BYTES: usize = 4096;
/// Longer names are cut, in characters.
const MAX_NAME_CHARS: usize = 100;

/// The permissions that count in a token: what they grant here, and the names of all of them for
/// logs and reports.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CarriedPermissions {
    grants: Grants,
    /// Separated by spaces.
    names: Box<str>,
    complete: bool,
}

impl CarriedPermissions {
    /// The permissions with these names. Those that no route needs are kept up to a limit.
    pub(super) fn of(names: &[&str]) -> Self {
        let grants = Grants::of(names.iter().copied());
        let mut kept: Vec<String> = grants.iter().map(|known| known.name().to_owned()).collect();
        let (known, mut bytes, mut complete) = (kept.len(), 0, true);
        for name in names.iter().filter(|name| !name.is_empty()) {
            let name: String = name.chars().take(MAX_NAME_CHARS).map(visible).collect();
            if kept.contains(&name) {
                continue;
            }
            if kept.len() - known == MAX_OTHERS || bytes + name.len() > MAX_OTHERS_BYTES {
                complete = false;
                continue;
            }
            bytes += name.len();
            kept.push(name);
        }
        Self { grants, names: kept.join(" ").into(), complete }
    }

    /// What they grant here.
    pub(super) fn grants(&self) -> Grants {
        self.grants
    }

    /// The names, separated by spaces: first those that the service knows, each once.
    #[must_use]
    pub fn names(&self) -> &str {
        &self.names
    }

    /// Whether these are all names; there may be too many to keep.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// The least of `permissions`, which are ordered from least to most privileged, that is granted.
    #[must_use]
    pub fn least_of(&self, permissions: &[Permission]) -> Option<Permission> {
        permissions.iter().copied().find(|permission| self.grants.any_of(&[*permission]))
    }
}

/// A character of a name. A name in a list may contain spaces, and is then another name than without.
fn visible(letter: char) -> char {
    if letter.is_whitespace() { '\u{2423}' } else { letter }
}

#[cfg(test)]
mod tests {
    use super::{CarriedPermissions, MAX_NAME_CHARS, MAX_OTHERS};
    use crate::auth::Permission;

    const READ: &str = "DeviceManagementConfiguration.Read.All";

    #[test]
    fn known_names_come_first_and_each_name_once() {
        let carried = CarriedPermissions::of(&["User.Read", "", "a b", READ, "a", "User.Read"]);
        assert_eq!(carried.names(), format!("{READ} User.Read a\u{2423}b a"));
        assert!(carried.is_complete());
        assert!(carried.grants().any_of(&[Permission::ConfigurationReadAll]));
        assert_eq!(CarriedPermissions::of(&[]).names(), "");
        let blank = CarriedPermissions::of(&[&format!("{READ} ")]);
        assert_eq!(blank.names(), format!("{READ}\u{2423}"), "it grants nothing");
    }

    #[test]
    fn names_that_grant_nothing_are_bounded_and_those_that_grant_are_kept() {
        let others: Vec<_> = (0..MAX_OTHERS + 3).map(|number| format!("Other.{number}")).collect();
        let long = "é".repeat(MAX_NAME_CHARS + 1);
        let mut names = vec![long.as_str()];
        names.extend(others.iter().map(String::as_str));
        names.push(READ);
        let carried = CarriedPermissions::of(&names);
        let kept: Vec<_> = carried.names().split(' ').collect();
        assert_eq!((kept.len(), carried.is_complete()), (1 + MAX_OTHERS, false));
        assert_eq!((kept[0], kept[1]), (READ, &*"é".repeat(MAX_NAME_CHARS)));
        let long: Vec<_> = (0..50).map(|number| format!("{number:02}{}", "x".repeat(98))).collect();
        let carried = CarriedPermissions::of(&long.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!((carried.names().split(' ').count(), carried.is_complete()), (40, false));
    }

    #[test]
    fn the_least_permission_is_the_first_of_the_route_that_is_carried() {
        let route = [Permission::ConfigurationReadAll, Permission::ConfigurationReadWriteAll];
        let carried = |names: &[&str]| CarriedPermissions::of(names).least_of(&route);
        let write = Permission::ConfigurationReadWriteAll.name();
        assert_eq!(carried(&[write, READ]), Some(route[0]));
        assert_eq!(carried(&[write]), Some(route[1]));
        assert_eq!(carried(&["User.Read"]), None);
    }
}
