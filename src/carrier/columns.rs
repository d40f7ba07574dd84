//! The columns that codes are read from, and the names that they are known by.

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

/// A column that an import understands.
#[derive(Clone, Copy, Debug)]
pub struct KnownColumn {
    column: CsvColumn,
    /// What it holds, in Markdown.
    pub content: &'static str,
    /// The headings that carriers, systems of devices, and Graph give it, in lower case and without
    /// anything but letters and digits.
    pub names: &'static [&'static str],
}

/// Every column that an import understands. Which of host, matching id and whole code a field holds,
/// its value decides.
pub const KNOWN_COLUMNS: &[KnownColumn] = &[
    KnownColumn {
        column: CsvColumn::Iccid,
        content: "the ICCID",
        names: &[
            "iccid",
            "iccidnumber",
            "esimiccid",
            "simiccid",
            "profileiccid",
            "integratedcircuitcardidentifier",
            "icc",
            "simnumber",
            "simserialnumber",
            "sim",
        ],
    },
    KnownColumn {
        column: CsvColumn::MatchingId,
        content: "the matching ID",
        names: &[
            "matchingid",
            "matchingidentifier",
            "matching",
            "matchid",
            "activationcodetoken",
            "activationtoken",
            "actoken",
            "eventid",
            "token",
        ],
    },
    KnownColumn {
        column: CsvColumn::SmdpAddress,
        content: "the host of the SM-DP+ server",
        names: &[
            "smdp",
            "smdpaddress",
            "smdphost",
            "smdphostname",
            "smdpserver",
            "smdpurl",
            "smdpplus",
            "smdpplusaddress",
            "smdpplushost",
            "smdpplusurl",
            "smdpplusserver",
            "smdpplusserveraddress",
            "smdpserveraddress",
            "smdpfqdn",
            "rsp",
            "rspurl",
            "rspaddress",
            "rsphost",
            "rspserver",
            "dpaddress",
            "server",
            "serveraddress",
            "servername",
            "serverurl",
            "address",
            "host",
            "hostname",
            "fqdn",
        ],
    },
    KnownColumn {
        column: CsvColumn::ActivationCode,
        content: "the whole activation code (`LPA:1$…`), or a link that holds it",
        names: &[
            "lpa",
            "lpastring",
            "lpacode",
            "lpaactivationcode",
            "activationcode",
            "activationstring",
            "activationcodestring",
            "activationlink",
            "installlink",
            "installationlink",
            "link",
            "ac",
            "qr",
            "qrcode",
            "qrcodedata",
            "qrcodecontent",
            "qrcodestring",
            "qrdata",
            "esimcode",
        ],
    },
];

impl CsvColumn {
    /// The column with this heading, whatever its case and punctuation.
    pub(super) fn named(heading: &str) -> Option<Self> {
        let name = bare_heading(heading);
        let known = KNOWN_COLUMNS.iter().find(|known| known.names.contains(&name.as_str()));
        known.map(|known| known.column)
    }
}

/// A heading without case, punctuation, line breaks and invisible characters.
pub(super) fn bare_heading(heading: &str) -> String {
    let kept = heading.chars().filter(|character| character.is_alphanumeric());
    kept.flat_map(char::to_lowercase).collect()
}
