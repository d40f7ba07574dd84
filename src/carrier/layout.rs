//! The layout of a file: which line is the host, the header or a code, and which lines before them say
//! something else.

use super::columns::CsvColumn;
use super::facts::with_facts;
use super::header::{Columns, IgnoredColumns, UnderstoodColumn, is_number};
use super::rejection::{Fault, checked};
use super::secret::Secret;
use super::spreadsheet_damage::{damage, rejoined};
use super::values::{is_activation_code, resembles_host};
use crate::domain::{ActivationCode, Iccid, ImportedCode, Rules, Validation};

/// How many lines before the codes may say something else, such as the title of a report.
const MAX_FIRST_LINES: usize = 20;

const NEITHER: (&str, &str) = (
    "is neither an SM-DP+ host nor a header nor a code with its host",
    "begin the file with the SM-DP+ host on a line of its own, followed by lines of ICCID,MatchingID",
);

/// What the lines so far have shown.
#[derive(Debug)]
pub(super) struct Layout {
    rules: Rules,
    ignored: IgnoredColumns,
    /// The host on the first line.
    host: Option<String>,
    /// The host of the first code.
    first_code_host: Option<String>,
    columns: Option<Columns>,
    /// The first line that says something else, and how many there are.
    passed_over: Option<u32>,
    passed_count: usize,
    /// A line that should contain a code has been read.
    has_codes: bool,
    /// The file has been rejected, so that its remaining lines are ignored.
    rejected: bool,
}

pub(super) enum LineResult<'f> {
    /// The line is empty, the host, the header, or says something else.
    Ignored,
    Code(ImportedCode),
    Rejected(Fault<'f>),
}

impl Layout {
    pub(super) fn new(rules: Rules, ignored: IgnoredColumns) -> Self {
        Self {
            rules,
            ignored,
            host: None,
            first_code_host: None,
            columns: None,
            passed_over: None,
            passed_count: 0,
            has_codes: false,
            rejected: false,
        }
    }

    /// The host that the pool is named after.
    pub(super) fn host(&self) -> Option<&str> {
        self.host.as_deref().or(self.first_code_host.as_deref())
    }

    /// The columns that are understood.
    pub(super) fn understood(&self) -> &[UnderstoodColumn] {
        self.columns.as_ref().map_or(&[], |columns| &columns.understood)
    }

    /// The columns that are not understood, by name.
    pub(super) fn not_understood(&self) -> &[String] {
        self.columns.as_ref().map_or(&[], |columns| &columns.not_understood)
    }

    /// The fault of a file without codes, at its end, and its line unless that is the last one.
    pub(super) fn end(&self) -> Option<(Option<u32>, Fault<'static>)> {
        if self.has_codes || self.rejected {
            return None;
        }
        if let (Some(line), None, None) = (self.passed_over, &self.columns, &self.host) {
            return Some((Some(line), Fault::of_line(NEITHER.0, NEITHER.1)));
        }
        let hint = "begin the file with the SM-DP+ host, or with a header that names the columns";
        Some((None, Fault::of_line("ends the file, which contains no code", hint)))
    }

