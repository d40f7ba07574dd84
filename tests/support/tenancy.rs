//! The rules by which Citus executes a statement where its tenant is, as a lint over the statement's text.

use std::collections::BTreeSet;

/// The tables that are distributed by tenant.
const TABLES: [&str; 11] = [
    "tenants",
    "pools",
    "activation_codes",
    "imports",
    "stock_entries",
    "handouts",
    "assignments",
    "device_states",
    "audit_events",
    "audit_codes",
    "idempotency_keys",
];

/// The rules that a statement breaks:
///
/// - Each of its tables has a condition `tenant_id = $n` of its own. A subquery in `from` may leave it
///   to the query around it.
/// - No `limit` is a column of another relation, as after `lateral`.
/// - An `insert … select` takes the tenant from a distributed table, so that it is not collected and
///   copied, which would hide violated constraints; and it is not a part of another statement.
pub fn broken_rules(statement: &str) -> Vec<String> {
    let mut tokens = tokens(statement).into_iter().peekable();
    let mut broken = Vec::new();
    let nodes = nodes(&mut tokens);
    check(&nodes, Place::Whole, &mut broken);
    broken
}

#[derive(Debug)]
enum Node {
    Word(String),
    Symbol(char),
    Group(Vec<Self>),
}

/// Where a query is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The statement itself.
    Whole,
    /// In `from`: the query around it may have the condition.
    From,
    /// In `with`, or in an expression.
    Elsewhere,
}

fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(next) = rest.next() {
        if next == '\'' {
            while rest.next().is_some_and(|it| it != '\'') {}
            tokens.push("''".to_owned());
        } else if next == '-' && rest.peek() == Some(&'-') {
            while rest.next().is_some_and(|it| it != '\n') {}
        } else if is_of_word(next) {
            let mut word = String::from(next);
            while let Some(more) = rest.next_if(|it| is_of_word(*it)) {
                word.push(more);
            }
            tokens.push(word.to_lowercase());
        } else if !next.is_whitespace() {
            tokens.push(next.into());
        }
    }
    tokens
}

fn is_of_word(next: char) -> bool {
    next.is_alphanumeric() || ['_', '.', '$'].contains(&next)
}

fn nodes(tokens: &mut std::iter::Peekable<std::vec::IntoIter<String>>) -> Vec<Node> {
    let mut nodes = Vec::new();
    while let Some(token) = tokens.next() {
        match token.as_str() {
            "(" => nodes.push(Node::Group(self::nodes(tokens))),
            ")" => return nodes,
            word if word.starts_with(is_of_word) => nodes.push(Node::Word(token)),
            symbol => nodes.push(Node::Symbol(symbol.chars().next().expect("not empty"))),
        }
    }
    nodes
}

/// A query without the groups of its expressions, which are spread out.
#[derive(Default)]
struct Flat<'n> {
    words: Vec<&'n str>,
    /// The queries in it, by the index of the word in their place.
    queries: Vec<(usize, &'n [Node])>,
}

const QUERY: &str = "(query)";

impl<'n> Flat<'n> {
    fn add(&mut self, nodes: &'n [Node]) {
        for node in nodes {
            match node {
                Node::Word(word) => self.words.push(word),
                Node::Symbol('=') => self.words.push("="),
                Node::Symbol(_) => self.words.push(","),
                Node::Group(inner) => {
                    let first = inner.first();
                    let is_query = matches!(first, Some(Node::Word(word))
                        if ["select", "with", "insert", "update", "delete"].contains(&word.as_str()));
                    if is_query {
                        self.queries.push((self.words.len(), inner));
                        self.words.push(QUERY);
                    } else {
                        self.add(inner);
                    }
                }
            }
        }
    }

    fn word(&self, at: usize) -> &str {
        self.words.get(at).copied().unwrap_or_default()
    }

