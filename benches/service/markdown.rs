//! Formats a report as Markdown for docs/performance.md.

use std::fmt::Write;

use super::comparison::Row;
use super::report::{Growth, Report, Target};
use super::run::Run;

pub fn markdown(report: &Report) -> String {
    let mut text = String::new();
    for (name, value) in &report.circumstances {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "- {name}: {value}");
    }
    table(
        &mut text,
        "| path | connections | compared with | its /s | service /s | ratio (range) | target | p50 ms | p99 ms | \
         CPU µs | memory MB | machine |\n\
         |---|--:|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n",
        report.rows.iter().map(|it| row(it, report.steadiness(std::slice::from_ref(it)))),
    );
    table(
        &mut text,
        "| figure | measured | target |\n|---|--:|--:|\n",
        report.figures.iter().map(|figure| {
            let target = match figure.target {
                Some(Target::AtLeast(target)) => format!("≥ {target}"),
                Some(Target::AtMost(target)) => format!("≤ {target}"),
                None => String::new(),
            };
            format!("| {} | {} {} | {target} |", figure.what, short(figure.value), figure.unit)
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
    let (baseline, subject) = (&row.baseline_run, &row.subject_run);
    let [ratio, least, most] = row.ratio;
    format!(
        "| {} | {} | {} | {} | {} | **{ratio:.2}** ({least:.2}–{most:.2}) | {} | {} / {} | {} / {} | \
         {} / {} | {} | {slowest:.2}–{fastest:.2} |",
        row.what,
        row.connections,
        row.baseline,
        thousands(baseline.per_second),
        thousands(subject.per_second),
        row.target.map_or_else(String::new, |target| format!("≥ {target}")),
        short(baseline.p50_ms),
        short(subject.p50_ms),
        short(baseline.p99_ms),
        short(subject.p99_ms),
        cpu(baseline),
        cpu(subject),
        row.memory_mb.map_or_else(String::new, |[idle, peak]| format!("{idle:.0} → {peak:.0}")),
    )
}

/// CPU time per operation: of the service, and after the plus of Postgres.
fn cpu(run: &Run) -> String {
    let parts = [run.service_cpu_us, run.postgres_cpu_us];
    let parts: Vec<String> = parts.into_iter().flatten().map(short).collect();
    if parts.is_empty() { "?".to_owned() } else { parts.join(" + ") }
}

/// A number with three significant digits.
fn short(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// A whole number with spaces between thousands.
fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}
