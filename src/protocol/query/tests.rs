//! A filter is the same after being printed and parsed.

use proptest::prelude::*;

use super::expression::{Expression, ExpressionKind, Operator};
use super::lexer::Position;
use super::parser::parse;

fn expression() -> impl Strategy<Value = Expression> {
    let at = |kind| Expression::new(kind, Position(0));
    let name = "[a-z][a-zA-Z]{0,8}(/[a-z]{1,5})?".prop_filter("a keyword is not a name", |name| {
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
            several.clone().prop_map(move |operands| at(ExpressionKind::Or(operands))),
            several.prop_map(move |operands| at(ExpressionKind::And(operands))),
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
    fn a_filter_is_the_same_after_being_printed_and_parsed(expression in expression()) {
        let printed = expression.to_string();
        prop_assert_eq!(parse(&printed), Ok(expression), "{}", printed);
    }

    #[test]
    fn no_string_makes_the_parser_panic(text in "\\PC{0,40}") {
        drop(parse(&text));
    }

    #[test]
    fn no_tokens_make_the_parser_panic(
        tokens in prop::collection::vec(
            prop::sample::select(vec!["(", ")", ",", "'a'", "'", "and", "or", "not", "in", "eq", "x", "f(", "1"]),
            0..20,
        )
    ) {
        drop(parse(&tokens.join(" ")));
    }
}

#[test]
fn operators_have_odatas_precedence() {
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
fn errors_have_a_position_and_a_reason() {
    for (text, position, reason) in [
        ("", 1, "expected a property or a value"),
        ("displayName eq", 15, "expected a property or a value"),
        ("displayName eq 'x", 16, "unterminated string literal"),
        ("displayName 'x'", 13, "expected 'and', 'or' or the end of the expression"),
        ("a eq 1 )", 8, "expected 'and', 'or' or the end of the expression"),
        ("(a eq 1", 8, "expected ')'"),
        ("a in 1", 6, "expected a list in parentheses"),
        ("é", 1, "unexpected 'é'"),
        ("a eq #", 6, "unexpected '#'"),
    ] {
        let error = parse(text).expect_err(text);
        assert_eq!((error.position.0, error.reason.as_str()), (position, reason), "{text}");
    }
    let deep = format!("{}a eq 1{}", "(".repeat(500), ")".repeat(500));
    let error = parse(&deep).expect_err("too deep");
    assert_eq!(
        (error.position.0, error.reason.as_str()),
        (34, "the expression nests deeper than 32 levels")
    );
}
