//! `esimpool config`

use std::io::{Write, stdout};

use super::{Common, Failure};
use crate::config::Secrets;

/// Prints each setting, its value and where it came from.
pub(super) fn config(common: &Common) -> Result<(), Failure> {
    let rows = common.load(Secrets::Read)?.table();
    let width =
        |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let (name, value) = (width(0), width(1));
    let mut out = stdout();
    for [key, shown, origin] in &rows {
        writeln!(out, "{key:<name$}  {shown:<value$}  {origin}")?;
    }
    Ok(())
}
