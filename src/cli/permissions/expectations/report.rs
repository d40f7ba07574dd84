//! The results as a table for people.

use super::outcome::Outcome;
use crate::cli::output::{counted, shortened, table};

/// The longest name of a token in the table, in characters.
const MAX_TOKEN: usize = 16;

/// A row for each request, and under them what was not as expected.
pub(super) fn table_of(outcomes: &[Outcome<'_>]) -> String {
    let row = |outcome: &Outcome<'_>| {
        let expectation = outcome.expectation;
        let status = outcome.status().map_or_else(|| "none".to_owned(), |it| it.to_string());
        vec![
            expectation.line.to_string(),
            if outcome.is_expected() { "ok" } else { "FAILED" }.to_owned(),
            shortened(&expectation.token, MAX_TOKEN),
            shortened(&expectation.request(), usize::MAX),
            expectation.status.to_string(),
            status,
        ]
    };
    let headings = [">line", "|result", "|token", "request", ">expected", ">got"];
    let mut text = table(&headings, outcomes.iter().map(row));
    let differences: Vec<_> = outcomes
        .iter()
        .filter_map(|it| Some(format!("line {}: {}\n", it.expectation.line, it.difference()?)))
        .collect();
    if !differences.is_empty() {
        text += "\n";
        text += &differences.concat();
    }
    let expected = outcomes.len() - differences.len();
    text + &format!(
        "\n{} of {} answered as expected\n",
        expected,
        counted(outcomes.len() as u64, "request")
    )
}
