//! This service's own types: codes as they may be seen, claims, what is left.

use super::entities::property;
use super::{
    ACTIVATION_CODE, DEVICE_STATE, Edm, EnumType, Given, Namespace, POOL, Property, StructuredType,
};
use crate::domain::CodeState;

const fn own(
    name: &'static str,
    what: &'static str,
    properties: &'static [Property],
) -> StructuredType {
    StructuredType {
        namespace: Namespace::Esimpool,
        name,
        base: None,
        entity: false,
        is_abstract: false,
        what,
        properties,
        navigation: &[],
    }
}

const fn told(name: &'static str, kind: Edm, what: &'static str) -> Property {
    property(name, kind, false, Given::ByService, what)
}

/// `esimpool.codeState`
pub static CODE_STATE: EnumType =
    EnumType { namespace: Namespace::Esimpool, name: "codeState", members: &CodeState::NAMES };

/// `esimpool.code`
pub static POOLED_CODE: StructuredType = StructuredType {
    entity: true,
    base: Some("entity"),
    ..own(
        "code",
        "An activation code of a pool, without its secret.",
        &[
            told("position", Edm::Int32, "Its place in the pool, from 0."),
            told("integratedCircuitCardIdentifier", Edm::String, "The ICCID of the profile."),
            told("matchingIdentifier", Edm::String, "Always masked."),
            told("smdpPlusServerAddress", Edm::String, "The host that serves the profile."),
            told("state", Edm::Enum(&CODE_STATE), "What became of it; notEvaluated is free."),
            told("stateChangedDateTime", Edm::DateTimeOffset, "When that last changed."),
            property(
                "deviceStateId",
                Edm::String,
                true,
                Given::ByService,
                "The device state of who has it, or had it.",
            ),
        ],
    )
};

/// `esimpool.claimed`
pub static CLAIMED: StructuredType = own(
    "claimed",
    "An activation code that a device has now.",
    &[
        told("activationCode", Edm::Complex(&ACTIVATION_CODE), "The code, secret included."),
        property(
            "lpaString",
            Edm::String,
            true,
            Given::ByService,
            "What a QR code of it holds; null where a field holds what would tear it apart.",
        ),
        property(
            "links",
            Edm::Complex(&INSTALLATION_LINKS),
            true,
            Given::ByService,
            "What to tap on a device to install it.",
        ),
        told("deviceState", Edm::Complex(&DEVICE_STATE), "The device's state."),
    ],
);

/// `esimpool.installationLinks`
pub static INSTALLATION_LINKS: StructuredType = own(
    "installationLinks",
    "What to tap on a device to install a profile.",
    &[
        told("apple", Edm::String, "On iOS 17.4 and newer."),
        told("android", Edm::String, "On Android."),
        told("windows", Edm::String, "On Windows 11 24H2 and newer."),
    ],
);

/// `esimpool.stockReport`
pub static STOCK: StructuredType = own(
    "stockReport",
    "Activation codes, counted.",
    &[
        told("total", Edm::Int64, "All codes."),
        told("free", Edm::Int64, "Those that nobody has."),
        told("handedOut", Edm::Int64, "Those that some device has or had."),
        told("quarantined", Edm::Int64, "Those that were taken back before they were installed."),
        told("handedOutElsewhere", Edm::Int64, "Those that were handed out from another pool."),
        told("byState", Edm::Collection(&STATE_COUNT), "How many are in each state."),
        told("byOperator", Edm::Collection(&OPERATOR_STOCK), "The same by SM-DP+ host."),
        property(
            "lastMovementDateTime",
            Edm::DateTimeOffset,
            true,
            Given::ByService,
            "When a code last came, went or changed.",
        ),
        property(
            "lowStockThreshold",
            Edm::Int64,
            true,
            Given::Optional,
            "From how many free codes down the stock is low; of a pool only.",
        ),
        property("isLow", Edm::Boolean, true, Given::ByService, "Whether it is."),
    ],
);

/// `esimpool.stateCount`
pub static STATE_COUNT: StructuredType = own(
    "stateCount",
    "How many codes are in a state.",
    &[
        told("state", Edm::Enum(&CODE_STATE), "The state."),
        told("count", Edm::Int64, "How many codes are in it."),
    ],
);

/// `esimpool.operatorStock`
pub static OPERATOR_STOCK: StructuredType = own(
    "operatorStock",
    "The codes of one operator.",
    &[
        told("smdpPlusServerAddress", Edm::String, "Its host, in lower case."),
        told("total", Edm::Int64, "All of its codes."),
        told("free", Edm::Int64, "Those that nobody has."),
    ],
);

/// `esimpool.importReport`
pub static IMPORT_REPORT: StructuredType = own(
    "importReport",
    "What an import came to.",
    &[
        property(
            "pool",
            Edm::Complex(&POOL),
            true,
            Given::ByService,
            "The pool as it is now; null where none was made.",
        ),
        told("inserted", Edm::Int64, "Codes that were put into it, or would have been."),
        told("duplicates", Edm::Int64, "Codes that it had, or that stood in the file before."),
        told("rejectedCount", Edm::Int64, "Lines that were rejected."),
        told("rejected", Edm::Collection(&REJECTED_LINE), "The first thousand of them."),
    ],
);

/// `esimpool.rejectedLine`
pub static REJECTED_LINE: StructuredType = own(
    "rejectedLine",
    "A line that holds no code, or none that may be taken.",
    &[
        told("line", Edm::Int64, "Its number, from 1."),
        property(
            "column",
            Edm::Int64,
            true,
            Given::ByService,
            "The column at fault, from 1; null where the whole line is.",
        ),
        told("value", Edm::String, "What stands there, masked."),
        told("reason", Edm::String, "What is wrong."),
        told("hint", Edm::String, "What to do."),
    ],
);
