//! Examples for a shell. Each works as it is pasted, and uses no data but its own: it first gets a
//! token and makes what the request needs.

use std::fmt::Write as _;

use const_format::formatcp;

use super::steps::Step::{
    self, Assignment, Code, DeviceState, Event, Iccid, Pool, Refusal, Released,
};
use super::steps::{ALL_DEVICES, CSV, FILE, JSON, ordered};

/// What the examples of a page have in common.
pub(super) struct Examples<'a> {
    /// The URL of the service.
    pub(super) base: &'a str,
    /// The command that prints a token of the development issuer, to which options can be added.
    pub(super) token_command: Option<&'a str>,
    /// The tenant in the paths of the development issuer.
    pub(super) tenant: &'a str,
}

/// Another assignment.
const ALL_USERS: &str =
    r##"{"target":{"@odata.type":"#microsoft.graph.allLicensedUsersAssignmentTarget"}}"##;
/// Chooses the code that an example has made.
const THE_CODE: &str =
    r#"-G --data-urlencode "\$filter=integratedCircuitCardIdentifier eq '$ICCID'""#;

/// The requests that the path alone does not make: what they need beside it, and their arguments.
const REQUESTS: &[(&str, &[Step], &[&str])] = &[
    ("Import codes into a new pool", &[Iccid], &[CSV, FILE]),
    ("Import codes into a pool", &[Iccid], &[CSV, FILE]),
    (
        "Create pool",
        &[Iccid],
        &[
            JSON,
            "-d '{\"displayName\":\"Example\",\"activationCodes\":[{\n  \
             \"integratedCircuitCardIdentifier\":\"'$ICCID'\",\n  \
             \"matchingIdentifier\":\"EXAMPLE-'$ICCID'\",\n  \
             \"smdpPlusServerAddress\":\"smdp.example.com\"}]}'",
        ],
    ),
    ("Update pool", &[], &[JSON, "-d '{\"displayName\":\"Renamed\"}'"]),
    ("Remove free codes", &[Code], &[THE_CODE]),
    ("Remove free codes of all pools", &[Code], &[THE_CODE]),
    ("Get stock", &[Code], &[]),
    ("Set low-stock threshold", &[], &[JSON, "-d '{\"lowStockThreshold\":50}'"]),
    ("List codes", &[Code], &["-G --data-urlencode \"\\$filter=state eq 'notEvaluated'\""]),
    ("Export codes", &[Code], &[]),
    ("Claim activation code", &[Code], &[JSON, "-d '{\"deviceName\":\"Laptop 7\"}'"]),
    ("Get QR code", &[], &["-G -d format=text"]),
    ("Get sheet of QR codes", &[DeviceState], &[]),
    ("Release activation code", &[DeviceState], &[JSON, "-d '{\"deviceName\":\"Laptop 7\"}'"]),
    (
        "Reinstate activation code",
        &[Released],
        &[JSON, "-d '{\"integratedCircuitCardIdentifier\":\"'$ICCID'\"}'"],
    ),
    ("List codes of all pools", &[Code], &[THE_CODE]),
    (
        "List device states of all pools",
        &[],
        &["-G --data-urlencode \"\\$filter=tolower(deviceName) eq 'laptop 7'\""],
    ),
    (
        "Create device state",
        &[],
        &[JSON, "-d '{\"deviceName\":\"Laptop 8\",\"state\":\"installed\"}'"],
    ),
    ("Update device state", &[], &[JSON, "-d '{\"state\":\"installed\"}'"]),
    ("Create assignment", &[], &[JSON, formatcp!("-d '{ALL_DEVICES}'")]),
    ("Update assignment", &[], &[JSON, formatcp!("-d '{ALL_USERS}'")]),
    ("Assign", &[], &[JSON, formatcp!("-d '{{\"assignments\":[{ALL_DEVICES}]}}'")]),
    (
        "List audit events",
        &[Pool],
        &["-G --data-urlencode '$orderby=activityDateTime desc' -d '$top=5'"],
    ),
    (
        "Batch",
        &[],
        &[
            JSON,
            "-d '{\"requests\":[{\"id\":\"1\",\"method\":\"GET\",\"url\":\"/deviceManagement/embeddedSIMActivationCodePools\"}]}'",
        ],
    ),
];

/// Pages where people sign in.
const FOR_BROWSERS: [&str; 3] = ["Sign-in page", "Device page", "Sign out"];

const POOLS: &str = "/beta/deviceManagement/embeddedSIMActivationCodePools";
const LOG: &str = "/beta/deviceManagement/auditEvents";

