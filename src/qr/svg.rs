//! QR codes as SVG images: one path of horizontal runs, with one unit per module.

use std::fmt::Write as _;

use super::Qr;

/// The default width of a module.
const PIXELS_PER_MODULE: usize = 8;

impl Qr {
    /// The code as an SVG document, dark on light, which can also be embedded in HTML.
    #[must_use]
    pub fn svg(&self) -> String {
        let (width, pixels) = (self.width, self.width * PIXELS_PER_MODULE);
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
