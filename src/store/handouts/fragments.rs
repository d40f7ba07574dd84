//! Pieces of SQL about `activation_codes as code` that several statements share.

use const_format::formatcp;

use super::outcome::{FREE, HANDED_OUT_ELSEWHERE, REINSTATED};

/// True if the ledger has the code, else null. A scalar subquery looks each code up; a join or
/// `exists` may be planned as a scan of the whole ledger, if its statistics are of a time when it
/// was short.
pub(in crate::store) const IN_LEDGER: &str = formatcp!(
    "(select true
      from handouts
      where handouts.tenant_id = $1
        and handouts.fingerprint = code.fingerprint
        and handouts.outcome <> {REINSTATED})"
);

/// The state of a code as it is shown: one that is stored as free may be in the ledger, since it was
/// handed out from another pool.
pub(in crate::store) const SHOWN_STATE: &str = formatcp!(
    "case when code.state = {FREE} and {IN_LEDGER}
       then cast({HANDED_OUT_ELSEWHERE} as smallint)
       else code.state end"
);
