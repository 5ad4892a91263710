//! Pipe tables, after GitHub Flavored Markdown 4.10, with the exact place of every cell.

use std::ops::Range;

use super::lines::{Fault, Kind, Line, Text};
use crate::domain::steps::count;

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table<'a> {
    /// The names of its columns.
    pub header: Row<'a>,
    /// Its last line, from 1.
    pub end: usize,
    /// Its rows, each with as many cells as the header.
    pub rows: Vec<Row<'a>>,
    /// Lines that a page shows as part of the table and that have another number of cells: nobody knows
    /// which column theirs are in. Who relies on the table refuses it for them.
    pub faults: Vec<Fault>,
}

/// A row of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row<'a> {
    /// Its line, from 1.
    pub line: usize,
    /// Its cells.
    pub cells: Vec<Cell<'a>>,
}

/// A cell of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell<'a> {
    /// Everything between its bars, in bytes from the beginning of the document.
    pub span: Range<usize>,
    /// What stands there, as it is written.
    pub raw: &'a str,
}

impl Table<'_> {
    /// Finds a column by its name.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.header.cells.iter().position(|cell| cell.text() == name)
    }
}

impl Row<'_> {
    /// Returns what stands in a column; nothing where there is none.
    pub fn text(&self, column: usize) -> String {
        self.cells.get(column).map(Cell::text).unwrap_or_default()
    }
}

impl Cell<'_> {
    /// Returns what it says: without the room around it, `\|` as the bar that it stands for.
    pub fn text(&self) -> String {
        self.raw.trim_matches([' ', '\t']).replace("\\|", "|")
    }
}

/// Finds the tables of a document, in order.
pub fn tables<'a>(text: &Text<'a>) -> Vec<Table<'a>> {
    let mut tables = Vec::new();
    let mut lines = text.lines.as_slice();
    while let [header, after @ ..] = lines {
        lines = after;
        let [delimiter, rest @ ..] = after else { break };
        if !is_part(header) || !header.text.contains('|') || !is_part(delimiter) {
            continue;
        }
        let Some(columns) = delimiters(delimiter) else { continue };
        let header = row(header);
        if header.cells.len() != columns {
            continue;
        }
        let length = rest.iter().take_while(|line| is_part(line)).count();
        let (body, rest) = rest.split_at_checked(length).unwrap_or((rest, &[]));
        lines = rest;
        let end = body.last().unwrap_or(delimiter).number;
        let mut table = Table { header, end, rows: Vec::with_capacity(body.len()), faults: Vec::new() };
        for line in body {
            let row = row(line);
            if row.cells.len() == columns {
                table.rows.push(row);
            } else {
                let message = format!("{} cells in a table of {columns} columns", row.cells.len()).into();
                table.faults.push(Fault { line: line.number, message });
            }
        }
        tables.push(table);
    }
    tables
}

/// Writes texts into cells of a document; everything outside of these cells stays as it is, to the byte.
/// Returns `None` for a text with a line break or another control character, which no cell can hold, and for
/// places that are not cells of this document.
pub fn with_cells(document: &str, cells: &[(&Cell<'_>, &str)]) -> Option<String> {
    let mut cells = cells.to_vec();
    cells.sort_by_key(|(cell, _)| cell.span.start);
    let mut written = String::with_capacity(document.len());
    let mut done = 0;
    for (cell, value) in cells {
        if value.chars().any(char::is_control) || document.get(cell.span.clone()) != Some(cell.raw) {
            return None;
        }
        let (before, after) = (document.get(done..cell.span.start)?, document.get(cell.span.end..)?);
        written.push_str(before);
        // At the ends of a line bars can be left out, where a cell is not empty.
        let is_framed = (document.get(..cell.span.start)?.ends_with('|'), after.starts_with('|'));
        written.push_str(if is_framed.0 { " " } else { "| " });
        written.push_str(&value.trim().replace('|', "\\|"));
        written.push_str(if is_framed.1 { " " } else { " |" });
        done = cell.span.end;
    }
    written.push_str(document.get(done..)?);
    Some(written)
}

/// Tells whether a line can be part of a table.
fn is_part(line: &Line<'_>) -> bool {
    line.kind == Kind::Prose && !line.is_blank()
}

fn row<'a>(line: &Line<'a>) -> Row<'a> {
    Row { line: line.number, cells: cells(line) }
}

