//! The OpenAPI document allows the query options that the service accepts.

use jsonschema::Validator;
use serde_json::json;

use super::{
    LIMITS, PAGES, RULES, assignment, audit_event, code, device_state, each_entity, pool,
    tenant_code, tenant_device_state, validator,
};
use crate::domain::Table;
use crate::protocol::{
    EntityOptions, FromQuery, ListOptions, Model, PoolListOptions, PoolOptions, QueryOptions,
};

/// The schema of one parameter of a query.
fn parameter<T: FromQuery>(name: &str) -> Option<Validator> {
    let mut all = T::parameters(&LIMITS).into_iter();
    let mut parameter = all.find(|it| it["name"] == name)?;
    Some(validator(parameter["schema"].take(), &RULES))
}

fn accepts<T: FromQuery>(name: &str, value: &str) -> bool {
    let value = percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC);
    let options = QueryOptions::parse(&format!("{name}={value}")).expect("a query");
    T::from_query(options, PAGES).is_ok()
}

/// Checks that the document allows a list of values of an option exactly if the service accepts it.
fn check_option<T: FromQuery>(name: &str, values: &[Vec<String>]) {
    let schema = parameter::<T>(name);
    for items in values {
        let accepted = accepts::<T>(name, &items.join(","));
        let allowed = schema.as_ref().is_some_and(|schema| schema.is_valid(&json!(items)));
        assert_eq!(allowed, accepted, "{name}={items:?}");
    }
}

#[test]
fn the_document_allows_the_orders_that_the_service_accepts() {
    fn check<M: Model>(_: &M) {
        let inside = M::TYPE.properties.iter().map(|property| property.name);
        let paths = M::Field::ROWS.iter().map(|field| field.path).chain(inside).chain(["x"]);
        let keys: Vec<_> = paths
            .flat_map(|path| {
                let functions = ["tolower", "toupper", "length"];
                let calls = functions.map(|function| format!("{function}({path})"));
                [path.to_owned()].into_iter().chain(calls)
            })
            .flat_map(|key| ["", " asc", " desc", " up"].map(|way| vec![format!("{key}{way}")]))
            .collect();
        check_option::<ListOptions<M>>("$orderby", &keys);
        let first = M::Field::ROWS[0].path;
        let pairs = keys.iter().map(|key| vec![first.to_owned(), key[0].clone()]);
        check_option::<ListOptions<M>>("$orderby", &pairs.collect::<Vec<_>>());
    }
    each_entity!(check);
}

#[test]
fn the_document_allows_the_selections_that_the_service_accepts() {
    fn check<M: Model>(_: &M) {
        let names = M::TYPE.properties.iter().map(|property| property.name);
        let names = names.chain(["*", "", "x", "assignments"]).map(|name| vec![name.to_owned()]);
        let names: Vec<_> = names.chain([vec!["id".to_owned(), "id".to_owned()]]).collect();
        check_option::<ListOptions<M>>("$select", &names);
        check_option::<EntityOptions<M>>("$select", &names);
    }
    each_entity!(check);
}

#[test]
fn the_document_allows_the_expansions_that_the_service_accepts() {
    let values = [
        "assignments",
        "deviceStates",
        "assignments($select=id)",
        "deviceStates($select=id,state;$filter=state eq 'installed';$top=5)",
        "deviceStates($orderby=tolower(userName) desc,id;$skip=2;$count=true)",
        "deviceStates($search=\"a b\")",
        "assignments($search=x)",
        "assignments($orderby=target/groupId)",
        "assignments($orderby=deviceName)",
        "deviceStates($select=*)",
        "deviceStates($select=nonsense)",
        "deviceStates($top=x)",
        "deviceStates($count=yes)",
        "deviceStates($expand=x)",
        "deviceStates(",
        "codes",
        "",
    ];
    let mut values: Vec<_> = values.map(|value| vec![value.to_owned()]).to_vec();
    for (one, other) in [
        ("assignments", "deviceStates($top=1)"),
        ("deviceStates", "deviceStates($top=1)"),
        ("assignments", "assignments"),
    ] {
        values.push(vec![one.to_owned(), other.to_owned()]);
    }
    check_option::<PoolListOptions>("$expand", &values);
    check_option::<PoolOptions>("$expand", &values);
}
