//! How much one tenant may hold.

/// How much one tenant may hold, as a part of what it and the free units are together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Threshold {
    percent: u8,
}

impl Threshold {
    /// A tenant alone may hold so many percent of the whole, from 1 to 100.
    pub(crate) const fn new(percent: u8) -> Self {
        Self { percent }
    }

    /// Whether a tenant that holds `held` units may have `more` while `free` are free. The last unit
    /// is for a tenant that holds none.
    pub(crate) fn admits(self, held: usize, more: usize, free: usize) -> bool {
        let Some(left) = free.checked_sub(more) else { return false };
        let then = held.saturating_add(more);
        then <= 1 || then <= self.of(then.saturating_add(left))
    }

    /// The most that a tenant may hold of so many units while others hold none. At least one unit, if
    /// there is any.
    pub(crate) fn most(self, whole: usize) -> usize {
        self.of(whole).max(whole.min(1))
    }

    fn of(self, units: usize) -> usize {
        // By parts, since the product could overflow.
        let percent = usize::from(self.percent);
        units / 100 * percent + units % 100 * percent / 100
    }
}

#[cfg(test)]
mod tests {
    use super::Threshold;

    #[test]
    fn a_tenant_may_hold_a_fixed_part_of_what_it_holds_and_what_is_free() {
        // Percent, held, more, free: whether it may.
        let table = [
            (75, 0, 1, 16, true),
            (75, 11, 1, 5, true),
            // A tenant alone gets three quarters.
            (75, 12, 1, 4, false),
            // A second one gets three quarters of the rest, and the first one no more.
            (75, 2, 1, 2, true),
            (75, 3, 1, 1, false),
            // The last unit goes to a tenant that holds none, and no unit is granted that is not free.
            (75, 0, 1, 1, true),
            (75, 0, 1, 0, false),
            // Large requests leave something as well.
            (75, 0, 12, 16, true),
            (75, 0, 13, 16, false),
            (50, 0, 8, 16, true),
            (50, 0, 9, 16, false),
            // Everything.
            (100, 15, 1, 1, true),
            (100, 0, 16, 16, true),
            (100, 0, 17, 16, false),
        ];
        for (percent, held, more, free, may) in table {
            let admitted = Threshold::new(percent).admits(held, more, free);
            assert_eq!(admitted, may, "{percent} %, {held} held, {more} more, {free} free");
        }
    }

    #[test]
    fn one_unit_is_for_one_tenant() {
        assert_eq!(Threshold::new(75).most(0), 0);
        assert_eq!(Threshold::new(75).most(1), 1);
        assert_eq!(Threshold::new(75).most(16), 12);
        assert_eq!(Threshold::new(75).most(usize::MAX / 8) / (usize::MAX / 800), 75);
    }
}
