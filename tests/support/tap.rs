//! The grammar of the Test Anything Protocol, version 13, as far as reports of this program use it.

use serde_json::{Map, Value};

/// A line `ok` or `not ok`, with the YAML block below it.
#[derive(Debug)]
pub struct TapTest {
    pub ok: bool,
    pub description: String,
    pub diagnostics: Map<String, Value>,
}

/// The tests of a report. Fails at the first line that the grammar does not have.
#[track_caller]
pub fn parse_tap(report: &str) -> Vec<TapTest> {
    let mut lines = report.lines();
    assert_eq!(lines.next(), Some("TAP version 13"));
    let plan = lines.next().and_then(|line| line.strip_prefix("1..")).expect("a plan");
    let planned: usize = plan.parse().expect("a number of tests");
    let mut tests: Vec<TapTest> = Vec::new();
    while let Some(line) = lines.next() {
        if line == "  ---" {
            let test = tests.last_mut().expect("a block belongs to a test");
            for line in lines.by_ref().take_while(|line| *line != "  ...") {
                let (key, value) =
                    line.strip_prefix("  ").and_then(|it| it.split_once(": ")).expect("a key");
                // Every scalar that is written here is JSON, which is YAML as well.
                let value = serde_json::from_str(value).expect("a scalar");
                assert!(test.diagnostics.insert(key.to_owned(), value).is_none(), "{key} twice");
            }
            continue;
        }
        let (ok, rest) = match line.strip_prefix("not ") {
            Some(rest) => (false, rest),
            None => (true, line),
        };
        let rest = rest.strip_prefix("ok ").unwrap_or_else(|| panic!("'{line}' is no test"));
        let (number, description) = rest.split_once(" - ").expect("a number and a description");
        assert_eq!(number.parse(), Ok(tests.len() + 1));
        let description = unescaped(description);
        tests.push(TapTest { ok, description, diagnostics: Map::new() });
    }
    assert_eq!(tests.len(), planned);
    tests
}

/// A description without its escapes. An unescaped `#` would begin a directive, which nothing writes.
fn unescaped(description: &str) -> String {
    let mut letters = description.chars();
    let mut plain = String::new();
    while let Some(letter) = letters.next() {
        assert_ne!(letter, '#', "a directive: {description}");
        plain.push(if letter == '\\' {
            letters.next().expect("an escaped letter")
        } else {
            letter
        });
    }
    plain
}