    pub(super) fn read<'f>(&mut self, number: u32, fields: &'f [String]) -> LineResult<'f> {
        if fields.is_empty() || self.rejected {
            return LineResult::Ignored;
        }
        if self.columns.is_some() {
            return self.code(fields);
        }
        if let [field] = fields
            && self.host.is_none()
            && resembles_host(field)
            && CsvColumn::named(field).is_none()
        {
            return self.take_host(field);
        }
        match Columns::named(fields, &self.ignored) {
            Some(Ok(columns)) => return self.take_columns(columns).unwrap_or(LineResult::Ignored),
            Some(Err(missing)) => return self.reject_file(missing),
            None => {}
        }
        if self.says_something_else(fields) && self.passed_count < MAX_FIRST_LINES {
            self.passed_over.get_or_insert(number);
            self.passed_count += 1;
            return LineResult::Ignored;
        }
        match Columns::guessed(fields, self.host.is_some(), &self.ignored) {
            Some(columns) => match self.take_columns(columns) {
                Some(refused) => refused,
                None => self.code(fields),
            },
            None => self.reject_file(Fault::of_line(NEITHER.0, NEITHER.1)),
        }
    }

    /// Whether a line before the first code is no code, but a title, a date or a program's remark.
    fn says_something_else(&self, fields: &[String]) -> bool {
        let code = |field: &String| is_number(field) || is_activation_code(field);
        self.host.is_none()
            && !fields.iter().any(code)
            && !fields.iter().any(|it| resembles_host(it))
    }

    /// Rejects a line that cannot be read.
    pub(super) fn reject_line(
        &mut self,
        reason: &'static str,
        hint: &'static str,
    ) -> LineResult<'static> {
        if self.rejected {
            return LineResult::Ignored;
        }
        self.has_codes = true;
        LineResult::Rejected(Fault::of_line(reason, hint))
    }

    fn take_host<'f>(&mut self, host: &'f str) -> LineResult<'f> {
        // A host on a line of its own must be valid in every mode.
        let probe = ActivationCode::parse(
            "8944500102198304826".to_owned(),
            String::new(),
            host.to_owned(),
            Validation::Graph,
            self.rules.text_length,
        );
        if let Err(invalid) = probe {
            self.rejected = true;
            return LineResult::Rejected(Fault::of_rule(0, CsvColumn::SmdpAddress, host, invalid));
        }
        self.host = Some(host.to_owned());
        LineResult::Ignored
    }

    /// Takes the columns, or rejects the file because of some that are not understood.
    fn take_columns(&mut self, columns: Columns) -> Option<LineResult<'static>> {
        let refused = columns.refused.then(|| {
            let reason = format!(
                "has columns that are not understood: '{}'",
                columns.not_understood.join("', '")
            );
            let hint = "name those that may be lost in ignoreColumns, or all of them as *";
            self.reject_file(Fault::of_line(reason, hint))
        });
        self.columns = Some(columns);
        refused
    }

    fn reject_file<'f>(&mut self, fault: Fault<'f>) -> LineResult<'f> {
        self.rejected = true;
        LineResult::Rejected(fault)
    }

    fn code<'f>(&mut self, fields: &'f [String]) -> LineResult<'f> {
        let Some(columns) = &self.columns else { return LineResult::Ignored };
        self.has_codes = true;
        match parse(fields, columns, self.host.as_deref(), &self.rules) {
            Ok(code) => {
                if self.first_code_host.is_none() {
                    self.first_code_host = Some(code.code.smdp_address.as_str().to_owned());
                }
                LineResult::Code(code)
            }
            Err(fault) => LineResult::Rejected(fault),
        }
    }
}

fn parse<'f>(
    fields: &'f [String],
    columns: &Columns,
    file_host: Option<&str>,
    rules: &Rules,
) -> Result<ImportedCode, Fault<'f>> {
    let found = checked(fields, CsvColumn::Iccid, columns.iccid)?;
    if let Some(next) = fields.get(columns.iccid + 1)
        && let Some(number) = rejoined(found, next)
        && let Some((reason, hint)) = damage(CsvColumn::Iccid, &number)
    {
        return Err(Fault::of_field(columns.iccid, CsvColumn::Iccid, number, reason, hint));
    }
    if columns.width.is_some_and(|width| fields.len() > width) {
        let hint = "name every column in the header, or ignore what has no name: ignoreColumns=*";
        return Err(Fault::of_line("has more fields than there are columns", hint));
    }
    let secret = Secret::read(fields, columns, file_host)?;
    let iccid = Iccid::normalized(found);
    let (shown_id, shown_address) = (secret.matching_id.clone(), secret.address.clone());
    let parsed = ActivationCode::parse(
        iccid.clone(),
        secret.matching_id,
        secret.address,
        rules.validation,
        rules.text_length,
    );
    let mut code = parsed.map_err(|invalid| {
        let (index, column, value) = match invalid.target.as_str() {
            "integratedCircuitCardIdentifier" => (columns.iccid, CsvColumn::Iccid, iccid),
            "smdpPlusServerAddress" => (secret.address_at, CsvColumn::SmdpAddress, shown_address),
            _ => (secret.matching_id_at, CsvColumn::MatchingId, shown_id),
        };
        Fault::of_rule(index, column, value, invalid)
    })?;
    code.tail = secret.tail;
    let imported = with_facts(code, fields, &columns.facts, secret.whole, rules)?;
    if !imported.code.tail.is_empty() && imported.code.is_too_long() {
        let hint = "ask the carrier for the code again";
        return Err(Fault::of_line("has an activation code of more than 255 characters", hint));
    }
    Ok(imported)
}
