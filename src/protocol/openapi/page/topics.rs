//! What people do with the service, and by which operations.

/// A section of the page.
pub(super) struct Topic {
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    /// What it is about; the search looks here as well.
    pub(super) about: &'static str,
    /// The names of its operations, in the order of the page.
    pub(super) operations: &'static [&'static str],
}

/// Every operation of the route table is in one of them.
pub(super) const TOPICS: &[Topic] = &[
    Topic {
        id: "load-codes",
        title: "Load codes",
        about: "Import a carrier's file, make and change pools, undo an import, remove free codes.",
        operations: &[
            "Import codes into a new pool",
            "Import codes into a pool",
            "Create pool",
            "Update pool",
            "Remove free codes",
            "Remove free codes of all pools",
            "Delete pool",
        ],
    },
    Topic {
        id: "see-stock",
        title: "See the stock",
        about: "Pools, how many codes are free, which codes a pool has, and the export to a file.",
        operations: &[
            "Get stock",
            "Get stock of all pools",
            "Set low-stock threshold",
            "List pools",
            "Count pools",
            "Get pool",
            "List codes",
            "Count codes",
            "Export codes",
        ],
    },
    Topic {
        id: "give-codes",
        title: "Give codes to devices",
        about: "Claim a code, show it as a QR code or as settings, take it back.",
        operations: &[
            "Claim activation code",
            "Get QR code",
            "Get Windows settings",
            "Get sheet of QR codes",
            "Release activation code",
            "Reinstate activation code",
        ],
    },
    Topic {
        id: "find",
        title: "Find a code or a device",
        about: "Search all pools by ICCID, EID, device, user, label or import.",
        operations: &[
            "List codes of all pools",
            "Count codes of all pools",
            "List device states of all pools",
            "Count device states of all pools",
        ],
    },
    Topic {
        id: "report-devices",
        title: "Report the states of devices",
        about: "What became of a code on its device: installing, installed, failed, deleted.",
        operations: &[
            "List device states",
            "Count device states",
            "Get device state",
            "Create device state",
            "Update device state",
            "Delete device state",
        ],
    },
    Topic {
        id: "assign-pools",
        title: "Assign pools",
        about: "Which groups of users or devices a pool is for.",
        operations: &[
            "Assign",
            "List assignments",
            "Count assignments",
            "Get assignment",
            "Create assignment",
            "Update assignment",
            "Delete assignment",
        ],
    },
    Topic {
        id: "prove",
        title: "Prove who did what",
        about: "The audit log: every change, and every code that was shown.",
        operations: &[
            "List audit events",
            "Count audit events",
            "Get audit event",
            "List audit events v1.0",
            "Count audit events v1.0",
            "Get audit event v1.0",
        ],
    },
    Topic {
        id: "permissions",
        title: "Test permissions",
        about: "Why a request was refused, and which permissions a client uses.",
        operations: &["List refusals", "Explain refusal", "Show permissions used"],
    },
    Topic {
        id: "batch",
        title: "Send several requests at once",
        about: "JSON batching.",
        operations: &["Batch"],
    },
    Topic {
        id: "sign-in",
        title: "Sign in at the development issuer",
        about: "Tokens for programs and for people: client credentials, authorization code, device code.",
        operations: &[
            "Token",
            "Discovery",
            "Discovery v1",
            "Instance discovery",
            "Keys",
            "Keys v1",
            "Sign-in page",
            "Sign in",
            "Device code",
            "Device page",
            "Sign in on a device",
            "Sign out",
        ],
    },
    Topic {
        id: "documents",
        title: "Documents, pages and health",
        about: "What describes the service to programs and people, and whether it is well.",
        operations: &[
            "Service document",
            "Metadata",
            "OpenAPI document",
            "Documentation page",
            "File of the documentation page",
            "Root",
            "Console",
            "Page or file of the console",
            "Liveness",
            "Readiness",
        ],
    },
];
