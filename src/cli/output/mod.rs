//! What commands print: rows of the API's JSON as a table for people, as CSV for spreadsheets and as
//! JSON for scripts. Knows nothing of where the rows come from.

mod rows;
mod table;

pub(super) use rows::{Cell, Column, Format, Rows, shortened, time};
pub(super) use table::{counted, number, table};
