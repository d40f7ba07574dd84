//! OData's query options: `$top`, `$skiptoken` and their kin.
//!
//! Names come as `$top`, `%24top` or bare `top`, in any case. What is not supported is refused by
//! name, never ignored.

mod cursor;

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use crate::domain::{Invalid, Listing, PoolId};

/// The longest query string, in bytes.
const MAX_QUERY: usize = 16 * 1024;

/// The options of one request, by name.
#[derive(Debug, Default)]
pub struct QueryOptions(Vec<(String, String)>);

impl QueryOptions {
    /// Takes a query string apart. Each name may stand once.
    pub fn parse(query: &str) -> Result<Self, Invalid> {
        if query.len() > MAX_QUERY {
            return Err(Invalid::new(
                "",
                format!("The query string is longer than {MAX_QUERY} bytes."),
            ));
        }
        let mut options: Vec<(String, String)> = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let sent = decode(name)?;
            let bare = sent.strip_prefix('$').unwrap_or(&sent).to_lowercase();
            if options.iter().any(|(known, _)| *known == bare) {
                return Err(Invalid::new(format!("${bare}"), "stands twice in the query string"));
            }
            options.push((bare, decode(value)?.into_owned()));
        }
        Ok(Self(options))
    }

    /// Takes an option out by its bare name, in lower case.
    fn take(&mut self, name: &str) -> Option<String> {
        let place = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.swap_remove(place).1)
    }

    /// Refuses whatever has not been taken.
    pub fn finish(self) -> Result<(), Invalid> {
        match self.0.into_iter().next() {
            None => Ok(()),
            Some((name, _)) => {
                Err(Invalid::new(format!("${name}"), "is not a query option of this operation"))
            }
        }
    }
}

/// Percent-decodes a name or a value; `+` is a blank, as in the reference's own examples.
fn decode(text: &str) -> Result<Cow<'_, str>, Invalid> {
    let blanks = text.replace('+', " ");
    let decoded = percent_decode_str(&blanks).decode_utf8();
    let decoded =
        decoded.map_err(|_| Invalid::new("", "The query string is not percent-encoded UTF-8."))?;
    Ok(Cow::Owned(decoded.into_owned()))
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
        let limit = top.unwrap_or(default).clamp(1, most);
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
