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
    /// The SM-DP+ server's object identifier.
    Oid,
    /// The code that the device's user is asked for.
    ConfirmationCode,
    /// What became of the code.
    State,
    /// The name of the device that has the code.
    DeviceName,
    /// The EID of the device that has the code, or that it is for.
    Eid,
    /// The user of the device that has the code.
    UserName,
    /// When the code was handed out.
    Date,
    /// Whatever the operator wants to find it by.
    Label,
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
    KnownColumn {
        column: CsvColumn::Oid,
        content: "the object identifier of the SM-DP+ server",
        names: &["oid", "smdpoid", "smdpplusoid", "serveroid"],
    },
    KnownColumn {
        column: CsvColumn::ConfirmationCode,
        content: "the confirmation code, a second secret",
        names: &["confirmationcode", "confirmation", "confcode", "cc", "confirmationpin"],
    },
    KnownColumn {
        column: CsvColumn::State,
        content: "the state of the code",
        names: &[
            "state",
            "status",
            "esimstate",
            "esimstatus",
            "simstate",
            "simstatus",
            "profilestate",
            "profilestatus",
            "codestate",
            "codestatus",
            "lifecyclestate",
            "lifecyclestatus",
        ],
    },
    KnownColumn {
        column: CsvColumn::DeviceName,
        content: "the name of the device that has the code",
        names: &[
            "devicename",
            "device",
            "assigneddevice",
            "assigneddevicename",
            "computername",
            "computer",
            "machinename",
            "endpoint",
            "endpointname",
        ],
    },
    KnownColumn {
        column: CsvColumn::Eid,
        content: "the EID of the device that has the code, or that it is for",
        names: &["eid", "euiccid", "deviceeid", "universalintegratedcircuitcardidentifier"],
    },
    KnownColumn {
        column: CsvColumn::UserName,
        content: "the user of that device",
        names: &[
            "user",
            "username",
            "userprincipalname",
            "upn",
            "assigneduser",
            "primaryuser",
            "owner",
            "employee",
            "email",
            "useremail",
        ],
    },
    KnownColumn {
        column: CsvColumn::Date,
        content: "when the code was handed out",
        names: &[
            "date",
            "activatedon",
            "activatedat",
            "activationdate",
            "dateactivated",
            "installedat",
            "installeddate",
            "installationdate",
            "assignedon",
            "assignedat",
            "assigneddate",
            "assignmentdate",
            "dateassigned",
            "claimedon",
            "claimeddatetime",
            "usedon",
            "dateused",
        ],
    },
    KnownColumn {
        column: CsvColumn::Label,
        content: "a free label",
        names: &[
            "label",
            "note",
            "notes",
            "comment",
            "comments",
            "tag",
            "tags",
            "remark",
            "remarks",
            "description",
        ],
    },
];

impl CsvColumn {
    /// Whether a column by itself tells that a line is a header.
    pub(super) fn is_of_a_code(self) -> bool {
        matches!(self, Self::Iccid | Self::MatchingId | Self::SmdpAddress | Self::ActivationCode)
    }

    /// What it holds, for the table of the documentation.
    pub(super) fn content(self) -> &'static str {
        KNOWN_COLUMNS.iter().find(|known| known.column == self).map_or("", |known| known.content)
    }

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
