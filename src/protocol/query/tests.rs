//! What a filter says survives being printed and read again.

use proptest::prelude::*;

use super::expression::{Expression, ExpressionKind, Operator};
use super::lexer::Position;
use super::parser::parse;

fn expression() -> impl Strategy<Value = Expression> {
    let at = |kind| Expression::new(kind, Position(0));
    let name = "[a-z][a-zA-Z]{0,8}(/[a-z]{1,5})?".prop_filter("keywords mean something", |name| {
        !["and", "or", "not", "in", "eq", "ne", "gt", "ge", "lt", "le", "true", "false", "null"]
            .contains(&name.as_str())
    });
    let value = prop_oneof![
        name.clone().prop_map(ExpressionKind::Path),
        "[^\u{0}]{0,12}".prop_map(ExpressionKind::String),
        "(0|-?[1-9][0-9]{0,8})".prop_map(ExpressionKind::Literal),
        Just(ExpressionKind::Literal("2025-01-31T08:00:00.5Z".to_owned())),
        Just(ExpressionKind::Literal("0189aabb-ccdd-7eef-8123-456789abcdef".to_owned())),
        Just(ExpressionKind::Literal("a189aabb-ccdd-7eef-8123-456789abcdef".to_owned())),
        Just(ExpressionKind::True),
        Just(ExpressionKind::False),
        Just(ExpressionKind::Null),
        "[a-z']{0,5}".prop_map(|member| ExpressionKind::EnumMember(
            "microsoft.graph.state".to_owned(),
            member
        )),
    ]
    .prop_map(at);
    let operator = prop::sample::select(Operator::ALL.to_vec());
    value.prop_recursive(5, 40, 3, move |inner| {
        let boxed = |expression| Box::new(expression);
        let pair = (inner.clone(), inner.clone());
        let several = prop::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            several.clone().prop_map(move |parts| at(ExpressionKind::Or(parts))),
            several.prop_map(move |parts| at(ExpressionKind::And(parts))),
            inner.clone().prop_map(move |inner| at(ExpressionKind::Not(boxed(inner)))),
            (pair, operator.clone()).prop_map(move |((l, r), operator)| at(
                ExpressionKind::Compare(boxed(l), operator, boxed(r))
            )),
            (inner.clone(), prop::collection::vec(inner.clone(), 0..3))
                .prop_map(move |(left, values)| at(ExpressionKind::In(boxed(left), values))),
            ("[a-z]{4,8}", prop::collection::vec(inner, 0..3)).prop_map(
                move |(name, arguments)| at(ExpressionKind::Call(format!("{name}_"), arguments))
            ),
        ]
    })
}

proptest! {
    #[test]
    fn a_filter_is_the_same_after_being_printed_and_read(expression in expression()) {
        let printed = expression.to_string();
        prop_assert_eq!(parse(&printed), Ok(expression), "{}", printed);
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC{0,40}") {
        drop(parse(&text));
    }

    #[test]
    fn no_words_make_the_parser_panic(
        words in prop::collection::vec(
            prop::sample::select(vec!["(", ")", ",", "'a'", "'", "and", "or", "not", "in", "eq", "x", "f(", "1"]),
            0..20,
        )
    ) {
        drop(parse(&words.join(" ")));
    }
}

#[test]
fn operators_bind_as_odata_has_it() {
    for (text, same) in [
        ("a or b and c", "a or (b and c)"),
        ("not a and b", "(not a) and b"),
        ("not a eq b", "not (a eq b)"),
        ("((a))", "a"),
        ("a EQ 1 AND b NE 2", "a eq 1 and b ne 2"),
        ("f( a , b )", "f(a,b)"),
    ] {
        assert_eq!(parse(text), parse(same), "{text}");
    }
}

#[test]
fn faults_have_a_place_and_a_reason() {
    for (text, position, reason) in [
        ("", 1, "a property or a value is expected"),
        ("displayName eq", 15, "a property or a value is expected"),
        ("displayName eq 'x", 16, "a text begins and does not end"),
        ("displayName 'x'", 13, "'and', 'or' or the end is expected"),
        ("a eq 1 )", 8, "'and', 'or' or the end is expected"),
        ("(a eq 1", 8, "')' is expected"),
        ("a in 1", 6, "a list in parentheses is expected"),
        ("é", 1, "'é' means nothing here"),
        ("a eq #", 6, "'#' means nothing here"),
    ] {
        let fault = parse(text).expect_err(text);
        assert_eq!((fault.position.0, fault.reason.as_str()), (position, reason), "{text}");
    }
    let deep = format!("{}a eq 1{}", "(".repeat(500), ")".repeat(500));
    let fault = parse(&deep).expect_err("too deep");
    assert_eq!((fault.position.0, fault.reason.as_str()), (34, "it nests deeper than 32 levels"));
}