impl Examples<'_> {
    /// The commands for an operation, those before its request and the request; or `None` if it is not for
    /// a shell. `permissions` are those of which a token needs one; `None`: it needs no token.
    pub(super) fn of(
        &self,
        name: &str,
        method: &str,
        path: &str,
        permissions: Option<&[&str]>,
    ) -> Option<(String, String)> {
        let own = REQUESTS.iter().find(|(known, ..)| *known == name);
        let (extra, arguments) = own.map_or((&[][..], &[][..]), |(_, steps, it)| (*steps, *it));
        let is_plain = ["GET", "DELETE"].contains(&method) && !FOR_BROWSERS.contains(&name);
        let is_for_shells = own.is_some() || is_plain;
        let address = self.address(path).filter(|_| is_for_shells)?;
        let by_path = [
            ("$POOL/", Pool),
            ("$POOL\"", Pool),
            ("$STATE", DeviceState),
            ("$ASSIGNMENT", Assignment),
            ("$EVENT", Event),
            ("$REQUEST", Refusal),
        ];
        let quoted = format!("\"{address}\"");
        let by_path = by_path.iter().filter(|(name, _)| quoted.contains(name)).map(|(_, it)| *it);
        let steps = ordered(by_path.chain(extra.iter().copied()));

        let mut request = String::from("curl -sS -i");
        let is_implied =
            method == if arguments.iter().any(|it| is_body(it)) { "POST" } else { "GET" };
        if !is_implied {
            let _ = write!(request, " -X {method}");
        }
        let _ = write!(request, " {quoted}");
        if permissions.is_some() {
            request.push_str(" \\\n  -H \"Authorization: Bearer $TOKEN\"");
        }
        for argument in arguments {
            let _ = write!(request, " \\\n  {argument}");
        }
        let made: String = steps.iter().map(|it| it.row().2 + "\n").collect();
        let mut before = String::new();
        if let Some(permissions) = permissions {
            let _ = writeln!(before, "{}", self.token(&steps, permissions));
        }
        for (name, path) in [("$POOLS", POOLS), ("$AUDIT", LOG)] {
            if made.contains(name) || request.contains(name) {
                let _ = writeln!(before, "{}='{}{path}'", &name[1..], self.base);
            }
        }
        Some((before + &made, request))
    }

    /// The URL in double quotes, with variables instead of ids.
    fn address(&self, path: &str) -> Option<String> {
        let path = path.replace('$', "\\$").replace("{tenant}", self.tenant);
        let path = path
            .replace("/assignments/{id}", "/assignments/$ASSIGNMENT")
            .replace("/deviceStates/{id}", "/deviceStates/$STATE")
            .replace("/auditEvents/{id}", "/auditEvents/$EVENT")
            .replace("{pool}", "$POOL")
            .replace("{request}", "$REQUEST");
        if path.contains('{') {
            return None;
        }
        let short = [(POOLS, "$POOLS"), (LOG, "$AUDIT")];
        let short = short.iter().find_map(|(whole, name)| Some((name, path.strip_prefix(whole)?)));
        Some(
            short.map_or_else(
                || format!("{}{path}", self.base),
                |(name, rest)| format!("{name}{rest}"),
            ),
        )
    }

    /// The line that sets `TOKEN`, with one of these permissions and what the steps need.
    fn token(&self, steps: &[Step], permissions: &[&str]) -> String {
        let Some(command) = self.token_command else {
            return ": \"${TOKEN:?needs a token of an issuer of the service}\"".to_owned();
        };
        let mut granted: Vec<&str> = Vec::new();
        for permission in steps.iter().filter_map(|it| it.row().1) {
            if !granted.contains(&permission) {
                granted.push(permission);
            }
        }
        if !permissions.is_empty() && !permissions.iter().any(|it| granted.contains(it)) {
            granted.insert(0, permissions[0]);
        }
        let options: Vec<_> = granted.iter().map(|it| format!(" --permission {it}")).collect();
        format!("TOKEN=$({command}{})", options.concat())
    }
}

fn is_body(argument: &str) -> bool {
    argument.starts_with("-d ") || argument.starts_with("--data-binary ")
}

#[cfg(test)]
mod tests {
    use super::Examples;

    const EXAMPLES: Examples<'_> = Examples {
        base: "http://localhost:8080",
        token_command: Some("esimpool token"),
        tenant: "common",
    };

    #[test]
    fn an_example_gets_a_token_and_makes_what_it_needs() {
        let path =
            "/beta/deviceManagement/embeddedSIMActivationCodePools/{pool}/assignments/$count";
        let read = ["Reads", "DeviceManagementConfiguration.ReadWrite.All"];
        let (before, request) =
            EXAMPLES.of("Count assignments", "GET", path, Some(&read)).expect("an example");
        let lines: Vec<_> = before.lines().collect();
        let token =
            "TOKEN=$(esimpool token --permission DeviceManagementConfiguration.ReadWrite.All)";
        assert_eq!(lines[0], token);
        assert!(lines[1].starts_with("POOLS='http://localhost:8080/beta/"), "{before}");
        assert!(lines[2].starts_with("POOL=$(curl"), "{before}");
        let start = "curl -sS -i \"$POOLS/$POOL/assignments/\\$count\" ";
        assert!(request.starts_with(start), "{request}");
    }

    #[test]
    fn what_a_shell_cannot_do_has_no_example() {
        let of = |method, path| EXAMPLES.of("Sign in", method, path, None);
        assert_eq!(of("POST", "/{tenant}/oauth2/v2.0/authorize"), None);
        assert_eq!(of("GET", "/console/{path}"), None);
        let (before, keys) = of("GET", "/{tenant}/discovery/v2.0/keys").expect("an example");
        assert_eq!(before, "");
        assert_eq!(keys, "curl -sS -i \"http://localhost:8080/common/discovery/v2.0/keys\"");
    }
}
