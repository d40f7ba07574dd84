//! Tables as wide as the terminal.

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, LineStyle, Table};
use console::Term;

/// How wide a table may be if no terminal shows it.
const WIDTH_WITHOUT_TERMINAL: u16 = 80;

/// A table with these headings, at most as wide as the terminal unless words are longer. A heading
/// that begins with `>` is over numbers, which are aligned to the right; one that begins with `|` is
/// over ids. Neither numbers nor ids are broken into lines.
pub(in crate::cli) fn table(
    headings: &[&str],
    rows: impl IntoIterator<Item = Vec<String>>,
) -> String {
    let terminal = Term::stdout();
    let width = if terminal.is_term() { terminal.size().1 } else { WIDTH_WITHOUT_TERMINAL };
    let mut table = Table::new();
    table.load_style(NOTHING.header_separator(LineStyle::new('─', '─', '─', '─')));
    // The margin for a border is cut off below.
    table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width.saturating_add(2));
    table.set_header(headings.iter().map(|heading| heading.trim_start_matches(['>', '|'])));
    for (heading, column) in headings.iter().zip(table.column_iter_mut()) {
        // With the border, two spaces between columns.
        column.set_padding((1, 0));
        if heading.starts_with('>') {
            column.set_cell_alignment(CellAlignment::Right);
        }
        if heading.starts_with(['>', '|']) {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    for row in rows {
        table.add_row(row);
    }
    // Without the margin for a border.
    let bare = |line: &str| line.chars().skip(2).collect::<String>().trim_end().to_owned() + "\n";
    table.to_string().lines().map(bare).collect()
}

/// A number with separators: 1,234,567.
pub(in crate::cli) fn number(count: u64) -> String {
    let digits = count.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A number of things: `1 code`, `2,000 codes`.
pub(in crate::cli) fn counted(count: u64, thing: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {thing}{plural}", number(count))
}

#[cfg(test)]
mod tests {
    use super::{WIDTH_WITHOUT_TERMINAL, number, table};

    #[test]
    fn numbers_are_grouped_and_aligned_to_the_right() {
        assert_eq!([0, 999, 1000, 1_234_567].map(number), ["0", "999", "1,000", "1,234,567"]);
        let rows = [["a", "5"], ["bc", "1,000"]].map(|row| row.map(str::to_owned).to_vec());
        let text = table(&["name", ">count"], rows);
        assert_eq!(text, "name  count\n────────────\na         5\nbc    1,000\n");
    }

    #[test]
    fn words_are_wrapped_and_ids_are_not() {
        let id = "89049032000001000000043598436512";
        let row = vec!["a laptop of many words ".repeat(6), id.to_owned(), "text ".repeat(20)];
        let text = table(&["name", "|EID", "notes"], [row]);
        assert!(text.contains(id), "{text}");
        let longest = text.lines().map(|line| line.chars().count()).max();
        assert!(longest <= Some(usize::from(WIDTH_WITHOUT_TERMINAL)), "{text}");
    }
}
