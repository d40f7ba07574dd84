//! What each error of PostgreSQL means for a unit of work, by its SQLSTATE.
//!
//! Source: <https://www.postgresql.org/docs/18/errcodes-appendix.html>.

/// What an error means for the unit of work that met it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The connection has ended, or the server does not know itself: a change may have been made.
    Unknown,
    /// Another transaction was in the way. All is rolled back, and trying again at once helps.
    Locked,
    /// All is rolled back, and trying again later may help.
    Unavailable,
    /// The server only reads, as a standby does. Nothing was changed, and another server writes.
    ReadOnly,
    /// What is between the service and PostgreSQL loses prepared statements.
    Pooler,
}

/// The verdicts by code, or by class where a code has none of its own.
const VERDICTS: &[(&str, Verdict)] = &[
    // A connection that failed, a transaction whose outcome the server does not know.
    ("08", Verdict::Unknown),
    // read_only_sql_transaction.
    ("25006", Verdict::ReadOnly),
    // The timeouts of a transaction, idle or as a whole: they end the session.
    ("25P03", Verdict::Unknown),
    ("25P04", Verdict::Unknown),
    // invalid_sql_statement_name, duplicate_prepared_statement: another session answers than the one
    // that prepared the statement.
    ("26000", Verdict::Pooler),
    ("42P05", Verdict::Pooler),
    // serialization_failure, deadlock_detected.
    ("40001", Verdict::Locked),
    ("40P01", Verdict::Locked),
    // statement_completion_unknown.
    ("40003", Verdict::Unknown),
    // Out of disk space, memory or connections.
    ("53", Verdict::Unavailable),
    // lock_not_available: the lock timeout.
    ("55P03", Verdict::Locked),
    // query_canceled: a timeout, or someone who cancelled it.
    ("57014", Verdict::Unavailable),
    // The server or the database is stopping, has crashed, was removed; the session was idle for long.
    ("57P01", Verdict::Unknown),
    ("57P02", Verdict::Unknown),
    ("57P04", Verdict::Unknown),
    ("57P05", Verdict::Unknown),
    // cannot_connect_now: it is starting.
    ("57P03", Verdict::Unavailable),
    // system_error, io_error: of files, or between the machines of a cluster.
    ("58000", Verdict::Unknown),
    ("58030", Verdict::Unknown),
    // internal_error: Citus reports a worker so that ended while it was executing or committing.
    ("XX000", Verdict::Unknown),
    // snapshot_too_old.
    ("72000", Verdict::Unavailable),
];

/// What an error means. `None`: a defect of the service or of the database.
pub(super) fn verdict(code: &str) -> Option<Verdict> {
    let of = |wanted: &str| {
        VERDICTS.iter().find(|(code, _)| *code == wanted).map(|(_, verdict)| *verdict)
    };
    of(code).or_else(|| code.get(..2).and_then(of))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_goes_before_its_class() {
        for (code, expected) in [
            ("08006", Some(Verdict::Unknown)),
            ("08P01", Some(Verdict::Unknown)),
            ("25006", Some(Verdict::ReadOnly)),
            ("25P03", Some(Verdict::Unknown)),
            ("25001", None),
            ("40001", Some(Verdict::Locked)),
            ("40002", None),
            ("53100", Some(Verdict::Unavailable)),
            ("53300", Some(Verdict::Unavailable)),
            ("57014", Some(Verdict::Unavailable)),
            ("57P03", Some(Verdict::Unavailable)),
            ("57P05", Some(Verdict::Unknown)),
            ("58030", Some(Verdict::Unknown)),
            ("58P01", None),
            ("42703", None),
            ("XX000", Some(Verdict::Unknown)),
            ("XX001", None),
            ("", None),
            ("é", None),
        ] {
            assert_eq!(verdict(code), expected, "{code}");
        }
    }

    #[test]
    fn each_is_listed_once() {
        let mut codes: Vec<_> = VERDICTS.iter().map(|(code, _)| code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), VERDICTS.len());
    }
}
