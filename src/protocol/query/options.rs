//! The options of a query string, by name.

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::lexer::SyntaxError;
use crate::domain::Invalid;

/// The maximum length of a query string.
const MAX_QUERY_BYTES: usize = 16 * 1024;
/// The maximum length of an option that has a grammar, to bound the work of parsing it.
const MAX_VALUE_BYTES: usize = 8 * 1024;

/// The options of one request.
#[derive(Debug, Default)]
pub struct QueryOptions {
    all: Vec<QueryOption>,
    /// `$format`, which every operation supports.
    format: Option<QueryOption>,
}

#[derive(Debug)]
pub(in crate::protocol) struct QueryOption {
    /// The name as the client wrote it.
    pub(in crate::protocol) sent: String,
    /// The name without `$`, in lower case.
    name: String,
    pub(in crate::protocol) value: String,
    /// Name and value, percent-encoded.
    raw: String,
}

impl QueryOptions {
    /// Parses a query string. Each name may occur once.
    pub fn parse(query: &str) -> Result<Self, Invalid> {
        if query.len() > MAX_QUERY_BYTES {
            let reason = format!("The query string is longer than {MAX_QUERY_BYTES} bytes.");
            return Err(Invalid::new("", reason));
        }
        let mut options = Self::default();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            options.add(&decode(name)?, decode(value)?, pair.to_owned())?;
        }
        options.format = options.take("format");
        Ok(options)
    }

    /// The options inside an `$expand`, which are decoded already.
    pub(super) fn decoded<'a>(pairs: impl IntoIterator<Item = &'a str>) -> Result<Self, Invalid> {
        let mut options = Self::default();
        for pair in pairs {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let raw = format!("{}={}", name.trim(), utf8_percent_encode(value, NON_ALPHANUMERIC));
            options.add(name.trim(), value.to_owned(), raw)?;
        }
        Ok(options)
    }

    fn add(&mut self, sent: &str, value: String, raw: String) -> Result<(), Invalid> {
        let name = sent.strip_prefix('$').unwrap_or(sent).to_lowercase();
        if self.all.iter().any(|known| known.name == name) {
            return Err(Invalid::new(sent, "is a duplicate query option"));
        }
        self.all.push(QueryOption { sent: sent.to_owned(), name, value, raw });
        Ok(())
    }

    /// Removes and returns `$format`, for operations with other formats than JSON.
    pub(in crate::protocol) fn take_format(&mut self) -> Option<QueryOption> {
        self.format.take()
    }

    /// Removes and returns an option by its name without `$`, in lower case.
    pub(in crate::protocol) fn take(&mut self, name: &str) -> Option<QueryOption> {
        let index = self.all.iter().position(|known| known.name == name)?;
        Some(self.all.swap_remove(index))
    }

    /// Whether there is an option of that name without `$`, in lower case.
    pub(in crate::protocol) fn has(&self, name: &str) -> bool {
        self.all.iter().any(|known| known.name == name)
    }

    /// The options that the link to the next page repeats: all except where this page starts.
    pub(super) fn repeated(&self) -> String {
        let repeated =
            self.all.iter().filter(|option| !["skip", "skiptoken"].contains(&option.name.as_str()));
        repeated.map(|option| format!("{}&", option.raw)).collect::<Vec<_>>().concat()
    }

    /// Rejects the options that are left. A `$format` that asks for JSON is not one of them.
    pub fn finish(self) -> Result<(), Invalid> {
        if let Some(format) = self.format
            && format.value != "json"
            && !format.value.starts_with("application/json")
        {
            return Err(Invalid::new(format.sent, "must be json"));
        }
        let left: Vec<_> = self.all.into_iter().map(|option| option.sent).collect();
        match left.as_slice() {
            [] => Ok(()),
            [one] => Err(Invalid::new(one, "is not a query option of this operation")),
            several => {
                Err(Invalid::new(several.join(", "), "are not query options of this operation"))
            }
        }
    }
}

/// Percent-decodes a name or a value. `+` is a space, as in the reference's own examples.
fn decode(text: &str) -> Result<String, Invalid> {
    let spaced = text.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8();
    let invalid = |_| Invalid::new("", "The query string is not percent-encoded UTF-8.");
    decoded.map(std::borrow::Cow::into_owned).map_err(invalid)
}

pub(super) fn take_number(options: &mut QueryOptions, name: &str) -> Result<Option<u32>, Invalid> {
    let Some(option) = options.take(name) else { return Ok(None) };
    let number = option.value.parse::<u32>().ok().filter(|number| i32::try_from(*number).is_ok());
    let reason = || format!("must be an integer from 0 to {}", i32::MAX);
    number.map(Some).ok_or_else(|| Invalid::new(&option.sent, reason()))
}

pub(in crate::protocol) fn take_bool(
    options: &mut QueryOptions,
    name: &str,
) -> Result<bool, Invalid> {
    let Some(option) = options.take(name) else { return Ok(false) };
    match option.value.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(Invalid::new(option.sent, "must be true or false")),
    }
}

/// Parses an option's value. An error has its position.
pub(super) fn parsed<T>(
    option: &QueryOption,
    parse: impl FnOnce(&str) -> Result<T, SyntaxError>,
) -> Result<T, Invalid> {
    if option.value.len() > MAX_VALUE_BYTES {
        return Err(Invalid::new(&option.sent, format!("is longer than {MAX_VALUE_BYTES} bytes")));
    }
    parse(&option.value).map_err(|error| invalid(&option.sent, &error))
}

pub(super) fn invalid(option: &str, error: &SyntaxError) -> Invalid {
    let SyntaxError { position, reason } = error;
    Invalid::new(option, format!("is invalid at position {}: {reason}", position.0))
}
