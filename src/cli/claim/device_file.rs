//! A file of devices: CSV with or without a line that names the columns.

use std::collections::HashMap;
use std::io::Read;
use std::path::Path;

use serde_json::{Value, json};

use crate::cli::common::Failure;

/// A device that is to get a code.
#[derive(Clone, Debug, Default)]
pub(super) struct Device {
    pub(super) name: Option<String>,
    pub(super) eid: Option<String>,
    pub(super) user: Option<String>,
    /// The code that it is to get.
    pub(super) iccid: Option<String>,
}

/// The devices of a file.
#[derive(Debug)]
pub(super) struct DeviceFile {
    pub(super) devices: Vec<Device>,
    /// Columns of the file that are not used.
    pub(super) ignored: Vec<String>,
}

#[derive(Clone, Copy, Debug)]
enum Field {
    Name,
    Eid,
    User,
    Iccid,
}

/// The names of columns, in lower case and without spaces, hyphens and underscores.
const NAMES: [(&str, Field); 14] = [
    ("device", Field::Name),
    ("devicename", Field::Name),
    ("name", Field::Name),
    ("hostname", Field::Name),
    ("eid", Field::Eid),
    ("universalintegratedcircuitcardidentifier", Field::Eid),
    ("user", Field::User),
    ("username", Field::User),
    ("userprincipalname", Field::User),
    ("upn", Field::User),
    ("email", Field::User),
    ("primaryuser", Field::User),
    ("iccid", Field::Iccid),
    ("integratedcircuitcardidentifier", Field::Iccid),
];

impl Device {
    /// The body of its claim.
    pub(super) fn body(&self) -> Value {
        let mut body = json!({});
        for (name, value) in [
            ("deviceName", &self.name),
            ("universalIntegratedCircuitCardIdentifier", &self.eid),
            ("userName", &self.user),
            ("integratedCircuitCardIdentifier", &self.iccid),
        ] {
            if let Some(value) = value {
                body[name] = json!(value);
            }
        }
        body
    }

    /// What people call it.
    pub(super) fn shown(&self) -> &str {
        self.name.as_deref().or(self.eid.as_deref()).unwrap_or_default()
    }

    fn field(&mut self, field: Field) -> &mut Option<String> {
        match field {
            Field::Name => &mut self.name,
            Field::Eid => &mut self.eid,
            Field::User => &mut self.user,
            Field::Iccid => &mut self.iccid,
        }
    }
}

/// Reads a file of devices.
pub(super) fn read(path: &Path) -> Result<DeviceFile, Failure> {
    let fault = |error: std::io::Error| format!("{}: {error}", path.display());
    let bytes = if path == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes).map_err(fault)?;
        bytes
    } else {
        std::fs::read(path).map_err(fault)?
    };
    let text = String::from_utf8(bytes)
        .map_err(|_| format!("{}: is not UTF-8 text; save it as CSV UTF-8", path.display()))?;
    devices(text.trim_start_matches('\u{feff}'))
        .map_err(|fault| format!("{}: {fault}", path.display()).into())
}

/// What the columns of a file are.
enum Layout {
    /// As its first line says; `None` for a column that is not used.
    Named(Vec<Option<Field>>),
    /// The name or the EID of a device, then its user.
    Bare,
}

impl Layout {
    /// The layout that a first line tells, and the names of columns that are not used.
    fn of(first: &csv::StringRecord) -> (Self, Vec<String>) {
        let columns: Vec<_> = first.iter().map(field_named).collect();
        if columns.iter().all(Option::is_none) {
            return (Self::Bare, Vec::new());
        }
        let unknown =
            first.iter().zip(&columns).filter(|(name, it)| it.is_none() && !name.is_empty());
        let unknown = unknown.map(|(name, _)| name.to_owned()).collect();
        (Self::Named(columns), unknown)
    }

    fn field(&self, index: usize, cell: &str) -> Option<Field> {
        match self {
            Self::Named(columns) => columns.get(index).copied().flatten(),
            Self::Bare if index == 0 && is_eid(cell) => Some(Field::Eid),
            Self::Bare => [Field::Name, Field::User].get(index).copied(),
        }
    }
}

