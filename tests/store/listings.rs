//! Filters and orders mean the same on both engines as in this file, on random entities with
//! strings in several scripts.

use std::cmp::Ordering;
use std::collections::HashSet;

use esimpool::auth::{Permit, Read, Write};
use esimpool::domain::{
    Comparison, DeviceDetails, DeviceState, DeviceStateField, DeviceStateValue, Direction, Field,
    Listed, Listing, Operand, OrderKey, Predicate, PrimitiveType, StringMatch, Timestamp, Value,
    fold,
};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::support::store::{TestStore, draft};
use crate::support::{Engine, cases};

cases! {
    both: [
        sql_agrees_with_what_a_filter_means,
        pages_of_any_order_hold_each_entity_once_and_in_order,
    ],
}

use DeviceStateField as F;

const FIELDS: [F; 9] = [
    F::Id,
    F::CreatedDateTime,
    F::ModifiedDateTime,
    F::LastSyncDateTime,
    F::Eid,
    F::DeviceName,
    F::UserName,
    F::State,
    F::StateDetails,
];

const TEXTS: [F; 4] = [F::Eid, F::DeviceName, F::UserName, F::StateDetails];

/// Texts that are alike in some ways and not in others.
const WORDS: [&str; 22] = [
    "",
    "a",
    "A",
    "b",
    "ab",
    "AB",
    "aB",
    "_",
    "%",
    "a%",
    "é",
    "É",
    "e\u{301}",
    "ß",
    "ẞ",
    "ss",
    "İ",
    "日本",
    "日",
    "🧪x",
    "Ωω",
    "'; drop table pools; --",
];

/// What a filter means, word for word as OData has it.
fn holds(predicate: &Predicate<F>, entity: &DeviceState) -> bool {
    match predicate {
        Predicate::All(parts) => parts.iter().all(|part| holds(part, entity)),
        Predicate::Any(parts) => parts.iter().any(|part| holds(part, entity)),
        Predicate::Not(inner) => !holds(inner, entity),
        Predicate::Compare(left, comparison, right) => {
            let (left, right) = (value(left, entity), value(right, entity));
            let both = left != Value::Null && right != Value::Null;
            match comparison {
                Comparison::Eq => left == right,
                Comparison::Ne => left != right,
                Comparison::Gt => both && left > right,
                Comparison::Ge => both && left >= right,
                Comparison::Lt => both && left < right,
                Comparison::Le => both && left <= right,
            }
        }
        Predicate::Match(text, part, needle) => {
            match (value(text, entity), value(needle, entity)) {
                (Value::String(text), Value::String(needle)) => match part {
                    StringMatch::StartsWith => text.starts_with(&needle),
                    StringMatch::EndsWith => text.ends_with(&needle),
                    StringMatch::Contains => text.contains(&needle),
                },
                _ => false,
            }
        }
    }
}

fn value(operand: &Operand<F>, entity: &DeviceState) -> Value {
    match operand {
        Operand::Field(field) => entity.value(*field),
        Operand::Folded(field) => match entity.value(*field) {
            Value::String(text) => Value::String(fold(&text)),
            other => other,
        },
        Operand::Length(field) => match entity.value(*field) {
            Value::String(text) => Value::Int(i64::try_from(text.chars().count()).expect("short")),
            other => other,
        },
        Operand::Value(value) => value.clone(),
    }
}

fn word() -> impl Strategy<Value = String> {
    prop::sample::select(WORDS.to_vec()).prop_map(str::to_owned)
}

fn moment() -> impl Strategy<Value = Timestamp> {
    (0_i64..4).prop_map(|step| Timestamp::from_micros(1_700_000_000_000_000 + step))
}

fn details() -> impl Strategy<Value = DeviceDetails> {
    let text = || prop::option::weighted(0.8, word());
    let state = (0_i16..8).prop_map(|number| DeviceStateValue::numbered(number).expect("a state"));
    (prop::option::of(moment()), text(), text(), text(), state, text()).prop_map(
        |(last_sync_at, eid, device_name, user_name, state, state_details)| DeviceDetails {
            last_sync_at,
            eid,
            device_name,
            user_name,
            state,
            state_details,
        },
    )
}

/// A constant that a property of that kind is compared to.
fn constant(kind: PrimitiveType, ids: &[uuid::Uuid]) -> BoxedStrategy<Value> {
    let known = match kind {
        PrimitiveType::String => word().prop_map(Value::String).boxed(),
        PrimitiveType::Int => (0_i64..4).prop_map(Value::Int).boxed(),
        PrimitiveType::Enum(of) => {
            (0..i64::try_from(of.members.len()).expect("few")).prop_map(Value::Int).boxed()
        }
        PrimitiveType::DateTimeOffset => moment().prop_map(Value::DateTimeOffset).boxed(),
        PrimitiveType::Guid => prop::sample::select(ids.to_vec()).prop_map(Value::Guid).boxed(),
    };
    prop_oneof![6 => known, 1 => Just(Value::Null)].boxed()
}

fn comparison() -> impl Strategy<Value = Comparison> {
    use Comparison::{Eq, Ge, Gt, Le, Lt, Ne};
    prop::sample::select(vec![Eq, Ne, Gt, Ge, Lt, Le])
}

