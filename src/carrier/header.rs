//! Which column holds what: as a header names them, or as the first code shows them.

use super::columns::{CsvColumn, bare_heading};
use super::rejection::Fault;
use super::spreadsheet_damage::rejoined;
use super::values::{is_activation_code, resembles_host};
use crate::domain::{Iccid, is_rounded};

/// How many columns that are not understood are named, and with how many characters.
const MAX_NAMED: usize = 100;
const MAX_NAME_CHARS: usize = 60;

/// The columns that an import is told to ignore.
#[derive(Clone, Debug, Default)]
pub struct IgnoredColumns {
    all: bool,
    names: Vec<String>,
}

impl IgnoredColumns {
    /// Names separated by commas, in any case and punctuation; `*` stands for every column that is not
    /// understood.
    #[must_use]
    pub fn parse(list: &str) -> Self {
        let names = || list.split(',').map(str::trim);
        Self { all: names().any(|name| name == "*"), names: names().map(bare_heading).collect() }
    }

    fn has(&self, heading: &str) -> bool {
        let name = bare_heading(heading);
        !name.is_empty() && self.names.contains(&name)
    }
}

/// A column that was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnderstoodColumn {
    /// Its heading, or its number if it has none.
    pub name: String,
    /// What it holds.
    pub content: &'static str,
}

/// Where the facts of a code are.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FactColumns {
    pub(super) oid: Option<usize>,
    pub(super) confirmation_code: Option<usize>,
    pub(super) state: Option<usize>,
    pub(super) device_name: Option<usize>,
    pub(super) eid: Option<usize>,
    pub(super) user_name: Option<usize>,
    pub(super) date: Option<usize>,
    pub(super) label: Option<usize>,
}

/// Where the parts of a code are.
#[derive(Clone, Debug, Default)]
pub(super) struct Columns {
    pub(super) iccid: usize,
    pub(super) matching_id: Option<usize>,
    pub(super) address: Option<usize>,
    pub(super) code: Option<usize>,
    /// Of what else a file may say of a code.
    pub(super) facts: FactColumns,
    /// How many there are, unless further ones are to be ignored.
    pub(super) width: Option<usize>,
    /// Those that hold something of a code, in their order.
    pub(super) understood: Vec<UnderstoodColumn>,
    /// Those that hold something else, by name.
    pub(super) not_understood: Vec<String>,
    /// Whether some of these are not to be ignored.
    pub(super) refused: bool,
}

