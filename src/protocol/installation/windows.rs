//! A code as Windows settings: the nodes of the eUICCs configuration service provider that an
//! administrator sets with a custom profile (OMA-URI).

use std::fmt::Write as _;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::domain::{ActivationCodeString, Installation};

/// The root of the eUICCs configuration service provider.
const ROOT: &str = "./Device/Vendor/MSFT/eUICCs";

/// Stands for the device's eUICC if its EID is not known.
const PLACEHOLDER: &str = "{eUICC}";

/// The settings as text to copy from, with the secret.
#[must_use]
pub fn windows_settings(installation: &Installation, code: &ActivationCodeString) -> String {
    let eid = installation.device_state.details.eid.as_deref();
    let eid = eid.filter(|eid| !eid.trim().is_empty());
    let euicc = eid.map_or(PLACEHOLDER.to_owned(), segment);
    let profile = format!("{ROOT}/{euicc}/Profiles/{}", segment(installation.iccid.as_str()));
    let which = if eid.is_some() {
        "# The EID identifies the device's eUICC. 'Default' in its place is the active eUICC."
    } else {
        "# Replace {eUICC} by the EID of the device's eUICC, 32 digits, which is not known here.\n\
         # 'Default' in its place is the active eUICC."
    };
    let host = &code.address;
    let id = &code.matching_id;
    let empty = if id.is_empty() {
        "\n# It is empty: the server chooses the profile by the device."
    } else {
        ""
    };
    let mut by_hand =
        format!("\n# The whole code, to be typed by hand: {}\n", code.expose_for_qr());
    if let Some(confirmation) = &installation.confirmation_code {
        // Writing to a string cannot fail.
        let _ = writeln!(
            by_hand,
            "# The device asks for a confirmation code, which no setting holds: {}",
            confirmation.expose().replace(['\r', '\n'], " ")
        );
    }
    if code.tail.is_empty() && installation.confirmation_code.is_none() {
        by_hand.clear();
    }
    format!(
        "# A custom profile of Intune for one device (Windows 10 and later, Templates, Custom): a\n\
         # row of OMA-URI settings for each block below. Setting the first two installs the eSIM.\n\
         {which}\n\
         \n\
         # The host that serves the eSIM (SM-DP+).\n\
         OMA-URI: {profile}/ServerName\n\
         Data type: String\n\
         Value: {host}\n\
         \n\
         # The secret that the eSIM is downloaded with. It is valid for one installation.{empty}\n\
         OMA-URI: {profile}/MatchingID\n\
         Data type: String\n\
         Value: {id}\n\
         \n\
         # To enable the eSIM after its installation.\n\
         OMA-URI: {profile}/IsEnabled\n\
         Data type: Boolean\n\
         Value: True\n\
         {by_hand}"
    )
}

/// Percent-encodes a segment of a URI. A valid EID or ICCID stays as it is.
fn segment(name: &str) -> String {
    const SPECIAL: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_');
    utf8_percent_encode(name, SPECIAL).to_string()
}
