//! QR codes as PNG images with one bit per pixel.

use png::{BitDepth, ColorType, Encoder};

use super::Qr;

/// The width of a module: with eight pixels, it is one byte.
const PIXELS_PER_MODULE: u32 = u8::BITS;

impl Qr {
    /// The code as a PNG file, black on white, with eight pixels per module.
    #[must_use]
    pub fn png(&self) -> Vec<u8> {
        let mut pixels = Vec::new();
        for row in self.rows() {
            let line: Vec<u8> = row.iter().map(|dark| if *dark { 0x00 } else { 0xff }).collect();
            pixels.extend(line.repeat(PIXELS_PER_MODULE as usize));
        }
        let side = u32::try_from(self.width).unwrap_or(u32::MAX) * PIXELS_PER_MODULE;
        let mut file = Vec::new();
        let mut encoder = Encoder::new(&mut file, side, side);
        encoder.set_color(ColorType::Grayscale);
        encoder.set_depth(BitDepth::One);
        let written = encoder.write_header().and_then(|mut writer| {
            writer.write_image_data(&pixels)?;
            writer.finish()
        });
        written.expect("writing to memory cannot fail");
        file
    }
}
