//! What can be done to pools beside reading and changing them: Graph's action, and this service's
//! own.

use super::entities::property;
use super::{
    ASSIGNMENT, Action, CLAIMED, DEVICE_STATE, Edm, Given, IMPORT_REPORT, Namespace, POOL,
    POOLED_CODE, Property, STOCK,
};

const fn text(name: &'static str, what: &'static str) -> Property {
    property(name, Edm::String, true, Given::Optional, what)
}

const fn own(
    name: &'static str,
    on: Edm,
    changes: bool,
    parameters: &'static [Property],
    gives: Edm,
    what: &'static str,
) -> Action {
    Action { namespace: Namespace::Esimpool, name, changes, on, parameters, gives, what }
}

const EID: &str = "universalIntegratedCircuitCardIdentifier";
const ICCID: &str = "integratedCircuitCardIdentifier";

/// Files are sent as they are, and how they are to be read stands in the query.
const IMPORTED: &[Property] = &[];

/// Every action and function.
pub static ACTIONS: [Action; 13] = [
    Action {
        namespace: Namespace::Graph,
        name: "assign",
        changes: true,
        on: Edm::Complex(&POOL),
        parameters: &[property(
            "assignments",
            Edm::Collection(&ASSIGNMENT),
            false,
            Given::Required,
            "The assignments that the pool is to have from now on.",
        )],
        gives: Edm::Collection(&ASSIGNMENT),
        what: "Replaces all assignments of a pool.",
    },
    own(
        "import",
        Edm::Collection(&POOL),
        true,
        IMPORTED,
        Edm::Complex(&IMPORT_REPORT),
        "Makes a pool of a file of codes, sent as text/csv.",
    ),
    own(
        "import",
        Edm::Complex(&POOL),
        true,
        IMPORTED,
        Edm::Complex(&IMPORT_REPORT),
        "Adds a file of codes, sent as text/csv, to a pool.",
    ),
    own(
        "claim",
        Edm::Complex(&POOL),
        true,
        &[
            text("deviceName", "The device's name; without an EID it is known again by it."),
            text("userName", "Its primary user."),
            text(EID, "The identifier of its eUICC (EID)."),
            text(ICCID, "The very code that is wanted."),
        ],
        Edm::Complex(&CLAIMED),
        "Gives one free code to one device.",
    ),
    own(
        "qr",
        Edm::Complex(&DEVICE_STATE),
        false,
        &[],
        Edm::Stream,
        "The code that a device has, as a QR code.",
    ),
    own(
        "windows",
        Edm::Complex(&DEVICE_STATE),
        false,
        &[],
        Edm::Stream,
        "The code that a device has, as settings of Windows.",
    ),
    own(
        "sheet",
        Edm::Complex(&POOL),
        false,
        &[],
        Edm::Stream,
        "The codes that devices have, as a page to print.",
    ),
    own(
        "release",
        Edm::Complex(&POOL),
        true,
        &[
            text("deviceStateId", "The device state that the claim made."),
            text(ICCID, "Or the code that it took."),
        ],
        Edm::Complex(&DEVICE_STATE),
        "Takes back a claim that is still installing; its code goes to quarantine.",
    ),
    own(
        "reinstate",
        Edm::Complex(&POOL),
        true,
        &[property(ICCID, Edm::String, false, Given::Required, "The code.")],
        Edm::Complex(&POOLED_CODE),
        "Makes a quarantined code free again.",
    ),
    own(
        "codes",
        Edm::Complex(&POOL),
        false,
        &[],
        Edm::Collection(&POOLED_CODE),
        "The codes of a pool, without their secrets.",
    ),
    own(
        "export",
        Edm::Complex(&POOL),
        false,
        &[],
        Edm::Stream,
        "The codes of a pool and who has them, without their secrets, as CSV.",
    ),
    own("stock", Edm::Complex(&POOL), false, &[], Edm::Complex(&STOCK), "What is left in a pool."),
    own(
        "stock",
        Edm::Collection(&POOL),
        false,
        &[],
        Edm::Complex(&STOCK),
        "What is left in all pools.",
    ),
];
