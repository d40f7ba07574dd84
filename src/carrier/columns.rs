//! The columns that codes are read from, and their names.

/// A column that part of a code is read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CsvColumn {
    /// The ICCID.
    Iccid,
    /// The matching id alone.
    MatchingId,
    /// The host of the SM-DP+ server alone.
    SmdpAddress,
    /// An LPA activation code string: host and matching id together.
    ActivationCode,
}

/// The names that carriers and Graph give to each column, in lower case and without anything but
/// letters and digits. Columns with other names are ignored.
const NAMES: [(CsvColumn, &[&str]); 4] = [
    (
        CsvColumn::Iccid,
        &["iccid", "integratedcircuitcardidentifier", "icc", "simnumber", "simserialnumber", "sim"],
    ),
    (
        CsvColumn::MatchingId,
        &[
            "matchingid",
            "matchingidentifier",
            "matching",
            "activationcodetoken",
            "eventid",
            "token",
        ],
    ),
    (
        CsvColumn::SmdpAddress,
        &[
            "smdp",
            "smdpaddress",
            "smdphost",
            "smdpserver",
            "smdpplus",
            "smdpplusaddress",
            "smdpplusserveraddress",
            "smdpserveraddress",
            "smdpfqdn",
            "server",
            "serveraddress",
            "servername",
            "address",
            "host",
            "fqdn",
        ],
    ),
    (
        CsvColumn::ActivationCode,
        &[
            "lpa",
            "lpastring",
            "lpacode",
            "activationcode",
            "activationstring",
            "activationcodestring",
            "qr",
            "qrcode",
            "qrcodedata",
            "esimcode",
        ],
    ),
];

impl CsvColumn {
    /// The column with this heading, whatever its case and punctuation.
    pub(super) fn named(heading: &str) -> Option<Self> {
        let name: String = heading
            .chars()
            .filter(|character| character.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect();
        NAMES.iter().find(|(_, names)| names.contains(&name.as_str())).map(|(column, _)| *column)
    }
}
