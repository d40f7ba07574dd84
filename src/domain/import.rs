//! The result of an import: what happened to the lines of a file of codes.

use std::fmt;

use super::{DisplayName, ImportId, LineCounts, LineGroup, Pool, PoolId};

/// The maximum number of rejected lines that a report lists.
pub const MAX_REPORTED_REJECTIONS: usize = 1000;

/// A line that was not imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The line's number, from 1.
    pub line: u32,
    /// The invalid column, from 1; `None` if the whole line is invalid.
    pub column: Option<u32>,
    /// The value there, masked: enough to find it by, never a secret.
    pub value: String,
    /// The reason, as the end of a sentence that starts with the value.
    pub reason: String,
    /// How to correct it.
    pub hint: String,
}

/// The result of an import.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// The pool after the import; `None` if none was created.
    pub pool: Option<Pool>,
    /// The name of the pool that a dry run would have created.
    pub new_pool: Option<DisplayName>,
    /// The id by which the codes are found; `None` if none was stored.
    pub import: Option<ImportId>,
    /// The number of codes added to the pool, or that a dry run would have added.
    pub inserted: u64,
    /// The number of known codes: they are stored already, or occur earlier in the file.
    pub duplicates: u64,
    /// The number of rejected lines.
    pub rejected_count: u64,
    /// The number of lines, known or rejected, whose code was handed out before.
    pub handed_out_count: u64,
    /// The columns of the file that are understood, by name, and what they hold.
    pub understood: Vec<(String, String)>,
    /// The columns of the file that are not understood, by name.
    pub not_understood: Vec<String>,
    /// The first [`MAX_REPORTED_REJECTIONS`] rejected lines, in the order of the file.
    pub rejected: Vec<Rejection>,
    /// The first lines that were rejected because of stored codes. They are listed only by
    /// [`finish`](Self::finish): who sends guesses would learn which of them is a secret.
    pub compared: Vec<Rejection>,
    /// The lines with equal reasons, once the report is finished.
    pub groups: Vec<LineGroup>,
    /// What the groups are made of.
    pub counts: LineCounts,
}

impl ImportReport {
    /// Counts a rejection, and lists it if it is among the first.
    pub fn reject(&mut self, rejection: Rejection) {
        self.reject_unlisted(rejection.line, &rejection.reason, &rejection.hint);
        insert(&mut self.rejected, rejection.line, || rejection);
    }

    /// Counts a rejection that is not among the first.
    pub fn reject_unlisted(&mut self, line: u32, reason: &str, hint: &str) {
        self.rejected_count += 1;
        self.counts.reject(line, reason, hint);
    }

    /// Counts the rejection of a line that depends on stored codes.
    pub fn reject_compared(&mut self, rejection: Rejection) {
        self.rejected_count += 1;
        self.counts.reject_compared(rejection.line, &rejection);
        insert(&mut self.compared, rejection.line, || rejection);
    }

    /// Counts a line whose code is in that pool.
    pub fn know(&mut self, line: u32, pool: PoolId) {
        self.duplicates += 1;
        self.counts.known(line, pool);
    }

    /// Counts a line whose code occurs earlier in the file.
    pub fn repeat(&mut self) {
        self.duplicates += 1;
        self.counts.repeated();
    }

    /// Finishes the report. If it is `disclosed`, lines that depend on stored codes are told.
    pub fn finish(&mut self, disclosed: bool) {
        let compared = std::mem::take(&mut self.compared);
        for rejection in compared.into_iter().filter(|_| disclosed) {
            insert(&mut self.rejected, rejection.line, || rejection);
        }
        self.groups = std::mem::take(&mut self.counts).groups(disclosed);
    }
}

/// Inserts the rejection of a line if it is among the first.
fn insert(list: &mut Vec<Rejection>, line: u32, rejection: impl FnOnce() -> Rejection) {
    let index = list.partition_point(|known| known.line <= line);
    if index < MAX_REPORTED_REJECTIONS {
        list.insert(index, rejection());
        list.truncate(MAX_REPORTED_REJECTIONS);
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Line {}", self.line)?;
        if let Some(column) = self.column {
            write!(f, ", column {column}")?;
        }
        let space = if self.value.is_empty() { "" } else { " " };
        write!(f, ": {}{space}{}; {}", self.value, self.reason, self.hint)
    }
}