impl Columns {
    /// The columns that a header names, or what it lacks; `None` if the line is not a header.
    pub(super) fn named(
        fields: &[String],
        ignored: &IgnoredColumns,
    ) -> Option<Result<Self, Fault<'static>>> {
        if fields.iter().any(|field| is_number(field) || is_activation_code(field)) {
            return None;
        }
        let column = |field: &String| CsvColumn::named(field).filter(|_| !ignored.has(field));
        let known: Vec<_> = fields.iter().map(column).collect();
        let index = |wanted| known.iter().position(|column| *column == Some(wanted));
        if !fields.iter().filter_map(|it| CsvColumn::named(it)).any(CsvColumn::is_of_a_code) {
            return None;
        }
        let missing = |what| {
            let hint = "name the columns ICCID, MatchingID and SM-DP+, or ICCID and LPA";
            Some(Err(Fault::of_line(what, hint)))
        };
        let Some(iccid) = index(CsvColumn::Iccid) else {
            return missing("is a header without a column for the ICCID");
        };
        let mut columns = Self {
            iccid,
            matching_id: index(CsvColumn::MatchingId),
            address: index(CsvColumn::SmdpAddress),
            code: index(CsvColumn::ActivationCode),
            facts: FactColumns {
                oid: index(CsvColumn::Oid),
                confirmation_code: index(CsvColumn::ConfirmationCode),
                state: index(CsvColumn::State),
                device_name: index(CsvColumn::DeviceName),
                eid: index(CsvColumn::Eid),
                user_name: index(CsvColumn::UserName),
                date: index(CsvColumn::Date),
                label: index(CsvColumn::Label),
            },
            ..Self::default()
        };
        if columns.matching_id.or(columns.code).is_none() {
            return missing("is a header without a column for the matching id");
        }
        columns.width = (!ignored.all).then_some(fields.len());
        for (place, heading) in fields.iter().enumerate() {
            columns.understand(place, heading, ignored);
        }
        Some(Ok(columns))
    }

    /// The columns of a file without a header, judging by its first code. `host`: whether the first
    /// line was the host.
    pub(super) fn guessed(fields: &[String], host: bool, ignored: &IgnoredColumns) -> Option<Self> {
        let code = fields.iter().position(|field| is_activation_code(field));
        let mut columns = if let Some(code) = code {
            let iccid = fields.iter().position(|field| is_number(field));
            let other = (0..fields.len()).find(|index| *index != code);
            // Without a number, some other column should have contained the ICCID.
            let iccid = iccid.filter(|index| *index != code).or(other).unwrap_or(fields.len());
            Self { iccid, code: Some(code), ..Self::default() }
        } else {
            let address = fields.get(2).filter(|field| !host && resembles_host(field)).map(|_| 2);
            if !host && address.is_none() {
                return None;
            }
            Self { iccid: 0, matching_id: Some(1), address, ..Self::default() }
        };
        // A decimal comma of a rounded number looks like a separator.
        let torn = fields.get(1).is_some_and(|next| rejoined(&fields[0], next).is_some());
        columns.width = (!ignored.all && !torn).then_some(fields.len());
        for (place, field) in fields.iter().enumerate() {
            if !field.is_empty() && !torn {
                columns.understand(place, "", ignored);
            }
        }
        Some(columns)
    }

    /// Notes whether a column is understood.
    fn understand(&mut self, place: usize, heading: &str, ignored: &IgnoredColumns) {
        let name = column_name(place, heading);
        if let Some(column) = self.column_at(place) {
            self.understood.push(UnderstoodColumn { name, content: column.content() });
            return;
        }
        self.refused |= !ignored.all && !ignored.has(&name);
        if self.not_understood.len() < MAX_NAMED {
            self.not_understood.push(name);
        }
    }

    /// What is read from a place.
    fn column_at(&self, place: usize) -> Option<CsvColumn> {
        let FactColumns { oid, confirmation_code, state, device_name, eid, user_name, date, label } =
            self.facts;
        let known = [
            (Some(self.iccid), CsvColumn::Iccid),
            (self.matching_id, CsvColumn::MatchingId),
            (self.address, CsvColumn::SmdpAddress),
            (self.code, CsvColumn::ActivationCode),
            (oid, CsvColumn::Oid),
            (confirmation_code, CsvColumn::ConfirmationCode),
            (state, CsvColumn::State),
            (device_name, CsvColumn::DeviceName),
            (eid, CsvColumn::Eid),
            (user_name, CsvColumn::UserName),
            (date, CsvColumn::Date),
            (label, CsvColumn::Label),
        ];
        known.into_iter().find(|(at, _)| *at == Some(place)).map(|(_, column)| column)
    }
}

/// The name of a column in the report. What looks like a code is not repeated.
fn column_name(place: usize, heading: &str) -> String {
    if bare_heading(heading).is_empty() || heading.contains('$') {
        return format!("column {}", place + 1);
    }
    let visible = heading.chars().map(|it| if it.is_control() { ' ' } else { it });
    visible.take(MAX_NAME_CHARS).collect()
}

/// Whether a field is meant as an ICCID, or as another long number.
pub(super) fn is_number(field: &str) -> bool {
    is_rounded(field) || Iccid::normalized(field).bytes().filter(u8::is_ascii_digit).count() > 9
}
