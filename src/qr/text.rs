//! QR codes as text, with two modules per character, one above the other.

use super::Qr;

impl Qr {
    /// The code in Unicode half blocks. The blocks are the light modules, so that the code is right on
    /// terminals with light text on a dark background, which most are.
    #[must_use]
    pub fn text(&self) -> String {
        let rows: Vec<_> = self.rows().collect();
        let mut text = String::new();
        for pair in rows.chunks(2) {
            // The number of rows is odd, so the last pair has only one.
            let light = |row: usize, x: usize| pair.get(row).is_some_and(|row| !row[x]);
            text.extend((0..self.width).map(|x| match (light(0, x), light(1, x)) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            }));
            text.push('\n');
        }
        text
    }
}
