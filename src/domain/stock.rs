//! What is left.

use super::{CodeState, Timestamp};

/// The codes of a pool, or of all pools of a tenant, counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stock {
    /// How many of them are in which state, in the order of the states' numbers.
    pub by_state: Vec<(CodeState, i64)>,
    /// The same by who sells them, in the order of their addresses.
    pub by_operator: Vec<OperatorStock>,
    /// When a code last came, went or changed.
    pub last_movement: Option<Timestamp>,
    /// From how many free codes down the stock is low; of all pools together nobody says.
    pub low_stock_threshold: Option<i64>,
}

/// The codes of one operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorStock {
    /// Its SM-DP+ host, in lower case.
    pub address: String,
    /// All of its codes.
    pub total: i64,
    /// Those that nobody has.
    pub free: i64,
}

impl Stock {
    /// All codes.
    #[must_use]
    pub fn total(&self) -> i64 {
        self.count(|_| true)
    }

    /// Those that nobody has.
    #[must_use]
    pub fn free(&self) -> i64 {
        self.count(|state| state == CodeState::Free)
    }

    /// Those that some device has or had.
    #[must_use]
    pub fn handed_out(&self) -> i64 {
        self.count(|state| matches!(state, CodeState::HandedOut(_)))
    }

    /// Those that were taken back.
    #[must_use]
    pub fn quarantined(&self) -> i64 {
        self.count(|state| state == CodeState::Quarantined)
    }

    /// Those that were handed out under another roof.
    #[must_use]
    pub fn handed_out_elsewhere(&self) -> i64 {
        self.count(|state| state == CodeState::HandedOutElsewhere)
    }

    /// Whether it is time to buy some.
    #[must_use]
    pub fn is_low(&self) -> Option<bool> {
        self.low_stock_threshold.map(|threshold| self.free() <= threshold)
    }

    /// How many are in each state, those that are in none included.
    pub fn states(&self) -> impl Iterator<Item = (CodeState, i64)> {
        (0..).map_while(CodeState::numbered).map(|state| (state, self.count(|it| it == state)))
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
            low_stock_threshold: Some(1),
            ..Stock::default()
        };
        assert_eq!(stock.total(), 55);
        let parts =
            [stock.free(), stock.handed_out(), stock.quarantined(), stock.handed_out_elsewhere()];
        assert_eq!(parts.iter().sum::<i64>(), stock.total());
        assert_eq!(stock.states().map(|(_, count)| count).sum::<i64>(), stock.total());
        assert_eq!(stock.is_low(), Some(true));
        let none = Stock::default();
        assert_eq!((none.total(), none.is_low()), (0, None));
        assert_eq!(CodeState::HandedOut(DeviceStateValue::Installed).name(), "installed");
    }
}
