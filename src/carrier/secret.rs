//! The secret of a code and its host, from the fields that may hold them. The header is a first guess:
//! the values decide.

use std::borrow::Cow;

use super::columns::CsvColumn;
use super::header::Columns;
use super::rejection::{Fault, checked};
use super::values::Form;
use crate::domain::ActivationCodeString;

/// Host and matching id, and the fields that they are from.
pub(super) struct Secret {
    pub(super) matching_id: String,
    pub(super) address: String,
    /// What a whole code has after the matching id.
    pub(super) tail: String,
    /// Whether the line has a whole code.
    pub(super) whole: bool,
    pub(super) matching_id_at: usize,
    pub(super) address_at: usize,
}

/// A field that may hold a part of the secret.
struct Part<'f> {
    index: usize,
    column: CsvColumn,
    value: &'f str,
    form: Form<'f>,
}

impl Secret {
    pub(super) fn read<'f>(
        fields: &'f [String],
        columns: &Columns,
        file_host: Option<&str>,
    ) -> Result<Self, Fault<'f>> {
        let places = [columns.code, columns.matching_id, columns.address];
        if fields.len() <= columns.iccid + 1
            && !places.into_iter().flatten().any(|index| index < fields.len())
        {
            let hint = "a line is ICCID, a separator, and the matching id";
            return Err(Fault::of_line("has an ICCID but no matching id", hint));
        }
        let mut parts = Vec::with_capacity(3);
        for (column, index) in [
            (CsvColumn::ActivationCode, columns.code),
            (CsvColumn::MatchingId, columns.matching_id),
            (CsvColumn::SmdpAddress, columns.address),
        ] {
            let Some(index) = index else { continue };
            let value = checked(fields, column, index).or_else(|fault| {
                // A whole code in the column of the host is as good as in its own.
                let value = fields.get(index).map_or("", String::as_str);
                if let Form::Code(_) = Form::of(value) { Ok(value) } else { Err(fault) }
            })?;
            let form = Form::of(value);
            parts.push(Part { index, column, value, form });
        }
        let whole = parts.iter().position(|part| matches!(part.form, Form::Code(_)));
        match whole {
            Some(whole) => Self::of_code(&parts, whole),
            None => Self::of_parts(&parts, columns, file_host),
        }
    }

    /// From a whole code. The other fields may say the same.
    fn of_code<'f>(parts: &[Part<'f>], whole: usize) -> Result<Self, Fault<'f>> {
        let column = CsvColumn::ActivationCode;
        let Part { index, value, form, .. } = &parts[whole];
        let Form::Code(string) = form else { unreachable!("the part is a code") };
        let code = ActivationCodeString::parse(string).map_err(|invalid| {
            let hint = "copy it again; its form is LPA:1$host$matching-id";
            Fault::of_field(*index, column, *value, invalid.to_string(), hint)
        })?;
        for part in parts {
            let agrees = match &part.form {
                Form::Empty => true,
                Form::Code(other) => {
                    ActivationCodeString::parse(other).is_ok_and(|other| other == code)
                }
                Form::Host | Form::Other => {
                    part.value == code.matching_id || part.value.eq_ignore_ascii_case(&code.address)
                }
            };
            if !agrees {
                return Err(Fault::of_contradiction(part.index, part.column, part.value));
            }
        }
        if code.tail.chars().any(char::is_control) {
            let hint = "copy it again, without line breaks";
            return Err(Fault::of_field(*index, column, *value, "has a control character", hint));
        }
        let ActivationCodeString { matching_id, address, tail } = code;
        let (matching_id_at, address_at) = (*index, *index);
        Ok(Self { matching_id, address, tail, whole: true, matching_id_at, address_at })
    }

    /// From a matching id and a host in fields of their own, whichever is which.
    fn of_parts<'f>(
        parts: &[Part<'f>],
        columns: &Columns,
        file_host: Option<&str>,
    ) -> Result<Self, Fault<'f>> {
        let of = |column| parts.iter().find(|part| part.column == column);
        let (mut id, mut host) = (of(CsvColumn::MatchingId), of(CsvColumn::SmdpAddress));
        if let (Some(Part { form: Form::Host, .. }), Some(Part { form: Form::Other, .. })) =
            (id, host)
        {
            std::mem::swap(&mut id, &mut host);
        }
        let is_given = |part: Option<&Part<'_>>| part.is_some_and(|it| !it.value.is_empty());
        if let Some(either) = of(CsvColumn::ActivationCode).filter(|it| !it.value.is_empty()) {
            let place = if either.form == Form::Host { &mut host } else { &mut id };
            match place {
                Some(known) if is_given(Some(known)) => {
                    if known.value != either.value {
                        return Err(Fault::of_contradiction(
                            either.index,
                            either.column,
                            either.value,
                        ));
                    }
                }
                place => *place = Some(either),
            }
        }
        let address = host.map(|it| it.value).filter(|host| !host.is_empty()).or(file_host);
        let at = parts.first().map_or(columns.iccid, |part| part.index);
        if address.is_none() && columns.address.is_none() {
            let hint = "add a column SM-DP+, or begin the file with the host on a line of its own";
            return Err(Fault::of_line("has a matching id but no SM-DP+ host", hint));
        }
        Ok(Self {
            matching_id: id.map_or(Cow::default(), |it| Cow::from(it.value)).into_owned(),
            address: address.unwrap_or_default().to_owned(),
            tail: String::new(),
            whole: false,
            matching_id_at: id.map_or(at, |it| it.index),
            address_at: host.or(id).map_or(at, |it| it.index),
        })
    }
}
