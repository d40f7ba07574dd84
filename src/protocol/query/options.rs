//! A query string, taken apart.

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::lexer::Fault;
use crate::domain::Invalid;

/// The longest query string, in bytes.
const MAX_QUERY: usize = 16 * 1024;
/// The longest value of an option that has a grammar, in bytes: what it says is worked through.
const MAX_VALUE: usize = 8 * 1024;

/// The options of one request.
#[derive(Debug, Default)]
pub struct QueryOptions {
    all: Vec<QueryOption>,
    /// `$format`, which every operation takes.
    format: Option<QueryOption>,
}

#[derive(Debug)]
pub(in crate::protocol) struct QueryOption {
    /// As the client wrote it.
    pub(in crate::protocol) sent: String,
    /// Without `$`, in lower case.
    name: String,
    pub(in crate::protocol) value: String,
    /// Name and value as they stand in a URL.
    raw: String,
}

impl QueryOptions {
    /// Takes a query string apart. Each name may stand once.
    pub fn parse(query: &str) -> Result<Self, Invalid> {
        if query.len() > MAX_QUERY {
            let reason = format!("The query string is longer than {MAX_QUERY} bytes.");
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

    /// The options inside an `$expand`, decoded already.
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
            return Err(Invalid::new(sent, "stands twice in the query string"));
        }
        self.all.push(QueryOption { sent: sent.to_owned(), name, value, raw });
        Ok(())
    }

    /// Takes the format out, where there are others than JSON.
    pub(in crate::protocol) fn take_format(&mut self) -> Option<QueryOption> {
        self.format.take()
    }

    /// Takes an option out by its bare name, in lower case.
    pub(in crate::protocol) fn take(&mut self, name: &str) -> Option<QueryOption> {
        let place = self.all.iter().position(|known| known.name == name)?;
        Some(self.all.swap_remove(place))
    }

    /// What a link to the next page repeats: everything but where this one began.
    pub(super) fn repeated(&self) -> String {
        let repeated =
            self.all.iter().filter(|option| !["skip", "skiptoken"].contains(&option.name.as_str()));
        repeated.map(|option| format!("{}&", option.raw)).collect::<Vec<_>>().concat()
    }

    /// Refuses whatever has not been taken. JSON is mostly the only format there is; a client may
    /// say so.
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
                Err(Invalid::new(several.join(", "), "are no query options of this operation"))
            }
        }
    }
}

/// Percent-decodes a name or a value; `+` is a blank, as in the reference's own examples.
fn decode(text: &str) -> Result<String, Invalid> {
    let blanks = text.replace('+', " ");
    let decoded = percent_decode_str(&blanks).decode_utf8();
    let wrong = |_| Invalid::new("", "The query string is not percent-encoded UTF-8.");
    decoded.map(std::borrow::Cow::into_owned).map_err(wrong)
}

pub(super) fn take_number(options: &mut QueryOptions, name: &str) -> Result<Option<u32>, Invalid> {
    let Some(option) = options.take(name) else { return Ok(None) };
    let number = option.value.parse::<u32>().ok().filter(|number| i32::try_from(*number).is_ok());
    let wrong =
        || Invalid::new(&option.sent, format!("must be a whole number from 0 to {}", i32::MAX));
    number.map(Some).ok_or_else(wrong)
}

pub(in crate::protocol) fn take_truth(
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

/// The meaning of an option's value; what is wrong with it is told with its place.
pub(super) fn parsed<T>(
    option: &QueryOption,
    parse: impl FnOnce(&str) -> Result<T, Fault>,
) -> Result<T, Invalid> {
    if option.value.len() > MAX_VALUE {
        return Err(Invalid::new(&option.sent, format!("is longer than {MAX_VALUE} bytes")));
    }
    parse(&option.value).map_err(|fault| invalid(&option.sent, &fault))
}

pub(super) fn invalid(option: &str, fault: &Fault) -> Invalid {
    Invalid::new(
        option,
        format!("is not understood at position {}: {}", fault.position.0, fault.reason),
    )
}
