//! Numbers of cards. The tests and the benchmark share them.

/// An ICCID with a right check digit.
pub fn iccid(number: usize) -> String {
    let digits = format!("8944{number:014}");
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, byte)| match (place % 2, u32::from(byte - b'0')) {
            (0, digit) if digit < 5 => digit * 2,
            (0, digit) => digit * 2 - 9,
            (_, digit) => digit,
        })
        .sum();
    format!("{digits}{}", (10 - sum % 10) % 10)
}
