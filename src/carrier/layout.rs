//! The layout of a file: which line is the host or the header, and which columns contain the parts of
//! a code.

use super::columns::CsvColumn;
use super::rejection::Fault;
use super::spreadsheet_damage::{damage, is_activation_code, rejoined};
use crate::domain::{ActivationCode, ActivationCodeString, Iccid, Rules, Validation, is_rounded};

/// What the lines so far have shown.
#[derive(Debug, Default)]
pub(super) struct Layout {
    /// The host on the first line.
    host: Option<String>,
    /// The host of the first code.
    first_code_host: Option<String>,
    columns: Option<ColumnIndexes>,
    /// A line that is not empty has been read.
    started: bool,
    /// A line that should contain a code has been read.
    has_codes: bool,
    /// The file has been rejected, so that its remaining lines are ignored.
    rejected: bool,
}

/// The columns of the parts of a code.
#[derive(Clone, Copy, Debug)]
struct ColumnIndexes {
    iccid: usize,
    secret: SecretColumns,
}

#[derive(Clone, Copy, Debug)]
enum SecretColumns {
    /// A matching id, and its host unless that is on the first line.
    Separate { matching_id: usize, address: Option<usize> },
    /// An activation code string.
    ActivationCode(usize),
}

pub(super) enum LineResult<'f> {
    /// The line is empty, the host, or the header.
    Ignored,
    Code(ActivationCode),
    Rejected(Fault<'f>),
}

impl Layout {
    /// The host that the pool is named after.
    pub(super) fn host(&self) -> Option<&str> {
        self.host.as_deref().or(self.first_code_host.as_deref())
    }

    /// The fault of a file without codes, at its end.
    pub(super) fn end(&self) -> Option<Fault<'static>> {
        (!self.has_codes && !self.rejected).then(|| {
            let hint =
                "begin the file with the SM-DP+ host, or with a header that names the columns";
            Fault::of_line("ends the file, which contains no code", hint)
        })
    }

    pub(super) fn read<'f>(&mut self, fields: &'f [String], rules: &Rules) -> LineResult<'f> {
        if fields.is_empty() || self.rejected {
            return LineResult::Ignored;
        }
        let first = !std::mem::replace(&mut self.started, true);
        if let Some(columns) = self.columns {
            return self.code(fields, columns, rules);
        }
        if first
            && let [field] = fields
            && resembles_host(field)
        {
            return self.take_host(field, rules);
        }
        if let Some(header) = header(fields, self.host.is_some()) {
            return self.take_header(header);
        }
        match guess(fields, self.host.is_some()) {
            Some(columns) => {
                self.columns = Some(columns);
                self.code(fields, columns, rules)
            }
            None => self.reject_file(
                "is neither an SM-DP+ host nor a header nor a code with its host",
                "begin the file with the SM-DP+ host on a line of its own, followed by lines of ICCID,MatchingID",
            ),
        }
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

    fn take_host<'f>(&mut self, host: &'f str, rules: &Rules) -> LineResult<'f> {
        // A host on a line of its own must be valid in every mode.
        let probe = ActivationCode::parse(
            "8944500102198304826".to_owned(),
            String::new(),
            host.to_owned(),
            Validation::Graph,
            rules.text_length,
        );
        if let Err(invalid) = probe {
            self.rejected = true;
            return LineResult::Rejected(Fault::of_rule(0, CsvColumn::SmdpAddress, host, invalid));
        }
        self.host = Some(host.to_owned());
        LineResult::Ignored
    }

    fn take_header(&mut self, header: Result<ColumnIndexes, &'static str>) -> LineResult<'static> {
        match header {
            Ok(columns) => {
                self.columns = Some(columns);
                LineResult::Ignored
            }
            Err(missing) => self.reject_file(
                missing,
                "name the columns ICCID, MatchingID and SM-DP+, or ICCID and LPA",
            ),
        }
    }

    fn reject_file(&mut self, reason: &'static str, hint: &'static str) -> LineResult<'static> {
        self.rejected = true;
        LineResult::Rejected(Fault::of_line(reason, hint))
    }

    fn code<'f>(
        &mut self,
        fields: &'f [String],
        columns: ColumnIndexes,
        rules: &Rules,
    ) -> LineResult<'f> {
        self.has_codes = true;
        match self.parse(fields, columns, rules) {
            Ok(code) => {
                if self.first_code_host.is_none() {
                    self.first_code_host = Some(code.smdp_address.as_str().to_owned());
                }
                LineResult::Code(code)
            }
            Err(fault) => LineResult::Rejected(fault),
        }
    }

    fn parse<'f>(
        &self,
        fields: &'f [String],
        columns: ColumnIndexes,
        rules: &Rules,
    ) -> Result<ActivationCode, Fault<'f>> {
        let field = |index: usize| fields.get(index).map_or("", String::as_str);
        let checked = |column, index| match damage(column, field(index)) {
            Some((reason, hint)) => Err(Fault::of_field(index, column, field(index), reason, hint)),
            None => Ok(field(index)),
        };
        let found = checked(CsvColumn::Iccid, columns.iccid)?;
        if let Some(number) = rejoined(found, field(columns.iccid + 1))
            && let Some((reason, hint)) = damage(CsvColumn::Iccid, &number)
        {
            return Err(Fault::of_field(columns.iccid, CsvColumn::Iccid, number, reason, hint));
        }
        let iccid = Iccid::normalized(found);
        let (matching_id, address, indexes) = match columns.secret {
            SecretColumns::Separate { matching_id: index, address } => {
                let host =
                    address.map(|index| checked(CsvColumn::SmdpAddress, index)).transpose()?;
                let host = host.filter(|host| !host.is_empty()).or(self.host.as_deref());
                if index >= fields.len() && fields.len() <= columns.iccid + 1 {
                    let hint = "a line is ICCID, a separator, and the matching id";
                    return Err(Fault::of_line("has an ICCID but no matching id", hint));
                }
                let matching_id = checked(CsvColumn::MatchingId, index)?.to_owned();
                let host = host.unwrap_or_default().to_owned();
                (matching_id, host, (index, address.unwrap_or(index)))
            }
            SecretColumns::ActivationCode(index) => {
                let column = CsvColumn::ActivationCode;
                let string = ActivationCodeString::parse(checked(column, index)?);
                let string = string.map_err(|invalid| {
                    let hint = "copy it again; its form is LPA:1$host$matching-id";
                    Fault::of_field(index, column, field(index), invalid.to_string(), hint)
                })?;
                (string.matching_id, string.address, (index, index))
            }
        };
        let (shown_id, shown_address) = (matching_id.clone(), address.clone());
        ActivationCode::parse(
            iccid.clone(),
            matching_id,
            address,
            rules.validation,
            rules.text_length,
        )
        .map_err(|invalid| {
            let (index, column, value) = match invalid.target.as_str() {
                "integratedCircuitCardIdentifier" => (columns.iccid, CsvColumn::Iccid, iccid),
                "smdpPlusServerAddress" => (indexes.1, CsvColumn::SmdpAddress, shown_address),
                _ => (indexes.0, CsvColumn::MatchingId, shown_id),
            };
            Fault::of_rule(index, column, value, invalid)
        })
    }
}

