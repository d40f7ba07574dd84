//! Lists of the API, page by page.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::Value;

use super::Api;
use crate::cli::common::Failure;

/// What a list is asked for: query options, each with its value as people write it.
#[derive(Clone, Debug, Default)]
pub(in crate::cli) struct Query(Vec<(&'static str, String)>);

/// A list that is being read.
pub(in crate::cli) struct List<'a> {
    api: &'a Api,
    /// The path of the next page, relative to the API's version.
    next: Option<String>,
    /// How many entries are still wanted.
    wanted: usize,
}

#[derive(Deserialize)]
struct ListPage {
    value: Vec<Value>,
    #[serde(rename = "@odata.nextLink")]
    next: Option<String>,
}

/// The most entries of a page (Microsoft Graph's limit).
const MAX_PAGE: usize = 999;

impl Query {
    pub(in crate::cli) fn with(mut self, option: &'static str, value: impl Into<String>) -> Self {
        self.0.push((option, value.into()));
        self
    }

    /// Conditions that must all hold, without those that are not given.
    pub(in crate::cli) fn filter(self, conditions: &[Option<String>]) -> Self {
        let all: Vec<_> = conditions.iter().flatten().map(|it| format!("({it})")).collect();
        if all.is_empty() { self } else { self.with("$filter", all.join(" and ")) }
    }

    /// A path with the query.
    pub(in crate::cli) fn on(&self, path: &str) -> String {
        format!("{path}?{}", self.text())
    }

    fn text(&self) -> String {
        let option = |(name, value): &(&str, String)| {
            format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC))
        };
        self.0.iter().map(option).collect::<Vec<_>>().join("&")
    }
}

/// A text as a literal of a filter.
pub(in crate::cli) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

impl Api {
    /// At most so many entries of the list at a path below `/beta/deviceManagement`.
    pub(in crate::cli) fn list(&self, path: &str, query: &Query, wanted: usize) -> List<'_> {
        let page = query.clone().with("$top", wanted.clamp(1, MAX_PAGE).to_string());
        List { api: self, next: Some(page.on(path)), wanted }
    }
}

impl List<'_> {
    /// The next entries, until there are no more or enough.
    pub(in crate::cli) async fn page(&mut self) -> Result<Option<Vec<Value>>, Failure> {
        if self.wanted == 0 {
            return Ok(None);
        }
        let Some(path) = self.next.take() else { return Ok(None) };
        let mut page: ListPage =
            self.api.get_below_beta(&format!("/deviceManagement{path}")).await?;
        // The link may contain another address of the service than --server.
        let list = path.split('?').next().unwrap_or_default();
        self.next = page.next.and_then(|link| Some(format!("{list}?{}", link.split_once('?')?.1)));
        if page.value.len() > self.wanted {
            page.value.truncate(self.wanted);
            self.next = Some(path);
        }
        self.wanted -= page.value.len();
        Ok(Some(page.value))
    }

    /// Whether there are entries that were not wanted.
    pub(in crate::cli) fn has_more(&self) -> bool {
        self.next.is_some()
    }

    /// All entries that are wanted.
    pub(in crate::cli) async fn all(mut self) -> Result<Vec<Value>, Failure> {
        let mut all = Vec::new();
        while let Some(page) = self.page().await? {
            all.extend(page);
        }
        Ok(all)
    }
}
