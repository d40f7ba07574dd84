//! The results as JUnit's XML, as CI systems read it.

use std::fmt::Write as _;
use std::time::Duration;

use super::outcome::Outcome;

/// A test suite of the name, with a test case for each request.
pub(super) fn report(name: &str, outcomes: &[Outcome<'_>]) -> String {
    let tests = outcomes.len();
    let failures = outcomes.iter().filter(|outcome| !outcome.is_expected()).count();
    let time = seconds(outcomes.iter().map(|outcome| outcome.took).sum());
    let (name, counts) = (escaped(name), format!("tests=\"{tests}\" failures=\"{failures}\""));
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <testsuites {counts} errors=\"0\" time=\"{time}\">\n\
         <testsuite name=\"{name}\" {counts} errors=\"0\" skipped=\"0\" time=\"{time}\">\n"
    );
    for outcome in outcomes {
        let (title, class) = (escaped(&outcome.title()), escaped(&outcome.expectation.token));
        let (line, time) = (outcome.expectation.line, seconds(outcome.took));
        let _ = write!(text, "<testcase classname=\"{class}\" name=\"{title}\" time=\"{time}\"");
        let _ = match outcome.difference().as_deref().map(escaped) {
            None => writeln!(text, "/>"),
            Some(difference) => writeln!(
                text,
                "><failure type=\"status\" message=\"{difference}\">line {line}: {difference}</failure></testcase>"
            ),
        };
    }
    text + "</testsuite>\n</testsuites>\n"
}

fn seconds(duration: Duration) -> String {
    format!("{:.3}", duration.as_secs_f64())
}

/// A text as content or as a quoted attribute. Control characters, most of which XML cannot contain,
/// are replaced.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            _ if letter.is_control() => escaped.push('\u{fffd}'),
            _ => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use roxmltree::Document;

    use super::super::outcome::samples::{expectations, outcomes};
    use super::report;

    #[test]
    fn a_parser_finds_the_counts_the_cases_and_the_failures() {
        let expectations = expectations();
        let text = report("a<\"b\".toml", &outcomes(&expectations));
        let document = Document::parse(&text).expect("XML");
        let suite = document.root_element().first_element_child().expect("a suite");
        assert_eq!(suite.attribute("name"), Some("a<\"b\".toml"));
        assert_eq!((suite.attribute("tests"), suite.attribute("failures")), (Some("3"), Some("2")));
        assert_eq!(suite.attribute("time"), Some("3.702"));
        let cases: Vec<_> = suite.children().filter(roxmltree::Node::is_element).collect();
        assert_eq!(cases.len(), 3);
        assert_eq!(cases[0].attribute("classname"), Some("reader"));
        assert!(cases[0].first_element_child().is_none());
        let title = "GET /b?x='<&\"1\u{fffd}#5 # skip with reader is answered 200";
        assert_eq!(cases[1].attribute("name"), Some(title));
        let failure = cases[1].first_element_child().expect("a failure");
        let message = "expected 200, got 403 Forbidden: <not> & \"never\"\u{fffd}";
        assert_eq!(failure.attribute("message"), Some(message));
        assert_eq!(failure.text(), Some(format!("line 9: {message}").as_str()));
    }
}