fn field_named(name: &str) -> Option<Field> {
    let plain = |name: &str| name.to_lowercase().replace([' ', '-', '_'], "");
    NAMES.iter().find(|(known, _)| *known == plain(name)).map(|(_, field)| *field)
}

fn is_eid(cell: &str) -> bool {
    cell.len() >= 32 && cell.chars().all(|it| it.is_ascii_digit() || " -".contains(it))
}

/// What separates the cells of the first line.
fn delimiter(text: &str) -> u8 {
    let first = text.lines().next().unwrap_or_default();
    let count = |it: u8| first.bytes().filter(|byte| *byte == it).count();
    [b';', b'\t'].into_iter().find(|it| count(*it) > count(b',')).unwrap_or(b',')
}

fn devices(text: &str) -> Result<DeviceFile, String> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .delimiter(delimiter(text))
        .from_reader(text.as_bytes());
    let records: Result<Vec<_>, _> = reader.records().collect();
    let records = records.map_err(|error| format!("is not CSV: {error}"))?;
    let mut filled = records.iter().filter(|record| !record.iter().all(str::is_empty)).peekable();
    let (layout, ignored) = filled.peek().map_or((Layout::Bare, Vec::new()), |it| Layout::of(it));
    if let Layout::Named(_) = layout {
        filled.next();
    }
    let mut devices = Vec::new();
    let mut known = HashMap::new();
    for record in filled {
        let line = record.position().map_or(0, csv::Position::line);
        let mut device = Device::default();
        for (index, cell) in record.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
            if let Some(field) = layout.field(index, cell) {
                *device.field(field) = Some(cell.to_owned());
            }
        }
        let identity = device.eid.as_deref().or(device.name.as_deref()).map(str::to_lowercase);
        let identity =
            identity.ok_or_else(|| format!("line {line} has neither a device nor an EID"))?;
        if let Some(before) = known.insert(identity, line) {
            let shown = device.shown();
            return Err(format!("lines {before} and {line} are the same device, {shown}"));
        }
        devices.push(device);
    }
    if devices.is_empty() {
        return Err("has no devices".to_owned());
    }
    Ok(DeviceFile { devices, ignored })
}

#[cfg(test)]
mod tests {
    use super::{DeviceFile, devices};

    fn shown(text: &str) -> Vec<[String; 4]> {
        let DeviceFile { devices, .. } = devices(text).expect("devices");
        let cells = devices.into_iter().map(|it| [it.name, it.eid, it.user, it.iccid]);
        cells.map(|cells| cells.map(Option::unwrap_or_default)).collect()
    }

    #[test]
    fn columns_are_named_in_the_first_line_or_are_devices_and_users() {
        let eid = "89049032000001000000043598436512";
        let ann = ["Laptop 7", eid, "ann@contoso.com", ""].map(str::to_owned);
        for text in [
            format!("Device Name,EID,User,Department\nLaptop 7,{eid},ann@contoso.com,Sales\n"),
            format!("user;device_name;eid\r\nann@contoso.com;Laptop 7;{eid}\r\n\r\n"),
        ] {
            assert_eq!(shown(&text), std::slice::from_ref(&ann), "{text}");
        }
        let bare = [["Laptop 7", "", "ann@contoso.com", ""], ["", eid, "", ""]];
        let bare = bare.map(|cells| cells.map(str::to_owned));
        assert_eq!(shown(&format!("Laptop 7,ann@contoso.com\n{eid}\n")), bare);
        let file = devices("device,department\na,b\n").expect("devices");
        assert_eq!(file.ignored, ["department"]);
    }

    #[test]
    fn a_file_without_a_device_on_each_line_is_refused() {
        for (text, fault) in [
            ("", "has no devices"),
            ("device,user\n", "has no devices"),
            ("device,user\n,ann\n", "line 2 has neither a device nor an EID"),
            ("a\nb\nA\n", "lines 1 and 3 are the same device, A"),
        ] {
            assert_eq!(devices(text).expect_err(text), fault);
        }
    }
}
