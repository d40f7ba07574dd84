//! Rows of JSON objects, printed in one of three formats.

use std::io::{self, Write, stdout};

use clap::ValueEnum;
use serde_json::Value;

use super::table;
use crate::csv_lines::CsvLines;

/// How a command prints its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Format {
    /// For people, as wide as the terminal
    Table,
    /// The API's objects, one array
    Json,
    /// For spreadsheets (RFC 4180)
    Csv,
}

/// What a column holds, which decides how a table shows it.
#[derive(Clone, Copy, Debug)]
pub(in crate::cli) enum Cell {
    Text,
    /// Never broken into lines.
    Id,
    /// A GUID of which a table shows the first block.
    ShortId,
    /// A time in UTC.
    Time,
}

/// A column of rows: its heading in a table, and the JSON pointer to its value, whose last part heads
/// it in CSV. Of several pointers with spaces between them, the first value that is there counts.
#[derive(Clone, Copy, Debug)]
pub(in crate::cli) struct Column(
    pub(in crate::cli) &'static str,
    pub(in crate::cli) &'static str,
    pub(in crate::cli) Cell,
);

/// Prints rows as they come: CSV and JSON at once, a table when all of them are there.
pub(in crate::cli) struct Rows {
    format: Format,
    columns: &'static [Column],
    /// What the table will show.
    shown: Vec<Vec<String>>,
    printed: usize,
}

impl Rows {
    pub(in crate::cli) fn new(format: Format, columns: &'static [Column]) -> Self {
        Self { format, columns, shown: Vec::new(), printed: 0 }
    }

    /// Prints some rows.
    pub(in crate::cli) fn print(&mut self, rows: &[Value]) -> io::Result<()> {
        match self.format {
            Format::Table => {
                let cells = |row| self.columns.iter().map(move |column| column.shown(row));
                self.shown.extend(rows.iter().map(|row| cells(row).collect()));
            }
            Format::Csv => {
                let mut lines = CsvLines::with_capacity(0);
                if self.printed == 0 {
                    lines.add(self.columns.iter().map(Column::name));
                }
                for row in rows {
                    let cells: Vec<_> =
                        self.columns.iter().map(|column| column.plain(row)).collect();
                    lines.add(cells.iter().map(String::as_str));
                }
                stdout().write_all(&lines.finish())?;
            }
            Format::Json => {
                let mut text = String::new();
                for (index, row) in rows.iter().enumerate() {
                    text += if self.printed + index == 0 { "[\n" } else { ",\n" };
                    text += &row.to_string();
                }
                stdout().write_all(text.as_bytes())?;
            }
        }
        self.printed += rows.len();
        Ok(())
    }

    /// The table, without columns that are empty.
    fn table(&self) -> String {
        let filled = |index: &usize| self.shown.iter().any(|row| !row[*index].is_empty());
        let filled: Vec<_> = (0..self.columns.len()).filter(filled).collect();
        let headings: Vec<_> = filled.iter().map(|index| self.columns[*index].heading()).collect();
        let headings: Vec<_> = headings.iter().map(String::as_str).collect();
        let rows = self.shown.iter();
        table(&headings, rows.map(|row| filled.iter().map(|index| row[*index].clone()).collect()))
    }

    /// Prints what is left. Returns how many rows there were.
    pub(in crate::cli) fn finish(mut self) -> io::Result<usize> {
        if self.format == Format::Csv && self.printed == 0 {
            self.print(&[])?;
        }
        let end = match self.format {
            Format::Table if self.shown.is_empty() => String::new(),
            Format::Table => self.table(),
            Format::Csv => String::new(),
            Format::Json if self.printed == 0 => "[]\n".to_owned(),
            Format::Json => "\n]\n".to_owned(),
        };
        stdout().write_all(end.as_bytes())?;
        Ok(self.printed)
    }
}

impl Column {
    fn heading(&self) -> String {
        let Self(heading, _, cell) = self;
        let mark = match cell {
            Cell::Text => "",
            Cell::Id | Cell::ShortId | Cell::Time => "|",
        };
        format!("{mark}{heading}")
    }

    fn name(&self) -> &'static str {
        let Self(heading, pointers, _) = self;
        if pointers.contains(' ') {
            heading
        } else {
            pointers.rsplit('/').next().unwrap_or_default()
        }
    }

    fn plain(&self, row: &Value) -> String {
        let mut values = self.1.split(' ').filter_map(|pointer| row.pointer(pointer));
        match values.find(|value| !value.is_null()) {
            None => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        }
    }

    fn shown(&self, row: &Value) -> String {
        let plain = self.plain(row);
        match self.2 {
            _ if plain.is_empty() => plain,
            Cell::Time => time(&plain),
            Cell::ShortId => {
                plain.split('-').next().map_or_else(String::new, |it| printable(it) + "…")
            }
            Cell::Text | Cell::Id => printable(&plain),
        }
    }
}

/// A time of the API, to the second and with its zone.
pub(in crate::cli) fn time(text: &str) -> String {
    text.split(['.', 'Z']).next().unwrap_or_default().replace('T', " ") + "Z"
}

/// Text without what would control a terminal.
fn printable(text: &str) -> String {
    text.chars().map(|it| if it.is_control() { '\u{fffd}' } else { it }).collect()
}

/// Text for a table, without its end if it is longer than so many characters.
pub(in crate::cli) fn shortened(text: &str, max: usize) -> String {
    let text = printable(text);
    if text.chars().count() <= max {
        return text;
    }
    text.chars().take(max - 1).chain(['…']).collect()
}
