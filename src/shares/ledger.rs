//! Who holds how many units, and who waits for some. No time and no tasks, so that it can be tested
//! as a function.

use std::collections::{HashMap, VecDeque};

use super::Holder;
use super::threshold::Threshold;

/// What waits for units.
pub(super) trait Waiter {
    /// Whether it still waits.
    fn is_waiting(&self) -> bool;
}

/// A fixed number of units, each of them free or held by a tenant.
#[derive(Debug)]
pub(super) struct Ledger<W> {
    threshold: Threshold,
    free: usize,
    held: HashMap<Holder, usize>,
    /// The queue of each holder that has one. The first is the next to be asked.
    turns: VecDeque<(Holder, VecDeque<Waiting<W>>)>,
}

#[derive(Debug)]
struct Waiting<W> {
    units: usize,
    waiter: W,
}

/// Units that were given to one who waited.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Grant<W> {
    pub(super) holder: Holder,
    pub(super) units: usize,
    pub(super) waiter: W,
}

impl<W: Waiter> Ledger<W> {
    pub(super) fn new(whole: usize, threshold: Threshold) -> Self {
        Self { threshold, free: whole, held: HashMap::new(), turns: VecDeque::new() }
    }

    pub(super) fn free(&self) -> usize {
        self.free
    }

    /// Takes units at once, if the threshold allows it and no request of the same holder waits. Returns
    /// whether it did.
    pub(super) fn take(&mut self, holder: Holder, units: usize) -> bool {
        let mut waits = self.turns.iter().filter(|(other, _)| *other == holder);
        let waits = waits.any(|(_, queue)| queue.iter().any(|it| it.waiter.is_waiting()));
        !waits && self.admit(holder, units)
    }

    /// Waits behind the others of the same holder.
    pub(super) fn wait(&mut self, holder: Holder, units: usize, waiter: W) {
        let waiting = Waiting { units, waiter };
        if let Some((_, queue)) = self.turns.iter_mut().find(|(other, _)| *other == holder) {
            // Those that have given up are in front: they have waited for longest.
            while queue.pop_front_if(|first| !first.waiter.is_waiting()).is_some() {}
            queue.push_back(waiting);
        } else {
            self.turns.push_back((holder, VecDeque::from([waiting])));
        }
    }

    /// Gives units back.
    pub(super) fn give(&mut self, holder: Holder, units: usize) {
        self.free += units;
        if let Some(held) = self.held.get_mut(&holder) {
            *held = held.saturating_sub(units);
            if *held == 0 {
                self.held.remove(&holder);
            }
        }
    }

    /// The next one who waited and gets its units now. Holders have turns.
    pub(super) fn grant(&mut self) -> Option<Grant<W>> {
        for _ in 0..self.turns.len() {
            let (holder, mut queue) = self.turns.pop_front()?;
            while queue.pop_front_if(|first| !first.waiter.is_waiting()).is_some() {}
            let granted = queue.pop_front_if(|first| self.admit(holder, first.units));
            if !queue.is_empty() {
                self.turns.push_back((holder, queue));
            }
            if let Some(Waiting { units, waiter }) = granted {
                return Some(Grant { holder, units, waiter });
            }
        }
        None
    }