/// The columns of a line that stands between the header and the rows, if it is one.
fn delimiters(line: &Line<'_>) -> Option<usize> {
    if !(line.text.contains('-') && line.text.contains('|')) {
        return None;
    }
    let is_dashes = |cell: &Cell<'_>| {
        let text = cell.raw.trim_matches([' ', '\t']);
        let dashes = text.strip_prefix(':').unwrap_or(text);
        let dashes = dashes.strip_suffix(':').unwrap_or(dashes);
        !dashes.is_empty() && dashes.chars().all(|c| c == '-')
    };
    let cells = cells(line);
    cells.iter().all(is_dashes).then_some(cells.len())
}

/// Splits a line at its bars. A bar after a backslash is text, in code, too; those at the ends of the line
/// only frame it.
fn cells<'a>(line: &Line<'a>) -> Vec<Cell<'a>> {
    let text = line.text;
    count(text.len());
    let is_white = |range: Range<usize>| text.get(range).is_some_and(|it| it.trim().is_empty());
    let is_text =
        |at: usize| at.checked_sub(1).and_then(|before| text.as_bytes().get(before)) == Some(&b'\\');
    let cell = |begin: usize, end: usize| Cell {
        span: line.start + begin..line.start + end,
        raw: text.get(begin..end).unwrap_or_default(),
    };
    let mut cells = Vec::new();
    let (mut begin, mut is_first) = (0, true);
    for (at, _) in text.match_indices('|').filter(|(at, _)| !is_text(*at)) {
        if !(is_first && is_white(0..at)) {
            cells.push(cell(begin, at));
        }
        (begin, is_first) = (at + 1, false);
    }
    if cells.is_empty() || !is_white(begin..text.len()) {
        cells.push(cell(begin, text.len()));
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Vec<Vec<Vec<String>>> {
        let row = |row: &Row<'_>| row.cells.iter().map(Cell::text).collect();
        let table = |table: &Table<'_>| std::iter::once(&table.header).chain(&table.rows).map(row).collect();
        tables(&Text::of(text)).iter().map(table).collect()
    }

    #[test]
    fn tables_are_read_as_pages_show_them() {
        for (text, expected) in [
            ("| a | b |\n|---|:-:|\n| 1 | 2 |\n", "a,b;1,2"),
            ("a | b\n--|--\n1 | 2\n\n3 | 4\n", "a,b;1,2"),
            ("| a |\n|---|\n| x \\| y |\n|  |\n||\n", "a;x | y;;"),
            ("| a | b |\n|---|---|\n| `x\\|y` | \\\\| |\n", "a,b;`x|y`,\\|"),
            ("text\n| a | b |\r\n|---|---|\r\n| 1 | 2 |\r\n# Next\n", "a,b;1,2"),
            ("| a |\n|---|---|\n", ""),
            ("a\n---\n", ""),
            ("```\n| a |\n|---|\n```\n", ""),
            ("<!--\n| a |\n|---|\n-->\n", ""),
            ("| a |\n|---|\n\n| b |\n|---|\n| 1 |\n", "a/b;1"),
        ] {
            let rows = |table: &Vec<Vec<String>>| table.iter().map(|row| row.join(",")).collect::<Vec<_>>();
            let found: Vec<_> = read(text).iter().map(|table| rows(table).join(";")).collect();
            assert_eq!(found.join("/"), expected, "{text:?}");
        }
    }

    #[test]
    fn a_line_of_a_table_with_other_cells_is_a_fault_and_no_row() {
        let text = Text::of("| a | b |\n|---|---|\n| 1 |\n| 1 | 2 | 3 |\ntext\n| 1 | 2 |\n\n- 1 | 2 | 3\n");
        let found = tables(&text);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].faults.iter().map(|fault| fault.line).collect::<Vec<_>>(), [3, 4, 5]);
        assert_eq!(found[0].rows.iter().map(|row| row.line).collect::<Vec<_>>(), [6]);
        assert_eq!(found[0].column("b"), Some(1));
        assert_eq!(found[0].rows[0].text(1), "2");
    }

    #[test]
    fn what_no_cell_can_hold_is_not_written() {
        let document = "| a |\n|---|\n| 1 |\n";
        let found = tables(&Text::of(document));
        let cell = &found[0].rows[0].cells[0];
        assert_eq!(with_cells(document, &[(cell, "x|y\\")]).unwrap(), "| a |\n|---|\n| x\\|y\\ |\n");
        assert_eq!(with_cells(document, &[(cell, "two\nlines")]), None);
        assert_eq!(with_cells(document, &[(cell, "one"), (cell, "two")]), None);
        assert_eq!(with_cells("another document, much longer", &[(cell, "x")]), None);
    }

    /// Lines as somebody might write them into a table, or to break one.
    fn document() -> impl Strategy<Value = String> {
        let cell =
            prop::sample::select(vec!["a", " b ", "", "\\|", "\\\\|", "`|`", "---", ":-:", "ä ", "[x]"]);
        let line = (prop::collection::vec(cell, 0..4), any::<bool>(), any::<bool>());
        let line = line.prop_map(|(cells, first, last)| {
            let (first, last) = (if first { "|" } else { "" }, if last { "|" } else { "" });
            format!("{first}{}{last}", cells.join("|"))
        });
        let end = prop::sample::select(vec!["\n", "\r\n", "\n\n", "\n|---|---|\n", "\n```\n"]);
        let lines = prop::collection::vec((line, end), 0..8);
        let start = prop::sample::select(vec!["", "|a|b|\n|-|-|\n", "a|b|c\n-|-|-\n", "|a|\r\n|-|\r\n"]);
        (start, lines).prop_map(|(start, lines)| {
            let lines: String = lines.into_iter().flat_map(|(line, end)| [line, end.to_owned()]).collect();
            format!("{start}{lines}")
        })
    }

    proptest! {
        #[test]
        fn cells_stand_where_they_say_in_any_text(text in prop_oneof![document(), any::<String>()]) {
            for table in tables(&Text::of(&text)) {
                for row in std::iter::once(&table.header).chain(&table.rows) {
                    prop_assert_eq!(row.cells.len(), table.header.cells.len());
                    for cell in &row.cells {
                        prop_assert_eq!(text.get(cell.span.clone()), Some(cell.raw));
                    }
                }
            }
        }

        #[test]
        fn a_written_cell_says_what_was_written_and_no_other_changes(
            text in document(),
            value in "[ -~äß|\\\\]{0,12}",
            which in any::<prop::sample::Index>(),
        ) {
            let found = tables(&Text::of(&text));
            let rows = || found.iter().flat_map(|table| &table.rows);
            let all: Vec<&Cell<'_>> = rows().flat_map(|row| &row.cells).collect();
            prop_assume!(!all.is_empty());
            let number = which.index(all.len());
            let cell = all[number];
            let written = with_cells(&text, &[(cell, &value)]).unwrap();
            prop_assert!(written.starts_with(&text[..cell.span.start]));
            prop_assert!(written.ends_with(&text[cell.span.end..]));
            let again = Text::of(&written);
            let again = tables(&again);
            let rows = || again.iter().flat_map(|table| &table.rows);
            let texts: Vec<String> = rows().flat_map(|row| &row.cells).map(Cell::text).collect();
            let mut expected: Vec<String> = all.iter().map(|cell| cell.text()).collect();
            expected[number] = value.trim().to_owned();
            prop_assert_eq!(texts, expected);
        }
    }
}
