//! What a condition costs for each entity that it is tested on. A limit keeps a query of a few
//! kilobytes from occupying a connection for seconds.

use super::options::QueryOption;
use crate::domain::{Invalid, Operand, Predicate};

/// The greatest cost of a `$filter`, and of a `$search`. It admits as many GUIDs in an `in` list as an
/// option is long enough for, or 50 times `contains`.
pub(super) const MAX_COST: usize = 250;

/// How many comparisons a function costs, which reads all of a string.
const FUNCTION_COST: usize = 5;

/// The condition of an option, if it costs no more than the limit.
pub(super) fn affordable<F>(
    option: &QueryOption,
    condition: Predicate<F>,
) -> Result<Predicate<F>, Invalid> {
    let cost = cost(&condition);
    if cost <= MAX_COST {
        return Ok(condition);
    }
    let reason = format!(
        "costs {cost}, and the limit is {MAX_COST}: a comparison costs 1, a value of an 'in' list 1, a \
         function {FUNCTION_COST}, and a word of $search {FUNCTION_COST} for each property that it is \
         looked for in. Use fewer of them, in several requests if necessary"
    );
    Err(Invalid::new(&option.sent, reason))
}

fn cost<F>(condition: &Predicate<F>) -> usize {
    match condition {
        Predicate::All(conditions) | Predicate::Any(conditions) => {
            conditions.iter().map(cost).sum()
        }
        Predicate::Not(condition) => cost(condition),
        Predicate::Compare(one, _, other) => operand_cost(one) * operand_cost(other),
        Predicate::Match(one, _, other) => FUNCTION_COST * operand_cost(one) * operand_cost(other),
    }
}

fn operand_cost<F>(operand: &Operand<F>) -> usize {
    match operand {
        Operand::Length(_) => FUNCTION_COST,
        // Folded text is stored.
        Operand::Field(_) | Operand::Folded(_) | Operand::Value(_) => 1,
    }
}
