//! OData's query options: `$top`, `$skiptoken` and their kin.
//!
//! Names come as `$top`, `%24top` or bare `top`, in any case. What is not supported is refused by
//! name, never ignored.

mod cursor;

use percent_encoding::percent_decode_str;

use crate::domain::{Invalid, Listing, PoolId};

/// The longest query string, in bytes.
const MAX_QUERY: usize = 16 * 1024;

/// The options of one request.
#[derive(Debug, Default)]
pub struct QueryOptions(Vec<QueryOption>);

#[derive(Debug)]
struct QueryOption {
    /// As the client wrote it.
    sent: String,
    /// Without `$`, in lower case.
    name: String,
    value: String,
}

impl QueryOptions {
    /// Takes a query string apart. Each name may stand once.
    pub fn parse(query: &str) -> Result<Self, Invalid> {
        if query.len() > MAX_QUERY {
            return Err(Invalid::new(
                "",
                format!("The query string is longer than {MAX_QUERY} bytes."),
            ));
        }
        let mut options: Vec<QueryOption> = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let sent = decode(name)?;
            let name = sent.strip_prefix('$').unwrap_or(&sent).to_lowercase();
            if options.iter().any(|known| known.name == name) {
                return Err(Invalid::new(sent, "stands twice in the query string"));
            }
            options.push(QueryOption { sent, name, value: decode(value)? });
        }
        Ok(Self(options))
    }

    /// Takes an option out by its bare name, in lower case.
    fn take(&mut self, name: &str) -> Option<String> {
        let place = self.0.iter().position(|known| known.name == name)?;
        Some(self.0.swap_remove(place).value)
    }

    /// Refuses whatever has not been taken.
    pub fn finish(self) -> Result<(), Invalid> {
        let left: Vec<_> = self.0.into_iter().map(|option| option.sent).collect();
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

/// The options of a list: how much of it.
#[derive(Debug)]
pub struct PageOptions {
    /// What to read.
    pub listing: Listing<PoolId>,
    top: Option<u32>,
}

impl PageOptions {
    /// Reads `$top` and `$skiptoken`. `default` is the page size without `$top`, `most` the
    /// greatest there is.
    pub fn read(mut options: QueryOptions, default: u32, most: u32) -> Result<Self, Invalid> {
        let top = options.take("top").map(|text| whole_number("$top", &text)).transpose()?;
        let after = options.take("skiptoken").map(|token| cursor::read(&token)).transpose()?;
        options.finish()?;
        let limit = top.unwrap_or(default).min(most);
        Ok(Self { listing: Listing { after, limit }, top })
    }

    /// The query string of the page after the one that ends with `last`: the same options, and
    /// where to go on.
    #[must_use]
    pub fn next(&self, last: PoolId) -> String {
        let top = self.top.map_or_else(String::new, |top| format!("$top={top}&"));
        format!("{top}$skiptoken={}", cursor::write(last))
    }
}

fn whole_number(name: &str, text: &str) -> Result<u32, Invalid> {
    let number = text.parse::<u32>().ok().filter(|number| *number <= i32::MAX.unsigned_abs());
    number
        .filter(|number| *number > 0)
        .ok_or_else(|| Invalid::new(name, format!("must be a whole number from 1 to {}", i32::MAX)))
}
