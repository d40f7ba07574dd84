//! The order of a listing, and where its pages begin.

use super::{FilterColumn, is_null, nullable};
use crate::domain::{Comparison, Direction, Listing, Operand, OrderKey, Value};
use crate::store::db::Query;

impl Query {
    /// The listing's page: its conditions, its order, and one row more than its limit, which tells
    /// whether there is a next page.
    pub(in crate::store) fn page<F: FilterColumn>(&mut self, listing: &Listing<F>) -> &mut Self {
        self.filter(listing).order(listing).push(" limit ").param(i64::from(listing.limit) + 1);
        if listing.skip > 0 {
            self.push(" offset ").param(i64::from(listing.skip));
        }
        self
    }

    /// The listing's order.
    pub(in crate::store) fn order<F: FilterColumn>(&mut self, listing: &Listing<F>) -> &mut Self {
        self.push(" order by ");
        for (index, key) in listing.order.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            // Null is lowest. Written only for nullable columns: it would keep an index from being used.
            let direction = match (key.direction, key.field.nullable()) {
                (Direction::Ascending, false) => " asc",
                (Direction::Ascending, true) => " asc nulls first",
                (Direction::Descending, false) => " desc",
                (Direction::Descending, true) => " desc nulls last",
            };
            self.push(separator).operand(&key.operand()).push(direction);
        }
        self
    }

    /// What follows the entity with these values of the order's keys: greater by the first key, or
    /// equal by it and greater by the second, and so on.
    pub(super) fn after<F: FilterColumn>(
        &mut self,
        order: &[OrderKey<F>],
        values: &[Value],
    ) -> &mut Self {
        // An index finds where a row is greater, but not where one of several conditions holds.
        let plain =
            |key: &OrderKey<F>| key.direction == Direction::Ascending && !nullable(&key.operand());
        if order.len() > 1 && order.iter().all(plain) {
            self.push("((");
            for (index, key) in order.iter().enumerate() {
                self.push(if index == 0 { "" } else { ", " }).operand(&key.operand());
            }
            self.push(") > (");
            for (index, value) in values.iter().take(order.len()).enumerate() {
                self.push(if index == 0 { "" } else { ", " }).value(value);
            }
            return self.push("))");
        }
        self.push("(");
        for last in 0..order.len() {
            self.push(if last == 0 { "(" } else { " or (" });
            for (index, (key, value)) in order.iter().zip(values).take(last + 1).enumerate() {
                self.push(if index == 0 { "" } else { " and " });
                let (left, right) = (key.operand(), Operand::Value(value.clone()));
                if index < last {
                    self.compare(&left, Comparison::Eq, &right, true);
                } else {
                    self.follows(&left, key.direction, &right);
                }
            }
            self.push(")");
        }
        self.push(")")
    }

    /// Whether a key follows a value in the order; null is lowest.
    fn follows<F: FilterColumn>(
        &mut self,
        key: &Operand<F>,
        direction: Direction,
        value: &Operand<F>,
    ) -> &mut Self {
        match (direction, is_null(value)) {
            (Direction::Ascending, true) => self.compare(key, Comparison::Ne, value, true),
            (Direction::Ascending, false) => self.compare(key, Comparison::Gt, value, true),
            (Direction::Descending, true) => self.push("1 = 0"),
            // Less or null: not greater or equal.
            (Direction::Descending, false) => self.compare(key, Comparison::Lt, value, false),
        }
    }
}
