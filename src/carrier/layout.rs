//! What the lines of a file are: a host, a header, or codes.

use super::columns::named;
use super::damage::{damage, is_rounded, is_whole_code, rejoined};
use super::rejection::{Column, of_field, of_rule};
use crate::domain::{ActivationCode, ActivationCodeString, Iccid, Rejection, Rules, Validation};

/// What is known of a file so far.
#[derive(Debug, Default)]
pub(super) struct Layout {
    /// From a line of its own.
    host: Option<String>,
    /// Of the first code.
    first_host: Option<String>,
    columns: Option<Columns>,
    /// The first line with something on it was seen.
    begun: bool,
    /// So was a line that should hold a code.
    coded: bool,
    /// The file as a whole is at fault: the rest of it is not looked at.
    broken: bool,
}

/// Where the parts of a code stand.
#[derive(Clone, Copy, Debug)]
struct Columns {
    iccid: usize,
    secret: Secret,
}

#[derive(Clone, Copy, Debug)]
enum Secret {
    /// A matching id, and where its host stands, if not on a line of its own.
    Matching { id: usize, address: Option<usize> },
    /// A whole activation code string.
    Lpa(usize),
}

/// What a line came to.
pub(super) enum Read {
    /// It is blank, a host or a header.
    Nothing,
    Code(ActivationCode),
    Rejected(Rejection),
}

impl Layout {
    /// The host that names the pool.
    pub(super) fn host(&self) -> Option<&str> {
        self.host.as_deref().or(self.first_host.as_deref())
    }

    /// What is wrong with the file as a whole, at its end.
    pub(super) fn end(&self, lines: u32) -> Option<Rejection> {
        (!self.coded && !self.broken).then(|| {
            let hint = "the first line is the SM-DP+ host, or a header that names the columns";
            Rejection::of_line(lines.max(1), "is the end of a file without a code", hint)
        })
    }

    pub(super) fn read(&mut self, line: u32, fields: &[String], rules: &Rules) -> Read {
        if fields.is_empty() || self.broken {
            return Read::Nothing;
        }
        let first = !std::mem::replace(&mut self.begun, true);
        if let Some(columns) = self.columns {
            return self.code(line, fields, columns, rules);
        }
        if first
            && let [alone] = fields
            && is_like_a_host(alone)
        {
            return self.take_host(line, alone, rules);
        }
        if let Some(header) = header(fields, self.host.is_some()) {
            return self.take_header(line, header);
        }
        match guess(fields, self.host.is_some()) {
            Some(columns) => {
                self.columns = Some(columns);
                self.code(line, fields, columns, rules)
            }
            None => self.give_up(
                line,
                "is neither an SM-DP+ host nor a header nor a code with its host",
                "begin the file with the SM-DP+ host on a line of its own, then ICCID,MatchingID",
            ),
        }
    }

    /// A line that cannot be read; it may have been meant as a code.
    pub(super) fn fault(&mut self, line: u32, reason: &str, hint: &str) -> Read {
        if self.broken {
            return Read::Nothing;
        }
        self.coded = true;
        Read::Rejected(Rejection::of_line(line, reason, hint))
    }

    fn take_host(&mut self, line: u32, host: &str, rules: &Rules) -> Read {
        // A host that stands alone is held to what a host is, whatever the mode.
        let probe = ActivationCode::parse(
            "8944500102198304826".to_owned(),
            String::new(),
            host.to_owned(),
            Validation::Graph,
            rules.text_length,
        );
        if let Err(invalid) = probe {
            self.broken = true;
            return Read::Rejected(of_rule(line, 0, Column::Address, host, &invalid));
        }
        self.host = Some(host.to_owned());
        Read::Nothing
    }

    fn take_header(&mut self, line: u32, header: Result<Columns, &'static str>) -> Read {
        match header {
            Ok(columns) => {
                self.columns = Some(columns);
                Read::Nothing
            }
            Err(missing) => self.give_up(
                line,
                missing,
                "name the columns ICCID and MatchingID and SM-DP+, or ICCID and LPA",
            ),
        }
    }

    fn give_up(&mut self, line: u32, reason: &str, hint: &str) -> Read {
        self.broken = true;
        Read::Rejected(Rejection::of_line(line, reason, hint))
    }

    fn code(&mut self, line: u32, fields: &[String], columns: Columns, rules: &Rules) -> Read {
        self.coded = true;
        match self.parse(line, fields, columns, rules) {
            Ok(code) => {
                if self.first_host.is_none() {
                    self.first_host = Some(code.smdp_address.as_str().to_owned());
                }
                Read::Code(code)
            }
            Err(rejection) => Read::Rejected(rejection),
        }
    }

