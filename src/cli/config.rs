//! `esimpool config`

use std::io::{Write, stdout};

use super::common::{Common, Failure};
use crate::config::Secrets;

/// Prints each setting with its value and source.
pub(super) fn config(common: &Common) -> Result<(), Failure> {
    let rows = common.load(Secrets::Read)?.table();
    let width =
        |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let (key_width, value_width) = (width(0), width(1));
    let mut out = stdout();
    for [key, value, origin] in &rows {
        writeln!(out, "{key:<key_width$}  {value:<value_width$}  {origin}")?;
    }
    Ok(())
}
