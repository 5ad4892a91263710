//! The text of a document as rules read it: its lines, its tables.
//!
//! A reader of exactly as much Markdown as templates use, by line, because locks speak about lines and a
//! replaced cell leaves every other byte alone. It fails closed: where a page would show something else
//! than these lines say, that is a fault with its line. Links, emphasis and the like mean nothing here.

mod lines;
mod table;

pub use self::lines::{Fault, Kind, Line, Text};
pub use self::table::{Cell, Row, Table, tables, with_cells};
