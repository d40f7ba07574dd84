//! A QR code as SVG: one path of horizontal runs, a module a unit.

use std::fmt::Write as _;

use super::Qr;

/// How wide a module is shown where nobody says otherwise, in pixels.
const PIXELS: usize = 8;

impl Qr {
    /// The code as an SVG document, dark on light, which may stand inside HTML as well.
    #[must_use]
    pub fn svg(&self) -> String {
        let (width, pixels) = (self.width, self.width * PIXELS);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{pixels}\" height=\"{pixels}\" \
             viewBox=\"0 0 {width} {width}\" shape-rendering=\"crispEdges\">\
             <path fill=\"#fff\" d=\"M0 0h{width}v{width}H0z\"/><path d=\""
        );
        for (y, row) in self.rows().enumerate() {
            let mut x = 0;
            for run in row.chunk_by(PartialEq::eq) {
                if run.contains(&true) {
                    // Writing to a string cannot fail.
                    let _ = write!(svg, "M{x} {y}h{0}v1h-{0}z", run.len());
                }
                x += run.len();
            }
        }
        svg + "\"/></svg>\n"
    }
}