impl Rejection {
    /// A line that is invalid as a whole.
    #[must_use]
    pub fn of_line(line: u32, reason: &str, hint: &str) -> Self {
        Self {
            line,
            column: None,
            value: String::new(),
            reason: reason.to_owned(),
            hint: hint.to_owned(),
        }
    }

    /// A code that was handed out before and is in no pool, identified by its ICCID.
    #[must_use]
    pub fn handed_out(line: u32, iccid: &str) -> Self {
        Self::of_code(
            line,
            iccid,
            "was handed out before: a device knows its secret",
            "leave the line out; no code is handed out twice",
        )
    }

    /// An ICCID that another code of the tenant has.
    #[must_use]
    pub fn iccid_exists(line: u32, iccid: &str) -> Self {
        Self::of_code(
            line,
            iccid,
            "exists in the tenant already with another secret",
            "leave the line out, or import with mode=graph if both are right",
        )
    }

    /// An ICCID that occurs earlier in the file with another secret.
    #[must_use]
    pub fn iccid_twice(line: u32, iccid: &str) -> Self {
        Self::of_code(
            line,
            iccid,
            "occurs earlier in the file with another secret, state or device",
            "ask the carrier which of the two is right, or import with mode=graph",
        )
    }

    /// A used code whose secret is that of another used code of the file.
    #[must_use]
    pub fn used_twice(line: u32, iccid: &str) -> Self {
        Self::of_code(
            line,
            iccid,
            "is used, and so is an earlier code of the file with the same secret",
            "ask the carrier which of the two was used, and leave the other one out",
        )
    }

    /// A stored code of which the file says something else.
    #[must_use]
    pub fn known_otherwise(line: u32, iccid: &str) -> Self {
        Self::of_code(
            line,
            iccid,
            "is in a pool already, and the file says that it is used or bound to another device",
            "claim it for its device by its ICCID, then leave the line out",
        )
    }

    /// A code that another pool has for one device.
    #[must_use]
    pub fn bound_elsewhere(line: u32, iccid: &str) -> Self {
        Self::of_code(
            line,
            iccid,
            "is in another pool already, bound to the EID of one device",
            "leave the line out, or give it the same EID",
        )
    }

    fn of_code(line: u32, iccid: &str, reason: &str, hint: &str) -> Self {
        Self { value: iccid.to_owned(), ..Self::of_line(line, reason, hint) }
    }
}

#[cfg(test)]
mod tests {
    use super::{ImportReport, MAX_REPORTED_REJECTIONS, Rejection};

    #[test]
    fn the_first_rejections_are_listed_in_order_and_the_rest_are_counted() {
        let mut report = ImportReport::default();
        for line in (1..=3000).rev() {
            report.reject(Rejection::of_line(line, "is wrong", "correct it"));
        }
        assert_eq!((report.rejected_count, report.rejected.len()), (3000, MAX_REPORTED_REJECTIONS));
        let lines: Vec<_> = report.rejected.iter().map(|it| it.line).collect();
        assert_eq!(lines, (1..=1000).collect::<Vec<_>>());
    }

    #[test]
    fn lines_that_were_compared_with_stored_codes_are_listed_only_if_they_are_disclosed() {
        let mut report = ImportReport::default();
        report.reject(Rejection::of_line(2, "is wrong", "correct it"));
        report.reject_compared(Rejection::handed_out(1, "8944500102198304826"));
        report.reject_compared(Rejection::iccid_exists(3, "8944500102198304834"));
        let lines =
            |report: &ImportReport| report.rejected.iter().map(|it| it.line).collect::<Vec<_>>();
        assert_eq!(report.rejected_count, 3);
        let mut concealed = report.clone();
        concealed.finish(false);
        assert_eq!(lines(&concealed), [2]);
        report.finish(true);
        assert_eq!(lines(&report), [1, 2, 3]);
        assert_eq!(report.groups.len(), 3);
    }
}
