//! What is asked of a QR code, and of a sheet of them.

use serde_json::{Value, json};

use crate::domain::{DeviceState, Invalid};
use crate::protocol::openapi::parameters;
use crate::protocol::query::{FromQuery, ListOptions, PageSizes, QueryOptions};

/// How a QR code is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QrFormat {
    /// For pages and for paper.
    Svg,
    /// For programs that know no SVG.
    Png,
    /// For terminals.
    Text,
}

/// The options of a QR code.
#[derive(Clone, Copy, Debug)]
pub struct QrOptions {
    /// How it is drawn.
    pub format: QrFormat,
}

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

    fn parameters() -> Vec<Value> {
        let format = json!({ "type": "string", "enum": ["svg", "png", "text"] });
        vec![parameters::option("format", "How it is drawn: svg, if not said.", &format)]
    }
}

/// The most cards of one sheet: each showing is written down by its code.
const MOST_CARDS: u32 = 200;

/// The options of a sheet: those by which the list of device states chooses.
#[derive(Debug)]
pub struct SheetOptions(pub ListOptions<DeviceState>);

impl FromQuery for SheetOptions {
    fn from_query(mut options: QueryOptions, sizes: PageSizes) -> Result<Self, Invalid> {
        if let Some(format) = options.take_format() {
            return Err(Invalid::new(format.sent, "is not a query option of this operation"));
        }
        let most = sizes.most.min(MOST_CARDS);
        let sizes = PageSizes { default: most, most, preferred: None };
        let list = ListOptions::choose(&mut options, sizes)?;
        options.finish()?;
        Ok(Self(list))
    }

    fn parameters() -> Vec<Value> {
        parameters::choice::<DeviceState>()
    }
}