    fn admit(&mut self, holder: Holder, units: usize) -> bool {
        let held = self.held.get(&holder).copied().unwrap_or_default();
        if !self.threshold.admits(held, units, self.free) {
            return false;
        }
        self.free -= units;
        if units > 0 {
            *self.held.entry(holder).or_default() += units;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::{Grant, Holder, Ledger, Threshold, Waiter};

    /// A waiter by its number; those from a hundred on have given up.
    impl Waiter for u32 {
        fn is_waiting(&self) -> bool {
            *self < 100
        }
    }

    /// The service itself, or the tenant of that number.
    fn tenant(number: u128) -> Holder {
        (number > 0).then(|| Uuid::from_u128(number).into())
    }

    fn ledger(whole: usize) -> Ledger<u32> {
        Ledger::new(whole, Threshold::new(75))
    }

    /// The numbers of all that get their units now.
    fn granted(ledger: &mut Ledger<u32>) -> Vec<u32> {
        std::iter::from_fn(|| ledger.grant()).map(|grant| grant.waiter).collect()
    }

    #[test]
    fn a_tenant_that_takes_all_it_can_leaves_some_for_many_others() {
        let mut ledger = ledger(16);
        let counts: Vec<_> = (1..6)
            .map(|number| (0..16).filter(|_| ledger.take(tenant(number), 1)).count())
            .collect();
        assert_eq!(counts, [12, 3, 1, 0, 0]);
    }

    #[test]
    fn tenants_are_served_in_turn_and_each_in_order() {
        let mut ledger = ledger(1);
        assert!(ledger.take(None, 1));
        for (number, waiter) in [(1, 10), (1, 11), (1, 12), (2, 20), (3, 30)] {
            ledger.wait(tenant(number), 1, waiter);
        }
        let mut order = Vec::new();
        let mut holder = None;
        loop {
            ledger.give(holder, 1);
            let Some(grant) = ledger.grant() else { break };
            assert_eq!(ledger.grant(), None, "there is only one");
            holder = grant.holder;
            order.push(grant.waiter);
        }
        assert_eq!(order, [10, 20, 30, 11, 12]);
    }

    #[test]
    fn who_comes_later_does_not_overtake_others_of_the_same_tenant() {
        let mut ledger = ledger(16);
        assert!(ledger.take(tenant(1), 10));
        ledger.wait(tenant(1), 4, 1);
        assert!(!ledger.take(tenant(1), 1), "the one before it wants more than there is");
        assert!(ledger.take(tenant(2), 1), "another tenant need not wait");
        ledger.give(tenant(1), 10);
        assert_eq!(granted(&mut ledger), [1]);
        assert!(ledger.take(tenant(1), 1));
    }

    #[test]
    fn who_has_given_up_is_in_nobodys_way() {
        let mut ledger = ledger(4);
        assert!(ledger.take(tenant(1), 3));
        ledger.wait(tenant(1), 3, 100);
        ledger.wait(tenant(1), 1, 101);
        ledger.wait(tenant(1), 1, 1);
        assert!(granted(&mut ledger).is_empty());
        ledger.give(tenant(1), 1);
        assert_eq!(granted(&mut ledger), [1]);
        assert!(ledger.turns.is_empty());
    }

    proptest! {
        /// Whatever is taken, waited for, given up and given back.
        #[test]
        fn units_are_neither_lost_nor_made(
            steps in prop::collection::vec((0..4_u8, 0..5_u128, 0..9_usize, 0..120_u32), 0..200)
        ) {
            const WHOLE: usize = 20;
            let mut ledger = ledger(WHOLE);
            let mut held: Vec<(Holder, usize)> = Vec::new();
            for (step, number, units, waiter) in steps {
                let holder = tenant(number);
                match step {
                    0 if ledger.take(holder, units) => held.push((holder, units)),
                    1 => ledger.wait(holder, units, waiter),
                    2 if !held.is_empty() => {
                        let (holder, units) = held.swap_remove(units % held.len());
                        ledger.give(holder, units);
                    }
                    _ => {}
                }
                while let Some(Grant { holder, units, waiter }) = ledger.grant() {
                    prop_assert!(waiter.is_waiting());
                    held.push((holder, units));
                }
                let sum: usize = held.iter().map(|(_, units)| units).sum();
                prop_assert_eq!(ledger.free() + sum, WHOLE);
                prop_assert_eq!(ledger.held.values().sum::<usize>(), sum);
            }
            for (holder, units) in held.drain(..) {
                ledger.give(holder, units);
            }
            prop_assert!(ledger.held.is_empty());
            prop_assert_eq!(ledger.free(), WHOLE);
        }
    }
}
