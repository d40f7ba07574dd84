//! Files of codes on their way into pools: what became of their lines.

use std::fmt;

use super::Pool;

/// The most rejected lines that are told one by one.
pub const MAX_REPORTED_REJECTIONS: usize = 1000;

/// A line that holds no code, or none that may be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// Its number, from 1.
    pub line: u32,
    /// The column at fault, from 1; none where the whole line is.
    pub column: Option<u32>,
    /// What stands there, as far as it may be shown: enough to find it by, never a secret.
    pub value: String,
    /// What is wrong, as the end of a sentence that begins with the value.
    pub reason: String,
    /// What to do.
    pub hint: String,
}

/// What an import came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// The pool as it is now; none where none was made.
    pub pool: Option<Pool>,
    /// Codes that were put into it, or would have been.
    pub inserted: u64,
    /// Codes that it has already, or that stood in the file before.
    pub duplicates: u64,
    /// Lines that were rejected.
    pub rejected_count: u64,
    /// The first of them, in their order.
    pub rejected: Vec<Rejection>,
}

impl ImportReport {
    /// Takes a rejection down.
    pub fn reject(&mut self, rejection: Rejection) {
        self.rejected_count += 1;
        let place = self.rejected.partition_point(|known| known.line <= rejection.line);
        if place < MAX_REPORTED_REJECTIONS {
            self.rejected.insert(place, rejection);
            self.rejected.truncate(MAX_REPORTED_REJECTIONS);
        }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Line {}", self.line)?;
        if let Some(column) = self.column {
            write!(f, ", column {column}")?;
        }
        let blank = if self.value.is_empty() { "" } else { " " };
        write!(f, ": {}{blank}{}; {}", self.value, self.reason, self.hint)
    }
}

impl Rejection {
    /// A whole line at fault.
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

    /// A code that was handed out to some device before. It is named by its ICCID.
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
            "stands in the tenant already, in another pool or with another secret",
            "leave the line out, or import with mode=graph if both are right",
        )
    }

    /// An ICCID that stands in the file before, with another secret.
    #[must_use]
    pub fn iccid_twice(line: u32, iccid: &str) -> Self {
        Self::of_code(
            line,
            iccid,
            "stands in the file before, with another secret",
            "ask the carrier which of the two is right, or import with mode=graph",
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
    fn the_first_rejections_are_told_in_order_and_the_rest_are_counted() {
        let mut report = ImportReport::default();
        for line in (1..=3000).rev() {
            report.reject(Rejection::of_line(line, "is wrong", "mend it"));
        }
        assert_eq!((report.rejected_count, report.rejected.len()), (3000, MAX_REPORTED_REJECTIONS));
        let lines: Vec<_> = report.rejected.iter().map(|it| it.line).collect();
        assert_eq!(lines, (1..=1000).collect::<Vec<_>>());
    }
}
