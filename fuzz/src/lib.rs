//! What is fuzzed: each function takes any bytes, and panics if a promise is broken. The test
//! `wire::corpora` runs them on the inputs in `fuzz/corpus`.

mod heads;
mod token_issuer;

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use esimpool::auth::KeySet;
use esimpool::carrier::{IgnoredColumns, Line, Reader};
use esimpool::domain::{
    ActivationCode, ActivationCodeString, Assignment, AuditEvent, ClaimDraft, DeviceDetails,
    DeviceState, DeviceStateChange, DisplayName, IdGenerator, Pool, PoolChange, PoolDraft,
    PooledCode, Release, Rules, Timestamp, Validation,
};
use esimpool::protocol::{
    AssignDraft, AssignmentChange, AssignmentDraft, Batch, FromJson, FromQuery, ListOptions,
    LowStockThreshold, Model, PageSizes, PoolListOptions, QueryOptions, Reinstatement,
};

pub use heads::heads;
use token_issuer::TokenIssuer;

static TOKEN_ISSUER: LazyLock<TokenIssuer> = LazyLock::new(TokenIssuer::new);

/// A function that takes any bytes.
pub type Target = fn(&[u8]);

/// Each function with the name of its corpus.
pub const TARGETS: &[(&str, Target)] = &[
    ("activation_codes", activation_codes),
    ("batches", batches),
    ("bodies", bodies),
    ("carrier_files", carrier_files),
    ("cursors", cursors),
    ("heads", heads),
    ("key_sets", key_sets),
    ("query_options", query_options),
    ("tokens", tokens),
];

/// The default rules, but for how many codes fit, so that an input can reach that limit.
const RULES: Rules =
    Rules { validation: Validation::Lenient, text_length: 255, max_codes: 20, json_depth: 32 };
const SIZES: PageSizes = PageSizes { default: 100, max: 999, preferred: None };

/// A string that people type or scan: what is printed is read back as the same.
pub fn activation_codes(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    if let Ok(code) = ActivationCodeString::parse(text) {
        let again = ActivationCodeString::parse(&code.expose_for_qr());
        assert!(again.is_ok_and(|again| again.expose() == code.expose()));
    }
    let mut fields = text.split('\n').map(str::to_owned);
    let [iccid, matching_id, address] = [(); 3].map(|()| fields.next().unwrap_or_default());
    for validation in [Validation::Lenient, Validation::Graph, Validation::Strict] {
        let [iccid, matching_id, address] = [&iccid, &matching_id, &address].map(Clone::clone);
        drop(ActivationCode::parse(iccid, matching_id, address, validation, RULES.text_length));
    }
}

/// A batch: what is accepted holds no more than it may.
pub fn batches(input: &[u8]) {
    let Ok(Batch(parts)) = Batch::from_json(input, &RULES) else { return };
    assert!(parts.len() <= 20);
    for (index, mut part) in parts.into_iter().enumerate() {
        assert!(part.headers.len() <= 50 && part.depends_on.len() <= 20);
        assert!(part.depends_on.iter().all(|&needed| needed != index), "it would never run");
        drop(part.take_body(true));
    }
}

/// A body: whatever it is read as, it is read or refused, and a refusal repeats no long value.
pub fn bodies(input: &[u8]) {
    fn read<T: FromJson>(input: &[u8]) {
        drop(T::from_json(input, &RULES).map_err(|refusal| refusal.to_string()));
    }
    read::<PoolDraft>(input);
    read::<PoolChange>(input);
    read::<AssignDraft>(input);
    read::<AssignmentDraft>(input);
    read::<AssignmentChange>(input);
    read::<DeviceDetails>(input);
    read::<DeviceStateChange>(input);
    read::<ClaimDraft>(input);
    read::<Release>(input);
    read::<Reinstatement>(input);
    read::<LowStockThreshold>(input);
}

/// A file of codes: its lines do not depend on how its bytes arrive.
pub fn carrier_files(input: &[u8]) {
    let [whole, halves, single] = [input.len(), input.len() / 2, 1].map(|size| {
        let mut reader = Reader::new(RULES, IgnoredColumns::parse("*"));
        let mut lines: Vec<Line> = Vec::new();
        for part in input.chunks(size.max(1)) {
            reader.feed(part, |line| lines.push(line));
        }
        reader.end(|line| lines.push(line));
        format!("{:?} {lines:?}", reader.host())
    });
    assert_eq!(whole, halves);
    assert_eq!(whole, single);
}

/// A query, a line break, and the JSON of a cursor for it.
pub fn cursors(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let (query, cursor) = text.split_once('\n').unwrap_or((text, ""));
    let cursor = URL_SAFE_NO_PAD.encode(cursor);
    let query = format!("{query}&$skiptoken={cursor}");
    if let Ok(options) = QueryOptions::parse(&query) {
        drop(ListOptions::<DeviceState>::from_query(options, SIZES));
    }
}

/// A query: the link to the next page is a query as well.
pub fn query_options(input: &[u8]) {
    fn read<M: Model>(query: &str) {
        if let Ok(options) = QueryOptions::parse(query) {
            drop(ListOptions::<M>::from_query(options, SIZES));
        }
    }
    let Ok(query) = std::str::from_utf8(input) else { return };
    read::<Assignment>(query);
    read::<DeviceState>(query);
    read::<PooledCode>(query);
    read::<AuditEvent>(query);
    let pools = |query: &str| PoolListOptions::from_query(QueryOptions::parse(query)?, SIZES);
    if let Ok(options) = pools(query) {
        let next = options.list.next(&a_pool());
        assert!(pools(&next).is_ok(), "{next}");
    }
}

fn a_pool() -> Pool {
    let at = Timestamp::from_micros(0);
    Pool {
        id: IdGenerator::counting().next(),
        display_name: DisplayName::stored("Spring".to_owned()),
        code_count: 1,
        created_at: at,
        modified_at: at,
        revision: 1,
    }
}

/// The key set of an issuer.
pub fn key_sets(input: &[u8]) {
    if let Ok(keys) = KeySet::parse(input) {
        assert!(keys.len() <= 100);
    }
}

/// A header, a line break, and claims, which are signed; and a token as it is, which is not.
pub fn tokens(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let issuer = &*TOKEN_ISSUER;
    assert!(issuer.authenticate(text).is_err(), "it is not signed");
    if let Some((header, claims)) = text.split_once('\n') {
        let accepted = issuer.authenticate(&issuer.signed(header, claims));
        assert!(accepted.is_err() || claims.contains(TokenIssuer::NAME), "for another issuer");
    }
}
