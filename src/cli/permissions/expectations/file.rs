//! The file of `esimpool permissions test`: requests, the statuses that are expected of them, and
//! where their tokens come from.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use reqwest::Method;
use serde::Deserialize;
use toml::Spanned;

use super::outcome::Expectation;
use super::token_source::{NO_TOKEN, TokenSource, Tokens, deserialize, without_tokens};
use crate::cli::common::Failure;
use crate::config::Settings;

/// A file without faults, as far as these can be seen in it.
#[derive(Debug)]
pub(super) struct ExpectationFile {
    path: PathBuf,
    pub(super) expectations: Vec<Expectation>,
    /// Each with its line.
    sources: BTreeMap<String, (usize, TokenSource)>,
}

/// Faults of a file, a line each when displayed.
#[derive(Debug)]
pub(super) struct FileFaults {
    path: PathBuf,
    /// With the number of the line.
    faults: Vec<(usize, String)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    tokens: BTreeMap<Spanned<String>, Spanned<toml::Value>>,
    #[serde(default)]
    requests: Vec<Spanned<toml::Value>>,
}

/// One table `[[requests]]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    /// The name of a source, or a token itself.
    token: String,
    /// `GET /beta/…`
    request: String,
    status: u16,
    body: Option<String>,
    content_type: Option<String>,
}

impl ExpectationFile {
    /// Reads a file.
    ///
    /// # Errors
    /// If it cannot be read, or all faults with the numbers of their lines.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self::parse(path, &text)?)
    }

    fn parse(path: &Path, text: &str) -> Result<Self, FileFaults> {
        let line = |offset: usize| text[..offset].matches('\n').count() + 1;
        let mut faults = Vec::new();
        let mut file =
            Self { path: path.to_owned(), expectations: Vec::new(), sources: BTreeMap::new() };
        match toml::from_str::<Document>(text) {
            Err(error) => {
                let at = error.span().map_or(1, |span| line(span.start));
                faults.push((at, without_tokens(error.message())));
            }
            Ok(Document { tokens, requests }) => {
                for (name, source) in tokens {
                    let at = line(name.span().start);
                    match TokenSource::of(name.get_ref(), source.into_inner()) {
                        Ok(source) => drop(file.sources.insert(name.into_inner(), (at, source))),
                        Err(fault) => faults.push((at, without_tokens(&fault))),
                    }
                }
                for row in requests {
                    let at = line(row.span().start);
                    match file.expectation(at, row.into_inner()) {
                        Ok(expectation) => file.expectations.push(expectation),
                        Err(fault) => faults.push((at, without_tokens(&fault))),
                    }
                }
                if faults.is_empty() && file.expectations.is_empty() {
                    faults.push((1, "has no [[requests]]".to_owned()));
                }
            }
        }
        if faults.is_empty() { Ok(file) } else { Err(FileFaults::of(path, faults)) }
    }

    /// A row as an expectation. A token in it becomes a source of its own.
    fn expectation(&mut self, line: usize, row: toml::Value) -> Result<Expectation, String> {
        let row: Row = deserialize(row)?;
        let (method, path) = row
            .request
            .split_once(' ')
            .filter(|(_, path)| path.starts_with('/') && !path.contains(char::is_whitespace))
            .ok_or("'request' must be a method and a path, such as 'GET /beta/…'")?;
        if path.contains('#') {
            return Err("'request' must not contain a '#'; write %23".to_owned());
        }
        let method: Method = Some(method)
            .filter(|method| method.bytes().all(|byte| byte.is_ascii_uppercase()))
            .and_then(|method| method.parse().ok())
            .ok_or_else(|| format!("'{method}' is not an HTTP method in capital letters"))?;
        if !(200..=599).contains(&row.status) {
            return Err(format!("'status' is {}; it must be from 200 to 599", row.status));
        }
        let mut token = row.token;
        if token.contains('.') {
            let name = format!("token of line {line}");
            self.sources.insert(name.clone(), (line, TokenSource::Literal(token)));
            token = name;
        } else if token != NO_TOKEN && !self.sources.contains_key(&token) {
            return Err(format!("no token '{token}' in [tokens]"));
        }
        Ok(Expectation {
            line,
            token,
            method,
            path: path.to_owned(),
            body: row.body,
            content_type: row.content_type.unwrap_or_else(|| "application/json".to_owned()),
            status: row.status,
        })
    }

    /// The tokens that the requests need. Other sources are not asked.
    ///
    /// # Errors
    /// The sources that have none.
    pub(super) fn tokens(&self, settings: &Settings) -> Result<Tokens, FileFaults> {
        let folder = self.path.parent().unwrap_or(Path::new(""));
        let needed: BTreeSet<_> = self.expectations.iter().map(|it| it.token.as_str()).collect();
        let (mut tokens, mut faults) = (Tokens::new(), Vec::new());
        for name in needed {
            let Some((line, source)) = self.sources.get(name) else { continue };
            match source.token(settings, folder) {
                Ok(token) => drop(tokens.insert(name.to_owned(), token)),
                Err(fault) => faults.push((*line, format!("{name}: {fault}"))),
            }
        }
        if faults.is_empty() { Ok(tokens) } else { Err(FileFaults::of(&self.path, faults)) }
    }
}

impl FileFaults {
    fn of(path: &Path, mut faults: Vec<(usize, String)>) -> Self {
        faults.sort();
        Self { path: path.to_owned(), faults }
    }
}

impl fmt::Display for FileFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (line, fault)) in self.faults.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{}, line {line}: {fault}", self.path.display())?;
        }
        Ok(())
    }
}

impl std::error::Error for FileFaults {}