    fn parse(
        &self,
        line: u32,
        fields: &[String],
        columns: Columns,
        rules: &Rules,
    ) -> Result<ActivationCode, Rejection> {
        let field = |place: usize| fields.get(place).map_or("", String::as_str);
        let checked = |column, place, value: &str| match damage(column, value) {
            Some((reason, hint)) => Err(of_field(line, place, column, value, reason, hint)),
            None => Ok(()),
        };
        let check = |column, place| checked(column, place, field(place)).map(|()| field(place));
        let found = check(Column::Iccid, columns.iccid)?;
        if let Some(number) = rejoined(found, field(columns.iccid + 1)) {
            checked(Column::Iccid, columns.iccid, &number)?;
        }
        let iccid = Iccid::tidied(found);
        let (matching_id, address, places) = match columns.secret {
            Secret::Matching { id, address } => {
                let host = address.map(|place| check(Column::Address, place)).transpose()?;
                let host = host.filter(|host| !host.is_empty()).or(self.host.as_deref());
                if id >= fields.len() && fields.len() <= columns.iccid + 1 {
                    let hint = "a line is ICCID, a separator, and the matching id";
                    return Err(Rejection::of_line(line, "has an ICCID and no matching id", hint));
                }
                let matching_id = check(Column::MatchingId, id)?.to_owned();
                let host = host.unwrap_or_default().to_owned();
                (matching_id, host, (id, address.unwrap_or(id)))
            }
            Secret::Lpa(place) => {
                let lpa = check(Column::Lpa, place)?;
                let lpa = ActivationCodeString::parse(lpa).map_err(|fault| {
                    let hint = "it is LPA:1$, the host, $, and the matching id; copy it again";
                    let (column, reason) = (Column::Lpa, fault.to_string());
                    of_field(line, place, column, field(place), &reason, hint)
                })?;
                (lpa.matching_id, lpa.address, (place, place))
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
            let (place, column, value) = match invalid.target.as_str() {
                "integratedCircuitCardIdentifier" => (columns.iccid, Column::Iccid, iccid.as_str()),
                "smdpPlusServerAddress" => (places.1, Column::Address, shown_address.as_str()),
                _ => (places.0, Column::MatchingId, shown_id.as_str()),
            };
            of_rule(line, place, column, value, &invalid)
        })
    }
}

/// Whether a text that stands alone is meant as a host: it is no number and no activation code.
fn is_like_a_host(text: &str) -> bool {
    !is_whole_code(text)
        && !text.contains('$')
        && named(text).is_none()
        && text.contains(['.', ':', '/'])
        && !is_rounded(text)
}

/// The columns that a header names; `None` if it is no header; or what it lacks.
fn header(fields: &[String], host: bool) -> Option<Result<Columns, &'static str>> {
    let names: Vec<_> = fields.iter().map(|field| named(field)).collect();
    names.iter().any(Option::is_some).then(|| {
        let place = |column| names.iter().position(|name| *name == Some(column));
        let iccid = place(Column::Iccid).ok_or("is a header without a column for the ICCID")?;
        let secret = match (place(Column::MatchingId), place(Column::Address), place(Column::Lpa)) {
            (Some(id), Some(address), _) => Secret::Matching { id, address: Some(address) },
            (_, _, Some(lpa)) => Secret::Lpa(lpa),
            (Some(id), None, None) if host => Secret::Matching { id, address: None },
            (Some(_), None, None) => {
                return Err("is a header without a column for the SM-DP+ host");
            }
            (None, ..) => return Err("is a header without a column for the matching id"),
        };
        Ok(Columns { iccid, secret })
    })
}

/// What the columns of a first code without a header are.
fn guess(fields: &[String], host: bool) -> Option<Columns> {
    if let Some(lpa) = fields.iter().position(|field| is_whole_code(field)) {
        let is_number = |field: &String| {
            is_rounded(field) || Iccid::tidied(field).bytes().filter(u8::is_ascii_digit).count() > 9
        };
        let iccid = fields.iter().position(is_number);
        let other = (0..fields.len()).find(|place| *place != lpa);
        // Without a number there is still a column that should hold one.
        let iccid = iccid.filter(|place| *place != lpa).or(other).unwrap_or(fields.len());
        return Some(Columns { iccid, secret: Secret::Lpa(lpa) });
    }
    if host {
        return Some(Columns { iccid: 0, secret: Secret::Matching { id: 1, address: None } });
    }
    let address = (fields.len() >= 3 && fields[2].contains('.')).then_some(2);
    address.map(|_| Columns { iccid: 0, secret: Secret::Matching { id: 1, address } })
}
