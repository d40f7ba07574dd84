//! The lines of a file by what became of them: lines with equal reasons are counted together.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::{PoolId, Rejection};

/// The maximum number of groups of rejected lines in a report, and of known ones.
pub(super) const MAX_LINE_GROUPS: usize = 100;

/// What became of the lines of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LineOutcome {
    /// Their codes are stored already, or occur earlier in the file.
    Known,
    /// They were rejected.
    Rejected,
}

/// Lines of a file with equal reasons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineGroup {
    /// What became of the lines.
    pub outcome: LineOutcome,
    /// The reason, as the end of a sentence that starts with a line's value.
    pub reason: String,
    /// How to correct the lines; empty if there is nothing to correct.
    pub hint: String,
    /// The pool that has the codes of known lines.
    pub pool: Option<PoolId>,
    /// The number of lines.
    pub count: u64,
    /// The first line; `None` if the caller may not know which lines these are.
    pub first_line: Option<u32>,
}

/// Counts the lines of a file while it is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineCounts {
    /// Rejected for what the lines say.
    rejected: Vec<Counted>,
    /// Rejected because of stored codes: there are only a few reasons.
    compared: Vec<Counted>,
    /// Rejected for further reasons.
    others: Tally,
    /// Known codes, by the pool that has them.
    known: BTreeMap<PoolId, Tally>,
    /// The names of pools that have known codes.
    names: BTreeMap<PoolId, String>,
    /// Codes that occur earlier in the file.
    repeated: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Counted {
    reason: String,
    hint: String,
    tally: Tally,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tally {
    count: u64,
    first_line: Option<u32>,
}

impl Tally {
    fn add(&mut self, line: u32) {
        self.count += 1;
        self.first_line = Some(self.first_line.map_or(line, |first| first.min(line)));
    }
}

impl LineCounts {
    /// Counts a line that was rejected for what it says.
    pub fn reject(&mut self, line: u32, reason: &str, hint: &str) {
        count(&mut self.rejected, line, reason, hint, &mut self.others);
    }

    /// Counts a line that was rejected because of stored codes.
    pub fn reject_compared(&mut self, line: u32, rejection: &Rejection) {
        count(&mut self.compared, line, &rejection.reason, &rejection.hint, &mut self.others);
    }

    /// Counts a line whose code is in that pool.
    pub fn known(&mut self, line: u32, pool: PoolId) {
        self.known.entry(pool).or_default().add(line);
    }

    /// Counts a line whose code occurs earlier in the file.
    pub fn repeated(&mut self) {
        self.repeated += 1;
    }

    /// The pools that are to be named: those with the most known codes.
    #[must_use]
    pub fn pools(&self) -> Vec<PoolId> {
        let mut pools: Vec<_> =
            self.known.iter().map(|(pool, tally)| (tally.count, *pool)).collect();
        pools.sort_unstable_by(|one, other| other.cmp(one));
        pools.truncate(MAX_LINE_GROUPS);
        pools.into_iter().map(|(_, pool)| pool).collect()
    }

    /// Names a pool that has known codes.
    pub fn name(&mut self, pool: PoolId, name: String) {
        self.names.insert(pool, name);
    }

    /// The groups: known lines first, then by their number. Their order does not depend on the order of
    /// the lines, which would tell which of them are known. Only if `disclosed`, the first line is told of
    /// groups that depend on stored codes.
    #[must_use]
    pub fn groups(&self, disclosed: bool) -> Vec<LineGroup> {
        let rejected = |it: &Counted, told: bool| LineGroup {
            outcome: LineOutcome::Rejected,
            reason: it.reason.clone(),
            hint: it.hint.clone(),
            pool: None,
            count: it.tally.count,
            first_line: it.tally.first_line.filter(|_| told),
        };
        let known = |reason: String, pool: Option<PoolId>, tally: Tally| LineGroup {
            outcome: LineOutcome::Known,
            reason,
            hint: String::new(),
            pool,
            count: tally.count,
            first_line: tally.first_line.filter(|_| disclosed),
        };
        let mut groups: Vec<_> = self.rejected.iter().map(|it| rejected(it, true)).collect();
        groups.extend(self.compared.iter().map(|it| rejected(it, disclosed)));
        let mut other_pools = Tally::default();
        for (pool, tally) in &self.known {
            match self.names.get(pool) {
                Some(name) => {
                    groups.push(known(format!("already in pool {name}"), Some(*pool), *tally));
                }
                None => other_pools.count += tally.count,
            }
        }
        if other_pools.count > 0 {
            groups.push(known("already in other pools".to_owned(), None, other_pools));
        }
        if self.repeated > 0 {
            let tally = Tally { count: self.repeated, first_line: None };
            groups.push(known("earlier in the file already".to_owned(), None, tally));
        }
        if self.others.count > 0 {
            let reason = "rejected for further reasons".to_owned();
            let hint = "correct the other lines first".to_owned();
            groups.push(rejected(&Counted { reason, hint, tally: self.others }, false));
        }
        groups.sort_by_cached_key(|it| {
            let LineGroup { outcome, reason, hint, pool, count, first_line } = it;
            (*outcome, Reverse(*count), *first_line, reason.clone(), hint.clone(), *pool)
        });
        groups
    }
}

fn count(list: &mut Vec<Counted>, line: u32, reason: &str, hint: &str, others: &mut Tally) {
    if let Some(counted) = list.iter_mut().find(|it| it.reason == reason && it.hint == hint) {
        counted.tally.add(line);
    } else if list.len() < MAX_LINE_GROUPS {
        let tally = Tally { count: 1, first_line: Some(line) };
        list.push(Counted { reason: reason.to_owned(), hint: hint.to_owned(), tally });
    } else {
        others.add(line);
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::{LineCounts, LineOutcome, MAX_LINE_GROUPS};
    use crate::domain::{PoolId, Rejection};

    #[test]
    fn equal_reasons_are_counted_together_and_further_ones_in_one_group() {
        let mut counts = LineCounts::default();
        for line in 2..=301 {
            counts.reject(line, &format!("is wrong in way {}", line % 150), "correct it");
        }
        let groups = counts.groups(true);
        assert_eq!(groups.len(), MAX_LINE_GROUPS + 1);
        assert_eq!((groups[0].count, groups[0].first_line), (100, None));
        assert!(groups[1..].iter().all(|it| it.count == 2 && it.first_line.is_some()));
    }

    #[test]
    fn lines_that_depend_on_stored_codes_are_told_only_if_they_are_disclosed() {
        let of_two = |first: u32, second: u32| {
            let mut counts = LineCounts::default();
            let pool = PoolId::from(Uuid::from_u128(1));
            counts.known(first, pool);
            counts.name(pool, "Spring".to_owned());
            counts.reject_compared(second, &Rejection::iccid_exists(second, "8944500102198304834"));
            counts
        };
        let told = of_two(7, 5).groups(true);
        let lines: Vec<_> = told.iter().map(|it| (it.outcome, it.first_line)).collect();
        assert_eq!(lines, [(LineOutcome::Known, Some(7)), (LineOutcome::Rejected, Some(5))]);
        assert_eq!(told[0].reason, "already in pool Spring");
        assert_eq!(of_two(7, 5).groups(false), of_two(5, 7).groups(false), "nor their order");
        assert!(of_two(7, 5).groups(false).iter().all(|it| it.first_line.is_none()));
    }
}