/// Whether the only field of a line is meant as a host: it is neither a number nor an activation code.
fn resembles_host(field: &str) -> bool {
    !is_activation_code(field)
        && !field.contains('$')
        && CsvColumn::named(field).is_none()
        && field.contains(['.', ':', '/'])
        && !is_rounded(field)
}

/// The columns that a header names, or what it lacks; `None` if the line is not a header.
fn header(fields: &[String], host: bool) -> Option<Result<ColumnIndexes, &'static str>> {
    let columns: Vec<_> = fields.iter().map(|field| CsvColumn::named(field)).collect();
    columns.iter().any(Option::is_some).then(|| {
        let index = |wanted| columns.iter().position(|column| *column == Some(wanted));
        let iccid = index(CsvColumn::Iccid).ok_or("is a header without a column for the ICCID")?;
        let separate = (index(CsvColumn::MatchingId), index(CsvColumn::SmdpAddress));
        let secret = match (separate.0, separate.1, index(CsvColumn::ActivationCode)) {
            (Some(matching_id), Some(address), _) => {
                SecretColumns::Separate { matching_id, address: Some(address) }
            }
            (_, _, Some(index)) => SecretColumns::ActivationCode(index),
            (Some(matching_id), None, None) if host => {
                SecretColumns::Separate { matching_id, address: None }
            }
            (Some(_), None, None) => {
                return Err("is a header without a column for the SM-DP+ host");
            }
            (None, ..) => return Err("is a header without a column for the matching id"),
        };
        Ok(ColumnIndexes { iccid, secret })
    })
}

/// The columns of a file without a header, judging by its first code.
fn guess(fields: &[String], host: bool) -> Option<ColumnIndexes> {
    if let Some(code) = fields.iter().position(|field| is_activation_code(field)) {
        let is_number = |field: &String| {
            is_rounded(field)
                || Iccid::normalized(field).bytes().filter(u8::is_ascii_digit).count() > 9
        };
        let iccid = fields.iter().position(is_number);
        let other = (0..fields.len()).find(|index| *index != code);
        // Without a number, some other column should have contained the ICCID.
        let iccid = iccid.filter(|index| *index != code).or(other).unwrap_or(fields.len());
        return Some(ColumnIndexes { iccid, secret: SecretColumns::ActivationCode(code) });
    }
    let address = (!host && fields.len() >= 3 && fields[2].contains('.')).then_some(2);
    (host || address.is_some()).then_some(ColumnIndexes {
        iccid: 0,
        secret: SecretColumns::Separate { matching_id: 1, address },
    })
}
