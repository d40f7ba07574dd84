//! The query options of QR codes and sheets.

use serde_json::{Value, json};

use crate::domain::{DeviceState, Invalid};
use crate::protocol::openapi::{Limits, parameters};
use crate::protocol::query::{FromQuery, ListOptions, MostEntities, PageSizes, QueryOptions};

/// The format of a QR code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QrFormat {
    /// For web pages and print.
    Svg,
    /// For programs without SVG.
    Png,
    /// For terminals.
    Text,
}

/// The options of a QR code.
#[derive(Clone, Copy, Debug)]
pub struct QrOptions {
    /// The format.
    pub format: QrFormat,
}

impl MostEntities for QrOptions {}

impl FromQuery for QrOptions {
    fn from_query(mut options: QueryOptions, _: PageSizes) -> Result<Self, Invalid> {
        let format = match options.take_format() {
            None => QrFormat::Svg,
            Some(option) => match option.value.to_ascii_lowercase().as_str() {
                "svg" => QrFormat::Svg,
                "png" => QrFormat::Png,
                "text" => QrFormat::Text,
                _ => return Err(Invalid::new(option.sent, "must be svg, png or text")),
            },
        };
        options.finish()?;
        Ok(Self { format })
    }

    fn parameters(_: &Limits) -> Vec<Value> {
        let format = json!({ "type": "string", "enum": ["svg", "png", "text"] });
        vec![parameters::option("format", "The format of the QR code; svg by default.", &format)]
    }
}

/// The maximum number of cards on a sheet: the audit log records each code that it shows.
const MAX_CARDS: u32 = 200;

/// The options of a sheet: those that choose the device states of a list.
#[derive(Debug)]
pub struct SheetOptions(pub ListOptions<DeviceState>);

impl MostEntities for SheetOptions {}

impl FromQuery for SheetOptions {
    fn from_query(mut options: QueryOptions, sizes: PageSizes) -> Result<Self, Invalid> {
        if let Some(format) = options.take_format() {
            return Err(Invalid::new(format.sent, "is not a query option of this operation"));
        }
        let list = ListOptions::choose(&mut options, sheet_sizes(sizes))?;
        options.finish()?;
        Ok(Self(list))
    }

    fn parameters(limits: &Limits) -> Vec<Value> {
        let limits = Limits { pages: sheet_sizes(limits.pages), ..*limits };
        parameters::choice::<DeviceState>(&limits)
    }
}

fn sheet_sizes(sizes: PageSizes) -> PageSizes {
    let max = sizes.max.min(MAX_CARDS);
    PageSizes { default: max, max, preferred: None }
}
