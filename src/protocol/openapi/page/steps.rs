//! What an example makes before its request.

/// What a request needs, in the order in which it is made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Iccid,
    Pool,
    Code,
    DeviceState,
    Released,
    Assignment,
    Event,
    Refusal,
}

use Step::{Assignment, Code, DeviceState, Event, Iccid, Pool, Refusal, Released};

const WRITE: &str = "DeviceManagementConfiguration.ReadWrite.All";
const CLAIM: &str = "EmbeddedSIMActivationCode.Claim.All";
const AUDIT: &str = "DeviceManagementApps.Read.All";
pub(super) const JSON: &str = "-H 'Content-Type: application/json'";
pub(super) const CSV: &str = "-H 'Content-Type: text/csv'";
/// Takes the first id out of a response.
const FIRST_ID: &str = r#"grep -o '"id":"[^"]*"' | head -n 1 | cut -d '"' -f 4"#;

impl Step {
    /// What this one needs, the permission for it, and its lines.
    pub(super) fn row(self) -> (&'static [Self], Option<&'static str>, String) {
        let auth = r#"-H "Authorization: Bearer $TOKEN""#;
        match self {
            // 19 digits, the last of which is the check digit.
            Iccid => (
                &[],
                None,
                "ICCID=$(echo $(date +%s)$$ | awk '{ n = \"8944500\" substr(\"00000000000\" $1, \
                 length($1) + 1); for (i = 18; i > 0; i--) { d = substr(n, i, 1); \
                 if (i % 2 == 0) d = d * 2 - (d > 4) * 9; s += d } print n (10 - s % 10) % 10 }')"
                    .to_owned(),
            ),
            Pool => (
                &[],
                Some(WRITE),
                format!(
                    "POOL=$(curl -sS \"$POOLS\" {auth} \\\n  {JSON} \\\n  \
                     -d '{{\"displayName\":\"Example\"}}' | {FIRST_ID})"
                ),
            ),
            Code => (
                &[Iccid, Pool],
                Some(WRITE),
                format!(
                    "curl -sS -o /dev/null \"$POOLS/$POOL/esimpool.import\" {auth} \\\n  {CSV} \\\n  {FILE}"
                ),
            ),
            DeviceState => (
                &[Iccid, Pool, Code],
                Some(CLAIM),
                format!(
                    "STATE=$(curl -sS \"$POOLS/$POOL/esimpool.claim\" {auth} \\\n  {JSON} \\\n  \
                     -d '{{\"deviceName\":\"Laptop 7\"}}' | {FIRST_ID})"
                ),
            ),
            Released => (
                &[Iccid, Pool, Code, DeviceState],
                Some(WRITE),
                format!(
                    "curl -sS -o /dev/null \"$POOLS/$POOL/esimpool.release\" {auth} \\\n  {JSON} \\\n  \
                     -d '{{\"deviceName\":\"Laptop 7\"}}'"
                ),
            ),
            Assignment => (
                &[Pool],
                Some(WRITE),
                format!(
                    "ASSIGNMENT=$(curl -sS \"$POOLS/$POOL/assignments\" {auth} \\\n  {JSON} \\\n  \
                     -d '{ALL_DEVICES}' | {FIRST_ID})"
                ),
            ),
            Event => (
                &[Pool],
                Some(AUDIT),
                format!("EVENT=$(curl -sS \"$AUDIT?\\$top=1\" {auth} | {FIRST_ID})"),
            ),
            Refusal => (
                &[],
                None,
                format!(
                    "REQUEST=$(curl -sS -D - -o /dev/null \"$AUDIT\" {auth} | tr -d '\\r' \\\n  \
                     | awk 'tolower($1) == \"request-id:\" {{ print $2 }}')"
                ),
            ),
        }
    }
}

/// An assignment.
pub(super) const ALL_DEVICES: &str =
    r##"{"target":{"@odata.type":"#microsoft.graph.allDevicesAssignmentTarget"}}"##;
/// A file with one code.
pub(super) const FILE: &str = "--data-binary \"smdp.example.com\n$ICCID,EXAMPLE-$ICCID\"";

/// Steps with what they need, in the order in which they are made.
pub(super) fn ordered(steps: impl Iterator<Item = Step>) -> Vec<Step> {
    let mut all: Vec<Step> = Vec::new();
    for step in steps.flat_map(|it| it.row().0.iter().copied().chain([it])) {
        if !all.contains(&step) {
            all.push(step);
        }
    }
    all.sort_by_key(|it| *it as u8);
    all
}
