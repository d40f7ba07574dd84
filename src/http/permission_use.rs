//! What clients were granted and what they used, in memory since the start, for developers at this
//! machine.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::auth::{Caller, CarriedPermissions, Permission};
use crate::domain::{TenantId, Timestamp};

/// How many clients are kept, those of all tenants together.
const MAX_CLIENTS: usize = 500;
/// How many names of permissions are kept of a client.
const MAX_NAMES: usize = 128;

/// The clients of the service since its start.
#[derive(Debug)]
pub(super) struct PermissionUse {
    pub(super) since: Timestamp,
    clients: Mutex<Clients>,
}

#[derive(Debug, Default)]
struct Clients {
    /// The client of the latest request first.
    latest_first: Vec<ClientUse>,
    dropped: u64,
}

/// An application in one tenant, by itself or on behalf of users: what its tokens carried, and what
/// of that admitted its requests.
#[derive(Clone, Debug)]
pub(super) struct ClientUse {
    issuer: String,
    tenant: TenantId,
    pub(super) app: String,
    pub(super) app_name: Option<String>,
    pub(super) delegated: bool,
    /// Requests for routes that need a permission, refused ones included.
    pub(super) requests: u64,
    pub(super) granted: Vec<String>,
    pub(super) used: Vec<Permission>,
    /// Whether `granted` has all names; there may be too many to keep.
    pub(super) complete: bool,
    /// Of the latest token.
    carried: CarriedPermissions,
}

/// The clients that a caller may see, in the order of their ids.
pub(super) struct ClientsOfTenant {
    pub(super) clients: Vec<ClientUse>,
    /// How many clients of any tenant were dropped, because there were too many.
    pub(super) dropped: u64,
}

impl PermissionUse {
    /// Nothing used yet at `since`.
    pub(super) fn new(since: Timestamp) -> Self {
        Self { since, clients: Mutex::default() }
    }

    /// Records a request for a route that needs one of `needed`, which are ordered from least to most
    /// privileged. The least of them that the caller's token carries is used.
    pub(super) fn record(&self, caller: &Caller, needed: &[Permission]) {
        let mut clients = self.clients();
        let client = clients.of(caller);
        client.requests += 1;
        if client.app_name.as_deref() != caller.app_name() {
            client.app_name = caller.app_name().map(str::to_owned);
        }
        client.carry(caller.permissions());
        if let Some(used) = caller.permissions().least_of(needed)
            && !client.used.contains(&used)
        {
            client.used.push(used);
        }
    }

    /// The clients with tokens of the caller's issuer and tenant.
    pub(super) fn of_tenant(&self, caller: &Caller) -> ClientsOfTenant {
        let all = self.clients();
        let visible = all.latest_first.iter().filter(|client| client.shares_tenant(caller));
        let mut clients: Vec<_> = visible.cloned().collect();
        clients.sort_by(|one, other| (&one.app, one.delegated).cmp(&(&other.app, other.delegated)));
        ClientsOfTenant { clients, dropped: all.dropped }
    }

    fn clients(&self) -> MutexGuard<'_, Clients> {
        // Nothing panics while the lock is held.
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clients {
    /// The client of a request, which is now the latest. A new one takes the place of the one whose
    /// latest request is the oldest, once there are [`MAX_CLIENTS`].
    fn of(&mut self, caller: &Caller) -> &mut ClientUse {
        let known = self.latest_first.iter().position(|client| client.is(caller));
        let index = known.unwrap_or_else(|| {
            if self.latest_first.len() == MAX_CLIENTS {
                self.latest_first.pop();
                self.dropped += 1;
            }
            self.latest_first.push(ClientUse::new(caller));
            self.latest_first.len() - 1
        });
        self.latest_first[..=index].rotate_right(1);
        &mut self.latest_first[0]
    }
}

impl ClientUse {
    fn new(caller: &Caller) -> Self {
        Self {
            issuer: caller.issuer().to_owned(),
            tenant: caller.tenant(),
            app: caller.principal().app().to_owned(),
            app_name: None,
            delegated: caller.principal().user().is_some(),
            requests: 0,
            granted: Vec::new(),
            used: Vec::new(),
            complete: true,
            carried: CarriedPermissions::default(),
        }
    }

    fn is(&self, caller: &Caller) -> bool {
        let principal = caller.principal();
        self.app == principal.app()
            && self.delegated == principal.user().is_some()
            && self.shares_tenant(caller)
    }

    /// Two issuers may speak for one tenant: the callers of one are not told about those of the other.
    fn shares_tenant(&self, caller: &Caller) -> bool {
        self.tenant == caller.tenant() && self.issuer == caller.issuer()
    }

    /// Adds what a token carries. Most requests come with the same token as the one before.
    fn carry(&mut self, carried: &CarriedPermissions) {
        if self.carried == *carried {
            return;
        }
        for name in carried.names().split_whitespace() {
            if self.granted.iter().any(|known| known == name) {
                continue;
            }
            if self.granted.len() < MAX_NAMES {
                self.granted.push(name.to_owned());
            } else {
                self.complete = false;
            }
        }
        self.complete &= carried.is_complete();
        self.carried = carried.clone();
    }

    /// What was granted and not used.
    pub(super) fn surplus(&self) -> Vec<&str> {
        let used = |name: &&String| self.used.iter().any(|used| used.name() == name.as_str());
        self.granted.iter().filter(|name| !used(name)).map(String::as_str).collect()
    }
}
