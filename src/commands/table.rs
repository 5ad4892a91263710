//! Plain tables: columns aligned and nothing drawn, so that ordinary tools can cut them.

use std::fmt;

use console::measure_text_width;

/// Between two columns.
const GAP: usize = 2;

/// A table that is being filled. A library that also wraps and draws takes ten times as long, and a
/// list has to be there at once for ten thousand documents.
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Begins a table with `columns`, and `more` of them in the wide form.
    pub fn new(wide: bool, columns: &[&str], more: &[&str]) -> Self {
        let more: &[&str] = if wide { more } else { &[] };
        Self { rows: vec![columns.iter().chain(more).map(|column| (*column).to_owned()).collect()] }
    }

    /// Adds a row; a line end within a cell becomes a space.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let one_line = |cell: String| if cell.contains('\n') { cell.replace('\n', " ") } else { cell };
        self.rows.push(cells.into_iter().map(one_line).collect());
    }
}

/// The columns that a cell takes on a terminal; most cells are plain and need no look at each sign.
fn width_of(cell: &str) -> usize {
    if cell.bytes().all(|byte| matches!(byte, b' '..=b'~')) { cell.len() } else { measure_text_width(cell) }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let mut widths = vec![0; columns];
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(width_of(cell));
            }
        }
        for (number, row) in self.rows.iter().enumerate() {
            if number > 0 {
                f.write_str("\n")?;
            }
            // What follows the last cell that says something would be blank to the end of the line.
            let last = row.iter().rposition(|cell| !cell.is_empty()).unwrap_or(0);
            for (at, (cell, width)) in row.iter().zip(&widths).enumerate().take(last + 1) {
                f.write_str(cell)?;
                if at < last {
                    write!(f, "{:1$}", "", width + GAP - width_of(cell))?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_by_what_is_seen() {
        let mut table = Table::new(true, &["A", "B"], &["C"]);
        table.row(["é".into(), "two\nlines".into(), String::new()]);
        table.row(["日本".into(), String::new(), "x".into()]);
        assert_eq!(table.to_string(), "A     B          C\né     two lines\n日本             x");
    }
}
