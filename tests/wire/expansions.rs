//! `$expand`.

use serde_json::{Value, json};

use crate::support::bodies::{device_state, group, new_pool};
use crate::support::lists::ids;
use crate::support::{Engine, POOLS, TestApp, cases, measured};

cases! {
    both: [
        expanded_collections_are_filtered_ordered_limited_and_linked,
        an_expansion_takes_a_fixed_number_of_statements,
    ],
}

async fn expanded_collections_are_filtered_ordered_limited_and_linked(engine: Engine) {
    let app = TestApp::start(engine).await;
    let writer = app.writer();
    let pool = new_pool(&writer).await;
    for (number, state) in
        ["installed", "failed", "installed", "installed", "error"].iter().enumerate()
    {
        let mut body = device_state();
        body["state"] = (*state).into();
        body["deviceName"] = format!("device {number}").into();
        writer.post(&format!("{pool}/deviceStates"), body).await.is(201);
    }
    writer
        .post(&format!("{pool}/assign"), json!({ "assignments": [{ "target": group("a") }] }))
        .await
        .is(200);
    let nested = "deviceStates($select=id,deviceName;$filter=state eq 'installed';$orderby=deviceName desc;$top=2;$count=true)";
    for path in [
        format!("{POOLS}?$expand=assignments,{nested}"),
        format!("{pool}?$expand=assignments,{nested}"),
    ] {
        let answer = writer.get(&path).await.is(200).json();
        let entity = if answer["value"].is_array() { &answer["value"][0] } else { &answer };
        let seen: Vec<_> = entity["deviceStates"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|state| &state["deviceName"])
            .collect();
        assert_eq!(seen, ["device 3", "device 2"]);
        assert_eq!(
            entity["deviceStates"][0]
                .as_object()
                .expect("an object")
                .keys()
                .filter(|name| !name.starts_with('@'))
                .count(),
            2
        );
        assert_eq!(entity["deviceStates@odata.count"], 3);
        assert_eq!(entity["assignments"].as_array().map(Vec::len), Some(1));
        let next = entity["deviceStates@odata.nextLink"].as_str().expect("it was cut");
        let rest = writer.get(next).await.is(200).json();
        assert_eq!(rest["value"].as_array().map(Vec::len), Some(1), "{next}");
        assert_eq!(rest["value"][0]["deviceName"], "device 0");
        assert_eq!(rest["@odata.nextLink"], Value::Null);
    }
}

async fn an_expansion_takes_a_fixed_number_of_statements(engine: Engine) {
    let app = TestApp::start(engine).await;
    let writer = app.writer();
    let statements = async |pools: usize| {
        let before = measured(&app, "database_reads_total").await;
        let page = writer
            .get(&format!("{POOLS}?$top={pools}&$expand=assignments,deviceStates"))
            .await
            .is(200)
            .json();
        assert_eq!(ids(&page).len(), pools);
        measured(&app, "database_reads_total").await - before
    };
    for number in 0..100 {
        let pool = new_pool(&writer).await;
        if number % 10 == 0 {
            writer
                .post(&format!("{pool}/assignments"), json!({ "target": group("a") }))
                .await
                .is(201);
            writer.post(&format!("{pool}/deviceStates"), device_state()).await.is(201);
        }
    }
    assert_eq!((statements(1).await, statements(100).await), (3, 3));
}
