//! Reads JSON bodies. An error names the property and the rule, and never repeats a value, which may
//! be a secret.

mod object;
mod values;

use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::error::Category;

pub(super) use object::{Object, Properties, Slot, ignore};
pub(super) use values::{Date, Int32};

use crate::domain::{Invalid, Rules};

/// A domain type that is parsed from a request body.
pub trait FromJson: Sized + Send + 'static {
    /// Parses and checks the body.
    fn from_json(json: &[u8], rules: &Rules) -> Result<Self, Invalid>;

    /// The JSON schema of the body, for the OpenAPI document.
    fn schema(rules: &Rules) -> Value;
}

/// Parses a document as `T`.
pub(super) fn read<T: DeserializeOwned>(json: &[u8], rules: &Rules) -> Result<T, Invalid> {
    check_size(json, rules)?;
    serde_json::from_slice(json).map_err(|_| {
        // Parse again, more slowly, to find the path of the error.
        let mut reader = serde_json::Deserializer::from_slice(json);
        match serde_path_to_error::deserialize::<_, T>(&mut reader) {
            Err(error) => explain(&error),
            Ok(_) => {
                not_json("unexpected characters after the document", reader.end().err().as_ref())
            }
        }
    })
}

fn explain(error: &serde_path_to_error::Error<serde_json::Error>) -> Invalid {
    let cause = error.inner();
    let path = error.path().to_string();
    let target = if path == "." { String::new() } else { path };
    let position = format!(" at line {} column {}", cause.line(), cause.column());
    let message = cause.to_string();
    let message = message.strip_suffix(&position).unwrap_or(&message);
    match cause.classify() {
        Category::Data => Invalid::new(target, reason(message)),
        Category::Syntax | Category::Eof | Category::Io => not_json(message, Some(cause)),
    }
}

fn not_json(what: &str, cause: Option<&serde_json::Error>) -> Invalid {
    let position = cause.map_or_else(String::new, |cause| {
        format!(" at line {} column {}", cause.line(), cause.column())
    });
    // The first sentence is Graph's.
    Invalid::new(
        "",
        format!(
            "Unable to read JSON request payload. Please ensure Content-Type header is set and \
             payload is of valid JSON format: {what}{position}."
        ),
    )
}

/// serde's message is like "invalid type: string \"…\", expected i32": only the part after the last
/// comma cannot repeat the value.
fn reason(message: &str) -> String {
    if !message.starts_with("invalid ") {
        return message.to_owned();
    }
    let expected =
        message.rsplit_once(", expected ").map_or("of another type", |(_, expected)| expected);
    let expected = match expected {
        "a sequence" => "a list",
        other => other,
    };
    format!("must be {expected}")
}

/// Rejects a document that nests deeper than the rules allow, or that holds more objects and arrays
/// than the maximum number of codes needs. It runs before parsing, so that such a document costs no
/// memory.
fn check_size(json: &[u8], rules: &Rules) -> Result<(), Invalid> {
    let max_depth = rules.json_depth;
    let max_nodes = rules.max_objects();
    let mut nodes = 0;
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => {
                depth += 1;
                nodes += 1;
                if depth > max_depth {
                    let reason = format!("The JSON nests deeper than {max_depth} levels.");
                    return Err(Invalid::new("", reason));
                }
                if nodes > max_nodes {
                    let reason = format!("The JSON holds more than {max_nodes} objects and lists.");
                    return Err(Invalid::new("", reason));
                }
            }
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{check_size, reason};
    use crate::domain::{Rules, Validation};

    fn rules(json_depth: usize) -> Rules {
        Rules { validation: Validation::Lenient, text_length: 255, max_codes: 10, json_depth }
    }

    #[test]
    fn an_error_repeats_only_what_was_expected() {
        let message = r#"invalid type: string "SECRET, expected SECRET", expected a sequence"#;
        assert_eq!(reason(message), "must be a list");
        assert_eq!(reason("invalid type: map, expected a string"), "must be a string");
        assert_eq!(reason("occurs twice in one object"), "occurs twice in one object");
    }

    #[test]
    fn brackets_inside_strings_do_not_nest() {
        assert!(check_size(br#"{"a":"[[[[[[\"[[[["}"#, &rules(1)).is_ok());
        assert!(check_size(b"[[1]]", &rules(2)).is_ok());
        assert!(check_size(b"[[[1]]]", &rules(2)).is_err());
        assert!(check_size(&vec![b'['; 1_000_000], &rules(32)).is_err());
    }

    #[test]
    fn more_objects_than_the_codes_need_are_rejected_before_parsing() {
        let max_nodes = rules(2).max_objects();
        assert!(check_size(&b"{}".repeat(max_nodes), &rules(2)).is_ok());
        assert!(check_size(&b"{}".repeat(max_nodes + 1), &rules(2)).is_err());
    }
}
