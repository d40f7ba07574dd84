//! The pure parts of a request, executed one at a time for callgrind.

use std::hint::black_box;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use esimpool::auth::{Authenticator, DevelopmentIssuer, Permission, ServiceUrls, TokenRequest};
use esimpool::clock::Clock;
use esimpool::domain::{DisplayName, IdGenerator, Pool, PoolDraft, Rules, Timestamp, Validation};
use esimpool::protocol::{
    Collection, EntityBody, FromJson, FromQuery, Links, ListBody, MetadataLevel, PageSizes,
    PoolListOptions, QueryOptions, Shape,
};
use futures_util::FutureExt;

/// An operation, and how to repeat it.
pub struct Operation {
    pub name: &'static str,
    pub what: &'static str,
    run: fn(u32, &Path) -> Result<(), String>,
}

/// Every operation.
pub const OPERATIONS: &[Operation] = &[
    Operation { name: "token-new", what: "token check (RS256), first time", run: token_new },
    Operation { name: "token-cached", what: "token check, cached", run: token_cached },
    Operation { name: "create-1", what: "parse a create with one code", run: create_1 },
    Operation { name: "create-100", what: "parse a create with 100 codes", run: create_100 },
    Operation { name: "pool", what: "write a pool as JSON", run: pool },
    Operation { name: "pools", what: "write a list of 100 pools as JSON", run: pools },
    Operation { name: "filter", what: "parse and bind a $filter", run: filter },
];

/// Executes an operation. Arguments: its name, the number of repetitions, and the folder of the
/// issuer's key.
pub fn run(arguments: &[String]) -> Result<(), String> {
    let [name, times, folder] = arguments else {
        return Err("--operation needs three arguments".to_owned());
    };
    let times =
        times.parse().map_err(|_| "the number of repetitions must be a number".to_owned())?;
    let operation = OPERATIONS.iter().find(|operation| operation.name == name.as_str());
    (operation.ok_or("no such operation")?.run)(times, Path::new(folder))
}

/// The issuer whose key is stored in a folder, generated if there is none.
pub fn issuer(folder: &Path) -> Result<DevelopmentIssuer, String> {
    let (issuer, _) = DevelopmentIssuer::open(folder).map_err(|error| error.to_string())?;
    Ok(issuer)
}

const RULES: Rules =
    Rules { validation: Validation::Lenient, text_length: 255, max_codes: 100_000, json_depth: 32 };

fn token_new(times: u32, folder: &Path) -> Result<(), String> {
    tokens(times, folder, 0)
}

fn token_cached(times: u32, folder: &Path) -> Result<(), String> {
    tokens(times, folder, 10_000)
}

fn tokens(times: u32, folder: &Path, cache_size: usize) -> Result<(), String> {
    let issuer = issuer(folder)?;
    let clock = Clock::system();
    let listen = SocketAddr::from(([127, 0, 0, 1], 8080));
    let urls = ServiceUrls::new(None, listen, None);
    let request = TokenRequest {
        service: urls.default_url().to_owned(),
        permissions: vec![Permission::ConfigurationReadWriteAll.name().to_owned()],
        delegated: false,
        tenant: DevelopmentIssuer::TENANT.into(),
        audience: DevelopmentIssuer::AUDIENCE.to_owned(),
        ttl: Duration::from_hours(1),
        wrong: None,
    };
    let token = issuer.token(&request, clock.now());
    let authenticator = Authenticator::new(vec![issuer.issuer(urls)], 30, cache_size, clock);
    // Timeouts need a runtime, although nothing waits here.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    let _inside = runtime.enter();
    for _ in 0..times {
        let caller = authenticator.authenticate(black_box(&token)).now_or_never();
        let caller = caller.ok_or("the token check waited")?;
        black_box(caller.map_err(|error| error.to_string())?);
    }
    Ok(())
}

fn create_1(times: u32, _: &Path) -> Result<(), String> {
    creates(times, 1)
}

fn create_100(times: u32, _: &Path) -> Result<(), String> {
    creates(times, 100)
}

fn creates(times: u32, codes: usize) -> Result<(), String> {
    let code = |number: usize| {
        format!(
            r##"{{"@odata.type":"#microsoft.graph.embeddedSIMActivationCode",
            "integratedCircuitCardIdentifier":"8944100000000000{number:03}",
            "matchingIdentifier":"MATCH-100000000000-{number:03}",
            "smdpPlusServerAddress":"smdp.example.com"}}"##
        )
    };
    let codes: Vec<String> = (0..codes).map(code).collect();
    let body = format!(
        r##"{{"@odata.type":"#microsoft.graph.embeddedSIMActivationCodePool",
        "displayName":"Bench pool 100000000000","activationCodes":[{}]}}"##,
        codes.join(",")
    );
    for _ in 0..times {
        let draft = PoolDraft::from_json(black_box(body.as_bytes()), &RULES);
        black_box(draft.map_err(|error| error.to_string())?);
    }
    Ok(())
}

fn some_pool() -> Pool {
    let at = Timestamp::from_micros(1_790_000_000_123_456);
    Pool {
        id: IdGenerator::counting().next(),
        display_name: DisplayName::stored("Bench pool 100000000000".to_owned()),
        code_count: 1,
        created_at: at,
        modified_at: at,
        revision: 1,
    }
}

fn links() -> Links {
    Links::new("http://127.0.0.1:8080/beta".to_owned(), MetadataLevel::Minimal)
}

fn pool(times: u32, _: &Path) -> Result<(), String> {
    let links = links();
    for _ in 0..times {
        let context = links.entity_context(Collection::Pools, "");
        let body = EntityBody::complete(context, black_box(some_pool()), &links);
        black_box(serde_json::to_vec(&body).map_err(|error| error.to_string())?);
    }
    Ok(())
}

fn pools(times: u32, _: &Path) -> Result<(), String> {
    let links = links();
    for _ in 0..times {
        let shape = std::sync::Arc::new(Shape::new(&links, None));
        let body = |_| EntityBody::new(None, black_box(some_pool()), shape.clone(), ());
        let context = links.list_context(Collection::Pools, "");
        let list = ListBody::new(context, None, (0..100).map(body).collect(), None);
        black_box(serde_json::to_vec(&list).map_err(|error| error.to_string())?);
    }
    Ok(())
}

fn filter(times: u32, _: &Path) -> Result<(), String> {
    let query = "$filter=startswith(displayName,'Bench')%20and%20createdDateTime%20ge%20\
                 2026-01-01T00:00:00Z&$orderby=displayName%20desc&$top=50&$count=true";
    for _ in 0..times {
        let sizes = PageSizes { default: 100, max: 999, preferred: None };
        let options = QueryOptions::parse(black_box(query))
            .and_then(|options| PoolListOptions::from_query(options, sizes));
        black_box(options.map_err(|error| error.to_string())?);
    }
    Ok(())
}
