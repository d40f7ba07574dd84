//! Query options as clients send them.

use reqwest::Method;
use serde_json::json;

use crate::support::bodies::{new_pool, target};
use crate::support::lists::{create_pools, names};
use crate::support::{Answer, Engine, POOLS, TestApp, cases};

cases! {
    both: [
        the_portals_call_works,
    ],
    once: [
        recorded_queries_of_both_sdks_are_accepted,
        selections_return_what_was_selected,
        answers_without_metadata_have_no_annotations,
    ],
}

async fn the_portals_call_works(engine: Engine) {
    let app = TestApp::start(engine).await;
    let writer = app.writer();
    let (one, two) = (new_pool(&writer).await, new_pool(&writer).await);
    writer
        .post(&format!("{one}/assignments"), json!({ "target": target("allDevices") }))
        .await
        .is(201);
    let page = writer
        .get(&format!("{POOLS}?$select=id,displayName,activationCodeCount&$expand=assignments"))
        .await
        .is(200)
        .json();
    let context = page["@odata.context"].as_str().expect("a context");
    assert!(
        context.ends_with(
            "embeddedSIMActivationCodePools(id,displayName,activationCodeCount,assignments())"
        ),
        "{context}"
    );
    let first = page["value"][0].as_object().expect("an object");
    let shown: Vec<_> = first.keys().filter(|name| !name.starts_with("@odata")).collect();
    assert_eq!(
        shown,
        ["activationCodeCount", "assignments", "assignments@odata.context", "displayName", "id"]
    );
    assert_eq!(
        first["assignments"][0]["target"]["@odata.type"],
        "#microsoft.graph.allDevicesAssignmentTarget"
    );
    let context = first["assignments@odata.context"].as_str().expect("a context");
    let id = one.rsplit('/').next().expect("an id");
    assert!(
        context.ends_with(&format!("embeddedSIMActivationCodePools('{id}')/assignments")),
        "{context}"
    );
    assert_eq!(page["value"][1]["assignments"], json!([]));
    assert_eq!(
        writer.get(&format!("{two}?$expand=assignments")).await.is(200).json()["assignments"],
        json!([])
    );
}

/// As they were recorded from the Python and the JavaScript client.
async fn recorded_queries_of_both_sdks_are_accepted() {
    let app = TestApp::start(Engine::Sqlite).await;
    let writer = app.writer();
    create_pools(&writer, &["none", "Contoso", "JS one"]).await;
    let python = "?$count=true&$expand=assignments,deviceStates%28%24select%3Did%2Cstate%29&$filter=startswith%28displayName%2C%27Contoso%27%29%20and%20activationCodeCount%20gt%200&$orderby=displayName%20desc,createdDateTime&$search=%22Contoso%22&$select=id,displayName,activationCodeCount&$skip=0&$top=1";
    let page = writer.get(&format!("{POOLS}{python}")).await.is(200).json();
    assert_eq!((names(&page), &page["@odata.count"]), (vec!["Contoso".to_owned()], &json!(1)));
    let javascript = "?$filter=startswith(displayName,%27JS%27)%20and%20activationCodeCount%20gt%200&$expand=assignments,deviceStates($select=id,state)";
    assert_eq!(
        names(&writer.get(&format!("{POOLS}{javascript}")).await.is(200).json()),
        ["JS one"]
    );
    for query in [
        "?%24filter=startswith(displayName%2C+'Contoso')",
        "?filter=displayName%20eq%20%27Contoso%27&TOP=5",
        "?$FILTER=displayname%20EQ%20'Contoso'",
        "?$filter=displayName eq 'Contoso'&$format=json",
    ] {
        assert_eq!(
            names(&writer.get(&format!("{POOLS}{query}")).await.is(200).json()),
            ["Contoso"],
            "{query}"
        );
    }
}

async fn selections_return_what_was_selected() {
    let app = TestApp::start(Engine::Sqlite).await;
    let writer = app.writer();
    let pool = new_pool(&writer).await;
    for (query, shown) in [
        ("$select=id", &["id"][..]),
        ("$select=displayName,ID", &["displayName", "id"]),
        ("$select=activationCodes", &["activationCodes"]),
        (
            "$select=*",
            &[
                "activationCodeCount",
                "activationCodes",
                "createdDateTime",
                "displayName",
                "id",
                "modifiedDateTime",
            ],
        ),
    ] {
        let entity = writer.get(&format!("{pool}?{query}")).await.is(200).json();
        let page = writer.get(&format!("{POOLS}?{query}")).await.is(200).json();
        for entity in [&entity, &page["value"][0]] {
            let names: Vec<_> = entity
                .as_object()
                .expect("an object")
                .keys()
                .filter(|name| !name.starts_with('@'))
                .collect();
            assert_eq!(names, shown, "{query}");
        }
    }
}

async fn answers_without_metadata_have_no_annotations() {
    let app = TestApp::start(Engine::Sqlite).await;
    let writer = app.writer();
    create_pools(&writer, &["a", "b"]).await;
    let get = async |accept: &str| {
        let path = format!("{POOLS}?$top=1&$count=true&$expand=assignments");
        Answer::of(writer.request(Method::GET, &path).header("accept", accept)).await
    };
    let bare = get("application/json;odata.metadata=none").await.is(200);
    assert!(bare.header("content-type").contains("odata.metadata=none"));
    let bare = bare.json();
    assert!(
        bare["@odata.context"].is_null()
            && bare["@odata.nextLink"].is_string()
            && bare["@odata.count"] == 2
    );
    assert!(
        bare["value"][0].as_object().expect("an object").keys().all(|name| !name.contains('@')),
        "{bare}"
    );
    assert!(
        get("application/json;odata.metadata=minimal").await.is(200).json()["@odata.context"]
            .is_string()
    );
    get("application/xml").await.is_refused(406, "NotAcceptable");
}
