//! The results in the Test Anything Protocol, version 13 (<https://testanything.org>).

use std::fmt::Write as _;

use serde_json::Value;

use super::outcome::Outcome;

/// A line for each request. What is known of a failure follows as a YAML block.
pub(super) fn report(outcomes: &[Outcome<'_>]) -> String {
    let mut text = format!("TAP version 13\n1..{}\n", outcomes.len());
    for (index, outcome) in outcomes.iter().enumerate() {
        let not = if outcome.is_expected() { "" } else { "not " };
        let _ = writeln!(text, "{not}ok {} - {}", index + 1, description(&outcome.title()));
        if let Some(difference) = outcome.difference() {
            // A JSON string is a quoted string of YAML as well.
            let message = Value::from(difference);
            let (line, expected) = (outcome.expectation.line, outcome.expectation.status);
            let got = outcome.status().map_or(Value::Null, Value::from);
            let _ = writeln!(
                text,
                "  ---\n  message: {message}\n  line: {line}\n  expected: {expected}\n  got: {got}\n  ..."
            );
        }
    }
    text
}

/// A text as a description: on one line, and with nothing that could be a directive (`# SKIP`).
fn description(text: &str) -> String {
    let mut description = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '#' | '\\' => description.extend(['\\', letter]),
            _ if letter.is_control() => description.push('\u{fffd}'),
            _ => description.push(letter),
        }
    }
    description
}

#[cfg(test)]
mod tests {
    use super::super::outcome::samples::{expectations, outcomes};
    use super::report;

    #[test]
    fn a_description_contains_no_directive_and_a_message_is_one_quoted_line() {
        let expectations = expectations();
        assert_eq!(
            report(&outcomes(&expectations)),
            "TAP version 13\n\
             1..3\n\
             ok 1 - GET /a with reader is answered 200\n\
             not ok 2 - GET /b?x='<&\"1\u{fffd}\\#5 \\# skip with reader is answered 200\n  \
               ---\n  \
               message: \"expected 200, got 403 Forbidden: <not> & \\\"never\\\"\\u001b\"\n  \
               line: 9\n  expected: 200\n  got: 403\n  ...\n\
             not ok 3 - GET /c\\\\ with reader is answered 200\n  \
               ---\n  \
               message: \"expected 200, got no response: connection refused\"\n  \
               line: 14\n  expected: 200\n  got: null\n  ...\n"
        );
    }
}
