//! The report of an import as text that fits a terminal of 80 columns, also in a pipe.

use serde::Deserialize;
use uuid::Uuid;

use crate::cli::api::Pool;
use crate::cli::output::{counted, number, shortened, table};

const MAX_WIDTH: usize = 80;
/// How many lines of a group are listed.
const MAX_LINES: usize = 20;
/// The characters of a value that are shown: an ICCID has 20.
const MAX_VALUE_CHARS: usize = 50;

/// The response to an import.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report {
    pool: Option<Pool>,
    pool_display_name: Option<String>,
    import_id: Option<Uuid>,
    inserted: u64,
    pub(super) rejected_count: u64,
    groups: Vec<Group>,
    columns_not_understood: Vec<FileColumn>,
    rejected: Vec<Rejected>,
}

/// Lines with equal reasons.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Group {
    outcome: String,
    reason: String,
    hint: String,
    count: u64,
}

#[derive(Debug, Deserialize)]
struct FileColumn {
    name: String,
}

#[derive(Debug, Deserialize)]
struct Rejected {
    line: u64,
    column: Option<u64>,
    value: String,
    reason: String,
    hint: String,
}

impl Report {
    /// A sentence on the codes, the lines by reason, and tables of the rejected ones.
    pub(super) fn text(&self, stored: bool, dry_run: bool) -> String {
        let mut text = self.sentence(stored, dry_run) + "\n";
        if let Some(import) = self.import_id.filter(|_| stored) {
            text.extend(["to undo: esimpool import --undo ", &import.to_string(), "\n"]);
        }
        for group in self.groups.iter().filter(|group| group.outcome == "known") {
            text += &wrapped(&format!("{}: {}", counted(group.count, "line"), group.reason), 2);
        }
        if !self.columns_not_understood.is_empty() {
            let names: Vec<_> =
                self.columns_not_understood.iter().map(|column| column.name.as_str()).collect();
            let what = if stored { "ignored" } else { "not understood" };
            text += &wrapped(&format!("columns {what}: {}", names.join(", ")), 2);
        }
        for group in self.groups.iter().filter(|group| group.outcome == "rejected") {
            text += "\n";
            text += &self.rejected_lines(group);
        }
        if self.rejected_count > 0 && !stored && !dry_run {
            text += NEXT_STEP;
        }
        text
    }

    fn sentence(&self, stored: bool, dry_run: bool) -> String {
        let codes = counted(self.inserted, "code");
        match &self.pool {
            _ if self.inserted == 0 && stored && self.rejected_count == 0 => {
                "nothing was imported: every code is known".to_owned()
            }
            Some(pool) if stored => format!(
                "imported {codes} into {} ({}), which now has {}",
                pool.display_name,
                pool.id,
                number(pool.activation_code_count)
            ),
            Some(pool) if dry_run => format!(
                "nothing was stored; {codes} would be imported into {} ({}), which has {}",
                pool.display_name,
                pool.id,
                number(pool.activation_code_count)
            ),
            None if dry_run => {
                let name = self.pool_display_name.as_ref();
                let name = name.map_or_else(String::new, |name| format!(" named {name}"));
                let into = if self.inserted == 0 { "" } else { " into a new pool" };
                format!("nothing was stored; {codes} would be imported{into}{name}")
            }
            _ => "nothing was imported".to_owned(),
        }
    }

    /// The reason of a group, and the first of its lines.
    fn rejected_lines(&self, group: &Group) -> String {
        let mut text =
            wrapped(&format!("{} rejected: {}", counted(group.count, "line"), group.reason), 2);
        if !group.hint.is_empty() {
            text += &wrapped(&format!("  {}", group.hint), 2);
        }
        let listed =
            self.rejected.iter().filter(|it| it.reason == group.reason && it.hint == group.hint);
        let listed: Vec<_> = listed.take(MAX_LINES).collect();
        if listed.is_empty() {
            return text;
        }
        let with_column = listed.iter().any(|it| it.column.is_some());
        let heads =
            if with_column { &[">line", ">column", "value"][..] } else { &[">line", "value"] };
        let row = |it: &&Rejected| {
            let mut row = vec![it.line.to_string(), shortened(&it.value, MAX_VALUE_CHARS)];
            if with_column {
                row.insert(1, it.column.map_or_else(String::new, |column| column.to_string()));
            }
            row
        };
        for line in table(heads, listed.iter().map(row)).lines() {
            text.extend(["  ", line, "\n"]);
        }
        let more = group.count - listed.len() as u64;
        if more > 0 {
            text.extend(["  and ", &number(more), " more\n"]);
        }
        text
    }
}

const NEXT_STEP: &str = "
Fix these lines and import the file again, or import only the valid ones with
--partial.
";

/// Text in lines of at most 80 characters. Lines after the first are indented.
fn wrapped(text: &str, indent: usize) -> String {
    let start = text.len() - text.trim_start().len();
    let mut lines = text[..start].to_owned();
    let mut width = start;
    for (index, word) in text.split_whitespace().enumerate() {
        let length = word.chars().count();
        if index > 0 && width + 1 + length > MAX_WIDTH {
            lines.extend(["\n", &" ".repeat(indent)]);
            width = indent;
        } else if index > 0 {
            lines.push(' ');
            width += 1;
        }
        lines += word;
        width += length;
    }
    lines + "\n"
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Report, wrapped};

    #[test]
    fn text_is_broken_between_words() {
        let text = wrapped(&"word ".repeat(30), 2);
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        assert_eq!(
            (text.lines().count(), text.lines().nth(1).map(|it| &it[..6])),
            (2, Some("  word"))
        );
        assert_eq!(wrapped("  hint", 2), "  hint\n");
    }

    #[test]
    fn a_report_fits_and_breaks_no_iccid() {
        let reason = "exists in the tenant already with another secret";
        let hint = "leave the line out, or import with mode=graph if both are right";
        let line = |line: u64, value: &str| json!({ "line": line, "column": null, "value": value, "reason": reason, "hint": hint });
        let rejected: Vec<_> = (2..802).map(|it| line(it, "89445001021983048261")).collect();
        let group = |outcome: &str, reason: &str, count: u64| json!({ "outcome": outcome, "reason": reason, "hint": hint, "count": count });
        let report: Report = serde_json::from_value(json!({
            "pool": null,
            "poolDisplayName": null,
            "importId": null,
            "inserted": 0,
            "rejectedCount": 1_000_800,
            "groups": [
                group("known", "already in pool Spring", 2_000),
                group("rejected", reason, 800),
                group("rejected", "x", 1_000_000),
            ],
            "columnsNotUnderstood": [{ "name": "Bundle" }],
            "rejected": rejected,
        }))
        .expect("a report");
        let text = report.text(false, false);
        assert!(text.contains("\n2,000 lines: already in pool Spring\n"), "{text}");
        assert!(text.contains("\n800 lines rejected: exists in the tenant"), "{text}");
        assert!(text.contains("  and 780 more\n"), "{text}");
        assert_eq!(text.matches("89445001021983048261").count(), 20, "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    }
}