fn predicate(ids: Vec<uuid::Uuid>) -> impl Strategy<Value = Predicate<F>> {
    let text = || prop::sample::select(TEXTS.to_vec());
    let any_field = prop::sample::select(FIELDS.to_vec()).prop_flat_map(move |field| {
        let right = constant(field.kind(), &ids).prop_map(Operand::Value);
        (Just(Operand::Field(field)), comparison(), right)
    });
    let length = (
        text().prop_map(Operand::Length),
        comparison(),
        (0_i64..4).prop_map(|n| Operand::Value(Value::Int(n))),
    );
    let folded = (
        text().prop_map(Operand::Folded),
        comparison(),
        word().prop_map(|word| Operand::Value(Value::String(word))),
    );
    let two_fields =
        (text().prop_map(Operand::Field), comparison(), text().prop_map(Operand::Field));
    let compare = prop_oneof![4 => any_field, 1 => length, 2 => folded, 1 => two_fields]
        .prop_map(|(left, comparison, right)| Predicate::Compare(left, comparison, right));
    let side = prop_oneof![text().prop_map(Operand::Field), text().prop_map(Operand::Folded)];
    let needle = prop_oneof![
        4 => word().prop_map(|word| Operand::Value(Value::String(word))),
        1 => text().prop_map(Operand::Field),
        1 => Just(Operand::Value(Value::Null)),
    ];
    let part = prop::sample::select(vec![
        StringMatch::StartsWith,
        StringMatch::EndsWith,
        StringMatch::Contains,
    ]);
    let matches =
        (side, part, needle).prop_map(|(text, part, needle)| Predicate::Match(text, part, needle));
    prop_oneof![compare, matches].prop_recursive(4, 16, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Predicate::All),
            prop::collection::vec(inner.clone(), 0..3).prop_map(Predicate::Any),
            inner.prop_map(|inner| Predicate::Not(Box::new(inner))),
        ]
    })
}

fn order() -> impl Strategy<Value = Vec<OrderKey<F>>> {
    let key = (prop::sample::select(FIELDS.to_vec()), any::<bool>(), any::<bool>()).prop_map(
        |(field, folded, descending)| OrderKey {
            field,
            folded: folded && TEXTS.contains(&field),
            direction: if descending { Direction::Descending } else { Direction::Ascending },
        },
    );
    prop::collection::vec(key, 0..4).prop_map(|mut keys| {
        let mut seen = Vec::new();
        keys.retain(|key| {
            !seen.contains(&key.field) && {
                seen.push(key.field);
                true
            }
        });
        keys
    })
}

/// The same random values in every run: a failure can be looked at again.
fn samples<T: std::fmt::Debug>(strategy: impl Strategy<Value = T>, count: usize) -> Vec<T> {
    let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), random);
    (0..count).map(|_| strategy.new_tree(&mut runner).expect("a value").current()).collect()
}

/// A pool of random device states.
async fn populate(bench: &TestStore) -> (Permit<Read>, esimpool::domain::PoolId, Vec<DeviceState>) {
    let (write, read) = (bench.permit::<Write>("a").await, bench.permit::<Read>("a").await);
    let pool = bench.create(&write, draft("x", 0..0, esimpool::domain::Validation::Lenient)).await;
    let pool = pool.expect("created").id;
    let mut states = Vec::new();
    for (number, details) in samples(details(), 120).into_iter().enumerate() {
        let at =
            Timestamp::from_micros(1_700_000_000_000_000 + i64::try_from(number % 4).expect("few"));
        let new = details.into_new(&bench.ids, at);
        let created = bench
            .store
            .create_device_state(&write, pool, new, bench.change_context())
            .await
            .expect("an answer");
        states.push(created.expect("the pool is there"));
    }
    (read, pool, states)
}

async fn sql_agrees_with_what_a_filter_means(engine: Engine) {
    let bench = TestStore::new(engine).await;
    let (read, pool, states) = populate(&bench).await;
    let ids = states.iter().take(5).map(|state| state.id.uuid()).collect();
    let mut partial = 0;
    for filter in samples(predicate(ids), 1500) {
        let listing = Listing { filter: filter.clone(), count: true, ..Listing::first(200) };
        let page = bench.store.device_states(&read, pool, &listing).await;
        let page =
            page.unwrap_or_else(|error| panic!("{filter:?}: {error}")).expect("the pool is there");
        let found: HashSet<_> = page.items.iter().map(|state| state.id).collect();
        let meant: HashSet<_> =
            states.iter().filter(|state| holds(&filter, state)).map(|state| state.id).collect();
        assert_eq!(found, meant, "{filter:?}");
        assert_eq!(page.count, i64::try_from(meant.len()).ok());
        partial += usize::from(!meant.is_empty() && meant.len() < states.len());
    }
    assert!(partial > 500, "only {partial} filters chose some and not all");
}

async fn pages_of_any_order_hold_each_entity_once_and_in_order(engine: Engine) {
    let bench = TestStore::new(engine).await;
    let (read, pool, states) = populate(&bench).await;
    for keys in samples(order(), 60) {
        let order = Listing::total_order(keys);
        let mut expected = states.clone();
        expected.sort_by(|one, other| {
            let compare = |key: &OrderKey<F>| {
                let operand = key.operand();
                let ordering = value(&operand, one).cmp(&value(&operand, other));
                if key.direction == Direction::Descending { ordering.reverse() } else { ordering }
            };
            order
                .iter()
                .map(compare)
                .find(|ordering| *ordering != Ordering::Equal)
                .unwrap_or(Ordering::Equal)
        });
        let mut listing = Listing { order: order.clone(), ..Listing::first(17) };
        let mut seen = Vec::new();
        loop {
            let page = bench.store.device_states(&read, pool, &listing).await.expect("an answer");
            let page = page.expect("the pool is there");
            listing.after = page.items.last().map(|last| listing.position(last));
            seen.extend(page.items);
            if !page.more {
                break;
            }
        }
        assert_eq!(seen, expected, "{order:?}");
    }
}
