//! Tables as wide as the terminal, or as wide as their content without a terminal.

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table};
use console::Term;

/// A table with these headings. A heading that begins with `>` is over numbers, which are aligned to
/// the right.
pub(super) fn table(headings: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING.header_separator(LineStyle::new('─', '─', '─', '─')));
    let terminal = Term::stdout();
    if terminal.is_term() {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(terminal.size().1);
    }
    table.set_header(headings.iter().map(|heading| heading.trim_start_matches('>')));
    for (heading, column) in headings.iter().zip(table.column_iter_mut()) {
        if heading.starts_with('>') {
            column.set_cell_alignment(CellAlignment::Right);
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
pub(super) fn number(count: u64) -> String {
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

#[cfg(test)]
mod tests {
    use super::{number, table};

    #[test]
    fn numbers_are_grouped_and_aligned_to_the_right() {
        assert_eq!([0, 999, 1000, 1_234_567].map(number), ["0", "999", "1,000", "1,234,567"]);
        let rows = [["a", "5"], ["bc", "1,000"]].map(|row| row.map(str::to_owned).to_vec());
        let text = table(&["name", ">count"], rows);
        assert_eq!(text, "name   count\n──────────────\na          5\nbc     1,000\n");
    }
}
