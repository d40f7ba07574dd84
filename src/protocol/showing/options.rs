//! What is asked of a QR code.

use serde_json::{Value, json};

use crate::domain::Invalid;
use crate::protocol::openapi::parameters;
use crate::protocol::query::{FromQuery, PageSizes, QueryOptions};

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
