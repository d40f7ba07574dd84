//! A code as settings of Windows: the nodes of the eUICCs configuration service provider that an
//! administrator sets by a custom profile (OMA-URI), and what each is for.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::domain::{ActivationCodeString, Installation};

/// Where Windows has its eUICCs.
const ROOT: &str = "./Device/Vendor/MSFT/eUICCs";

/// What stands for the device's eUICC where nobody said which that is.
const PLACEHOLDER: &str = "{eUICC}";

/// The settings, as text to copy from. It holds the secret.
#[must_use]
pub fn windows_settings(shown: &Installation, code: &ActivationCodeString) -> String {
    let eid = shown.device_state.details.eid.as_deref();
    let eid = eid.filter(|eid| !eid.trim().is_empty());
    let euicc = eid.map_or(PLACEHOLDER.to_owned(), segment);
    let profile = format!("{ROOT}/{euicc}/Profiles/{}", segment(shown.iccid.as_str()));
    let which = if eid.is_some() {
        "# The device's eUICC is named by its EID. 'Default' in its place is whichever is active."
    } else {
        "# Replace {eUICC} by the EID of the device's eUICC, 32 digits, which nobody has said yet.\n\
         # 'Default' in its place is whichever is active."
    };
    let host = &code.address;
    let id = &code.matching_id;
    let empty = if id.is_empty() {
        "\n# It is empty: the server knows the profile by the device."
    } else {
        ""
    };
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
         # The secret by which the host knows the eSIM. Good for one installation.{empty}\n\
         OMA-URI: {profile}/MatchingID\n\
         Data type: String\n\
         Value: {id}\n\
         \n\
         # If the eSIM is to be switched on once it is installed.\n\
         OMA-URI: {profile}/IsEnabled\n\
         Data type: Boolean\n\
         Value: True\n"
    )
}

/// A name as a segment of a URI: real ones are digits and stay as they are.
fn segment(name: &str) -> String {
    const SPECIAL: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_');
    utf8_percent_encode(name, SPECIAL).to_string()
}
