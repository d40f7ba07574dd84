//! What columns are called.

use super::rejection::Column;

/// Names of columns, in lower case, letters and digits only: what carriers and Graph call them.
const NAMES: [(Column, &[&str]); 4] = [
    (
        Column::Iccid,
        &["iccid", "integratedcircuitcardidentifier", "icc", "simnumber", "simserialnumber", "sim"],
    ),
    (
        Column::MatchingId,
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
        Column::Address,
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
        Column::Lpa,
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

/// The column of that name, if it is one that codes are made of.
pub(super) fn named(name: &str) -> Option<Column> {
    let bare: String =
        name.chars().filter(|sign| sign.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    NAMES.iter().find(|(_, names)| names.contains(&bare.as_str())).map(|(column, _)| *column)
}