    /// The name by which the relation at this place is known.
    fn alias(&self, at: usize) -> &str {
        if self.word(at + 1) == "as" { self.word(at + 2) } else { self.word(at) }
    }
}

/// Checks a query. Returns the table that has no condition, if the query around it may have it.
fn check(nodes: &[Node], place: Place, broken: &mut Vec<String>) -> Option<String> {
    let is_union = |node: &Node| matches!(node, Node::Word(word) if word == "union");
    let parts: Vec<_> = nodes.split(is_union).collect();
    let place = if parts.len() > 1 && place == Place::From { Place::Elsewhere } else { place };
    let mut left = None;
    for part in parts {
        left = check_part(part, place, broken);
    }
    left
}

fn check_part(nodes: &[Node], place: Place, broken: &mut Vec<String>) -> Option<String> {
    let mut flat = Flat::default();
    flat.add(nodes);
    let mut derived = Vec::new();
    for &(at, query) in &flat.queries {
        let before = flat.word(at.wrapping_sub(1));
        let is_derived = ["from", "join", "lateral"].contains(&before);
        let place = if is_derived { Place::From } else { Place::Elsewhere };
        if let Some(table) = check(query, place, broken) {
            derived.push((flat.alias(at).to_owned(), table));
        }
    }
    limits(&flat, broken);
    inserts(&flat, place, broken);
    let mut open = open_tables(&flat, derived);
    // It would be ambiguous if it could be the column of several.
    let unqualified =
        (0..flat.words.len()).any(|at| flat.word(at) == "tenant_id" && is_argument(&flat, at + 1));
    if unqualified && open.len() == 1 {
        open.clear();
    }
    if place == Place::From && open.len() == 1 {
        return open.pop();
    }
    broken.extend(open.into_iter().map(|table| format!("{table} has no tenant_id = $n")));
    None
}

/// Whether `= $n` follows.
fn is_argument(flat: &Flat<'_>, at: usize) -> bool {
    flat.word(at) == "=" && flat.word(at + 1).starts_with('$')
}

/// The tables of a query that have no condition under their own name.
fn open_tables(flat: &Flat<'_>, derived: Vec<(String, String)>) -> Vec<String> {
    let conditions: BTreeSet<_> = (0..flat.words.len())
        .filter(|at| is_argument(flat, at + 1))
        .filter_map(|at| flat.word(at).strip_suffix(".tenant_id"))
        .collect();
    let named = (1..flat.words.len()).filter_map(|at| {
        let is_read = ["from", "join", "update"].contains(&flat.word(at - 1));
        let table = flat.word(at);
        (is_read && TABLES.contains(&table)).then(|| (flat.alias(at).to_owned(), table.to_owned()))
    });
    let all = named.chain(derived);
    all.filter(|(alias, _)| !conditions.contains(alias.as_str())).map(|(_, table)| table).collect()
}

fn limits(flat: &Flat<'_>, broken: &mut Vec<String>) {
    for at in 0..flat.words.len() {
        let limit = flat.word(at + 1);
        let is_number = limit.starts_with(|first: char| first == '$' || first.is_ascii_digit());
        if flat.word(at) == "limit" && !is_number {
            broken.push(format!("limit {limit}"));
        }
    }
}

fn inserts(flat: &Flat<'_>, place: Place, broken: &mut Vec<String>) {
    let Some(at) = flat.words.iter().position(|word| *word == "into") else { return };
    let table = flat.word(at + 1);
    if !TABLES.contains(&table) {
        return;
    }
    if place != Place::Whole || flat.word(0) == "with" {
        broken.push(format!("the insert into {table} is a part of another statement"));
    }
    let selected = flat.words.iter().position(|word| *word == "select").map(|at| flat.word(at + 1));
    let returns = flat.words.contains(&"returning");
    if selected.is_some_and(|first| !first.ends_with("tenant_id")) && !returns {
        broken.push(format!("the insert into {table} would be collected and copied"));
    }
}
