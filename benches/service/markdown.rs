//! A report as Markdown, to be pasted into docs/performance.md.

use std::fmt::Write;

use super::contest::Row;
use super::leg::Leg;
use super::report::{Aim, Growth, Report};

/// All of it.
pub fn markdown(report: &Report) -> String {
    let mut text = String::new();
    for (name, value) in &report.circumstances {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "- {name}: {value}");
    }
    table(
        &mut text,
        "| path | connections | against | its /s | ours /s | ratio (range) | aim | p50 ms | p99 ms | \
         CPU µs | memory MB | machine |\n\
         |---|--:|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n",
        report.rows.iter().map(|it| row(it, report.steadiness(std::slice::from_ref(it)))),
    );
    table(
        &mut text,
        "| figure | measured | aim |\n|---|--:|--:|\n",
        report.figures.iter().map(|figure| {
            let aim = match figure.aim {
                Some(Aim::AtLeast(aim)) => format!("≥ {aim}"),
                Some(Aim::AtMost(aim)) => format!("≤ {aim}"),
                None => String::new(),
            };
            format!("| {} | {} {} | {aim} |", figure.what, short(figure.value), figure.unit)
        }),
    );
    growth(&mut text, &report.growth);
    table(
        &mut text,
        "| operation | instructions |\n|---|--:|\n",
        report.instructions.iter().map(|(name, count)| {
            #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
            let count = thousands(*count as f64);
            format!("| {name} | {count} |")
        }),
    );
    for reason in &report.left_out {
        let _ = writeln!(text, "\nLeft out: {reason}");
    }
    text
}

fn growth(text: &mut String, all: &[Growth]) {
    let steps = all.first().map_or(&[][..], |growth| &growth.steps);
    let codes = steps.iter().map(|(codes, _)| format!(" {} codes |", thousands((*codes).into())));
    let head =
        format!("| growth |{}\n|---|{}\n", codes.collect::<String>(), "--:|".repeat(steps.len()));
    let value = |growth: &Growth, value: f64| match growth.unit {
        "/s" => format!(" {} /s |", thousands(value)),
        unit => format!(" {} {unit} |", short(value)),
    };
    let row = |growth: &Growth| {
        let values = growth.steps.iter().map(|(_, it)| value(growth, *it));
        format!("| {} |{}", growth.what, values.collect::<String>())
    };
    table(text, &head, all.iter().map(row));
}

fn table(text: &mut String, head: &str, rows: impl Iterator<Item = String>) {
    let rows: Vec<String> = rows.collect();
    if !rows.is_empty() {
        let _ = write!(text, "\n{head}{}\n", rows.join("\n"));
    }
}

fn row(row: &Row, [slowest, fastest]: [f64; 2]) -> String {
    let (limit, ours) = (&row.limit_leg, &row.contender_leg);
    let [ratio, least, most] = row.ratio;
    format!(
        "| {} | {} | {} | {} | {} | **{ratio:.2}** ({least:.2}–{most:.2}) | {} | {} / {} | {} / {} | \
         {} / {} | {} | {slowest:.2}–{fastest:.2} |",
        row.what,
        row.connections,
        row.limit,
        thousands(limit.per_second),
        thousands(ours.per_second),
        row.aim.map_or_else(String::new, |aim| format!("≥ {aim}")),
        short(limit.p50_ms),
        short(ours.p50_ms),
        short(limit.p99_ms),
        short(ours.p99_ms),
        cpu(limit),
        cpu(ours),
        row.memory_mb.map_or_else(String::new, |[idle, peak]| format!("{idle:.0} → {peak:.0}")),
    )
}

/// Processor time an operation: of the service, and behind the plus of Postgres.
fn cpu(leg: &Leg) -> String {
    let parts = [leg.service_cpu_us, leg.postgres_cpu_us];
    let parts: Vec<String> = parts.into_iter().flatten().map(short).collect();
    if parts.is_empty() { "?".to_owned() } else { parts.join(" + ") }
}

/// Three digits that count.
fn short(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// A whole number with blanks between thousands.
fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}
