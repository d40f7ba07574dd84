//! A QR code as text: two modules a sign, one over the other.

use super::Qr;

impl Qr {
    /// The code in Unicode's half blocks. The blocks are the light modules, so that it is as it
    /// should be where letters are light on dark, as in most terminals.
    #[must_use]
    pub fn text(&self) -> String {
        let rows: Vec<_> = self.rows().collect();
        let mut text = String::new();
        for pair in rows.chunks(2) {
            // The number of rows is odd: below the last one there is nothing.
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
