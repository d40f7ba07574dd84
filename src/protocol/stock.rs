//! `esimpool.stockReport`: its tables, how it is read and how it is written.

use serde::Serialize;
use serde::de::MapAccess;
use serde_json::{Value, json};

use super::json::{FromJson, Int32, Object, Properties, Slot, ignore, read};
use super::links::Links;
use super::model::Input::{ReadOnly, Required};
use super::model::{EdmType, Property, StructuredType};
use super::openapi::schema;
use crate::domain::{CodeState, Invalid, OperatorStock, Rules, Stock, Table, table};

const fn count(name: &'static str, description: &'static str) -> Property {
    Property::read_only(name, EdmType::Int64, description)
}

table! {
    /// The properties of a stock report.
    pub(super) enum StockProperty: Property {
        Total = count("total", "The number of all codes."),
        Free = count("free", "The number of free codes that any device may get."),
        Bound = count("bound", "The number of free codes that only the device of one EID may get."),
        HandedOut = count("handedOut", "The number of codes that a device has or had."),
        Quarantined = count(
            "quarantined",
            "The number of codes that were released before they were installed.",
        ),
        HandedOutElsewhere = count(
            "handedOutElsewhere",
            "The number of codes that were handed out before, from this or another pool.",
        ),
        ByState = Property::read_only(
            "byState",
            EdmType::Collection(&STATE_COUNT),
            "The number of codes in each state.",
        ),
        ByOperator = Property::read_only(
            "byOperator",
            EdmType::Collection(&OPERATOR_STOCK),
            "The number of codes of each SM-DP+ host.",
        ),
        LastMovementDateTime = Property::read_only(
            "lastMovementDateTime",
            EdmType::DateTimeOffset,
            "When a code was last added, removed or changed.",
        )
        .nullable(),
        LowStockThreshold = Property::new(
            "lowStockThreshold",
            EdmType::Int64,
            Required,
            "The number of free codes that any device may get, at or below which the stock is low.",
        )
        .nullable(),
        IsLow =
            Property::read_only("isLow", EdmType::Boolean, "Whether the stock is low.").nullable(),
    }
}

/// `esimpool.stockReport`
pub(super) static STOCK: StructuredType = StructuredType::complex(
    "#esimpool.stockReport",
    "The number of activation codes.",
    StockProperty::ROWS,
);

/// `esimpool.stateCount`
pub(super) static STATE_COUNT: StructuredType = StructuredType::complex(
    "#esimpool.stateCount",
    "The number of codes in a state.",
    &[
        Property::new("state", EdmType::Enum(&CodeState::TYPE), ReadOnly, "The state."),
        count("count", "The number of codes."),
    ],
);

/// `esimpool.operatorStock`
pub(super) static OPERATOR_STOCK: StructuredType = StructuredType::complex(
    "#esimpool.operatorStock",
    "The number of codes of one operator.",
    &[
        Property::read_only(
            "smdpPlusServerAddress",
            EdmType::String,
            "The operator's SM-DP+ host, in lower case.",
        ),
        count("total", "The number of all codes."),
        count("free", "The number of free codes that any device may get."),
    ],
);

/// A stock report in a response.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StockBody {
    #[serde(rename = "@odata.context", skip_serializing_if = "Option::is_none")]
    context: Option<String>,
    total: i64,
    free: i64,
    bound: i64,
    handed_out: i64,
    quarantined: i64,
    handed_out_elsewhere: i64,
    by_state: Vec<StateCount>,
    by_operator: Vec<Operator>,
    last_movement_date_time: Option<String>,
    low_stock_threshold: Option<i64>,
    is_low: Option<bool>,
}

#[derive(Debug, Serialize)]
struct StateCount {
    state: &'static str,
    count: i64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Operator {
    smdp_plus_server_address: String,
    total: i64,
    free: i64,
}

impl From<OperatorStock> for Operator {
    fn from(OperatorStock { address, total, free }: OperatorStock) -> Self {
        Self { smdp_plus_server_address: address, total, free }
    }
}

impl StockBody {
    /// The report with its context.
    #[must_use]
    pub fn new(stock: Stock, links: &Links) -> Self {
        let state = |(state, count): (CodeState, i64)| StateCount { state: state.name(), count };
        Self {
            context: links.context(STOCK.qualified_name()),
            total: stock.total(),
            free: stock.free(),
            bound: stock.bound,
            handed_out: stock.handed_out(),
            quarantined: stock.quarantined(),
            handed_out_elsewhere: stock.handed_out_elsewhere(),
            by_state: stock.states().map(state).collect(),
            last_movement_date_time: stock.last_movement.map(|at| at.to_string()),
            low_stock_threshold: stock.low_stock_threshold,
            is_low: stock.is_low(),
            by_operator: stock.by_operator.into_iter().map(Operator::from).collect(),
        }
    }

    /// Its JSON schema, for the OpenAPI document.
    #[must_use]
    pub fn schema() -> Value {
        schema::reference(&STOCK)
    }
}

/// The low-stock threshold to set; `None` restores the one of the settings.
#[derive(Debug)]
pub struct LowStockThreshold(pub Option<i32>);

/// A stock report in a request body. Clients may send back what they read.
#[derive(Default)]
struct StockProperties {
    threshold: Slot<Option<Int32>>,
}

impl Properties for StockProperties {
    type Property = StockProperty;

    fn type_name() -> &'static str {
        STOCK.name()
    }

    fn read<'de, A: MapAccess<'de>>(
        &mut self,
        property: StockProperty,
        map: &mut A,
    ) -> Result<(), A::Error> {
        match property {
            StockProperty::LowStockThreshold => self.threshold.read(map),
            StockProperty::Total
            | StockProperty::Free
            | StockProperty::Bound
            | StockProperty::HandedOut
            | StockProperty::Quarantined
            | StockProperty::HandedOutElsewhere
            | StockProperty::ByState
            | StockProperty::ByOperator
            | StockProperty::LastMovementDateTime
            | StockProperty::IsLow => ignore(map),
        }
    }
}

impl FromJson for LowStockThreshold {
    fn from_json(json: &[u8], rules: &Rules) -> Result<Self, Invalid> {
        let property = StockProperty::LowStockThreshold;
        let Object(stock) = read::<Object<StockProperties>>(json, rules)?;
        let threshold = stock.threshold.required(property)?.map(|Int32(count)| count);
        if threshold.is_some_and(|count| count < 0) {
            return Err(Invalid::new(property.row().name, "must not be negative"));
        }
        Ok(Self(threshold))
    }

    fn schema(rules: &Rules) -> Value {
        let mut schema = schema::parameters::<StockProperty>(rules);
        for property in StockProperty::ROWS.iter().filter(|it| it.input == ReadOnly) {
            schema["properties"][property.name] = json!({ "description": "Ignored." });
        }
        schema["properties"][StockProperty::LowStockThreshold.row().name] =
            json!({ "type": ["integer", "null"], "minimum": 0, "maximum": i32::MAX });
        schema
    }
}
