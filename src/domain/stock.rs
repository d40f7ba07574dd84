//! The stock of a pool: its codes, counted by state and operator.

use super::{CodeState, Timestamp};

/// The number of codes in a pool, or in all pools of a tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stock {
    /// The number of codes in each state, but for the bound ones, in the order of the states' numbers.
    pub by_state: Vec<(CodeState, i64)>,
    /// The number of free codes that only the device of one EID may get: their state is
    /// [`CodeState::Free`].
    pub bound: i64,
    /// The number of codes of each operator, in the order of their addresses.
    pub by_operator: Vec<OperatorStock>,
    /// When a code was last added, removed or changed.
    pub last_movement: Option<Timestamp>,
    /// The number of free codes at or below which the stock is low. The stock of all pools has no
    /// threshold.
    pub low_stock_threshold: Option<i64>,
}

/// The codes of all tenants and the state of their pools, for monitoring.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StockSummary {
    /// The number of codes in each state, but for the bound ones; states without codes may be left
    /// out.
    pub by_state: Vec<(CodeState, i64)>,
    /// The number of free codes that only the device of one EID may get.
    pub bound: i64,
    /// The number of pools.
    pub pools: i64,
    /// The number of pools whose stock is low, empty ones included.
    pub low: i64,
    /// The number of pools without a free code.
    pub empty: i64,
}

/// The number of codes of one operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorStock {
    /// The operator's SM-DP+ address, in lower case.
    pub address: String,
    /// All codes.
    pub total: i64,
    /// Free codes.
    pub free: i64,
}

impl StockSummary {
    /// The number of codes in each state, including states with none, but for the bound ones.
    pub fn states(&self) -> impl Iterator<Item = (CodeState, i64)> {
        (0..).map_while(CodeState::numbered).map(|state| {
            let codes = self.by_state.iter().filter(|(it, _)| *it == state);
            (state, codes.map(|(_, codes)| codes).sum())
        })
    }
}

impl Stock {
    /// The number of all codes.
    #[must_use]
    pub fn total(&self) -> i64 {
        self.count(|_| true) + self.bound
    }

    /// The number of free codes that any device may get.
    #[must_use]
    pub fn free(&self) -> i64 {
        self.count(|state| state == CodeState::Free)
    }

    /// The number of codes that a device has or had.
    #[must_use]
    pub fn handed_out(&self) -> i64 {
        self.count(|state| matches!(state, CodeState::HandedOut(_)))
    }

    /// The number of codes that were released before they were installed.
    #[must_use]
    pub fn quarantined(&self) -> i64 {
        self.count(|state| state == CodeState::Quarantined)
    }

    /// The number of codes that were handed out before, from this or another pool.
    #[must_use]
    pub fn handed_out_elsewhere(&self) -> i64 {
        self.count(|state| state == CodeState::HandedOutElsewhere)
    }

    /// Whether the stock is low; `None` without a threshold.
    #[must_use]
    pub fn is_low(&self) -> Option<bool> {
        self.low_stock_threshold.map(|threshold| self.free() <= threshold)
    }

    /// The number of codes in each state, including states with none.
    pub fn states(&self) -> impl Iterator<Item = (CodeState, i64)> {
        let bound = |state| if state == CodeState::Free { self.bound } else { 0 };
        let states = (0..).map_while(CodeState::numbered);
        states.map(move |state| (state, self.count(|it| it == state) + bound(state)))
    }

    fn count(&self, counts: impl Fn(CodeState) -> bool) -> i64 {
        self.by_state.iter().filter(|(state, _)| counts(*state)).map(|(_, count)| count).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::{CodeState, Stock};
    use crate::domain::DeviceStateValue;

    #[test]
    fn every_code_is_counted_once() {
        let stock = Stock {
            by_state: (0..10).filter_map(CodeState::numbered).zip(1..).collect(),
            bound: 2,
            low_stock_threshold: Some(1),
            ..Stock::default()
        };
        assert_eq!(stock.total(), 57);
        let parts =
            [stock.free(), stock.handed_out(), stock.quarantined(), stock.handed_out_elsewhere()];
        assert_eq!(parts.iter().sum::<i64>() + stock.bound, stock.total());
        assert_eq!(stock.states().next(), Some((CodeState::Free, 3)));
        assert_eq!(stock.states().map(|(_, count)| count).sum::<i64>(), stock.total());
        assert_eq!(stock.is_low(), Some(true));
        let none = Stock::default();
        assert_eq!((none.total(), none.is_low()), (0, None));
        assert_eq!(CodeState::HandedOut(DeviceStateValue::Installed).name(), "installed");
    }
}
