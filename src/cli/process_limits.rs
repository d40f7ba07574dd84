//! The limits that the system sets this process.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Lets the process open as many files as it may, and unless `core_dumps` are wanted, keeps its
/// memory, which holds keys and tokens, out of core files. A failure is logged.
pub(super) fn adjust(core_dumps: bool) {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    // Each connection is an open file, and the usual soft limit of 1,024 is for programs that use
    // select(2).
    set(Resource::Nofile, "open files", Rlimit { current: maximum, maximum });
    if !core_dumps {
        // The hard limit stays, so that an operator can allow one for a running process (prlimit).
        let Rlimit { maximum, .. } = getrlimit(Resource::Core);
        set(Resource::Core, "core files", Rlimit { current: Some(0), maximum });
    }
}

fn set(resource: Resource, what: &str, limit: Rlimit) {
    if getrlimit(resource) == limit {
        return;
    }
    if let Err(cause) = setrlimit(resource, limit) {
        tracing::warn!(%cause, "cannot set this process's limit of {what}");
    }
}
