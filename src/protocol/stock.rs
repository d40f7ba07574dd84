//! What is left, on the wire.

use serde::Serialize;
use serde::de::MapAccess;
use serde_json::{Value, json};

use super::json::{FromJson, Known, Object, Properties, Slot, Whole, ignore, read};
use super::links::Links;
use super::model::{STOCK, StructuredType};
use super::openapi::schema;
use crate::domain::{Invalid, Rules, Stock};

/// Codes, counted.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StockBody {
    #[serde(rename = "@odata.context", skip_serializing_if = "Option::is_none")]
    context: Option<String>,
    total: i64,
    free: i64,
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

impl StockBody {
    /// The stock as it is written.
    #[must_use]
    pub fn new(stock: Stock, links: &Links) -> Self {
        let state = |(state, count): (crate::domain::CodeState, i64)| StateCount {
            state: state.name(),
            count,
        };
        Self {
            context: links.context("esimpool.stockReport"),
            total: stock.total(),
            free: stock.free(),
            handed_out: stock.handed_out(),
            quarantined: stock.quarantined(),
            handed_out_elsewhere: stock.handed_out_elsewhere(),
            by_state: stock.states().map(state).collect(),
            last_movement_date_time: stock.last_movement.map(|at| at.to_string()),
            low_stock_threshold: stock.low_stock_threshold,
            is_low: stock.is_low(),
            by_operator: stock
                .by_operator
                .into_iter()
                .map(|it| Operator {
                    smdp_plus_server_address: it.address,
                    total: it.total,
                    free: it.free,
                })
                .collect(),
        }
    }

    /// Its schema, for the OpenAPI document.
    #[must_use]
    pub fn schema() -> Value {
        schema::reference(&STOCK)
    }
}

const NAME: &str = "lowStockThreshold";

/// From how many free codes down a pool's stock is low; null: what the settings say.
#[derive(Debug)]
pub struct LowStockThreshold(pub Option<i32>);

#[derive(Default)]
struct StockProperties {
    threshold: Slot<Option<Whole>>,
}

impl Properties for StockProperties {
    fn odata_type() -> &'static StructuredType {
        &STOCK
    }

    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<Known, A::Error> {
        match name {
            NAME => self.threshold.read(map),
            // What was read may be sent back.
            known if STOCK.knows(known) => ignore(map),
            _ => Ok(Known::No),
        }
    }
}

impl FromJson for LowStockThreshold {
    fn from_json(json: &[u8], rules: &Rules) -> Result<Self, Invalid> {
        let Object(stock) = read::<Object<StockProperties>>(json, rules)?;
        let threshold = stock.threshold.required(NAME)?.map(|Whole(count)| count);
        if threshold.is_some_and(|count| count < 0) {
            return Err(Invalid::new(NAME, "must not be negative"));
        }
        Ok(Self(threshold))
    }

    fn schema() -> Value {
        let mut properties = json!({});
        for it in STOCK.properties {
            properties[it.name] = json!({ "description": "Passed over." });
        }
        let count = json!({ "type": ["integer", "null"], "minimum": 0, "maximum": i32::MAX });
        properties[NAME] = count;
        json!({
            "type": "object",
            "required": [NAME],
            "properties": properties,
            "additionalProperties": false,
        })
    }
}
