//! The text of a document as rules read it: its lines, sections and tables, what is left to fill in, and
//! what may not be touched.
//!
//! A reader of exactly as much Markdown as templates use, by line, because locks speak about lines and a
//! replaced cell leaves every other byte alone. It fails closed: where a page would show something else
//! than these lines say, that is a fault with its line. Emphasis, lists and the like mean nothing here.

mod ahead;
mod apart;
mod beginning;
mod brackets;
mod compare;
mod cut;
mod declared;
mod html;
mod lines;
mod lock;
mod open_words;
mod outline;
mod passage;
mod place;
mod placeholder;
mod rendered;
mod sections;
mod table;

pub use self::compare::unified;
pub use self::cut::cut;
pub use self::declared::{Declaration, Declared};
pub use self::lines::{Fault, Kind, Line, Text};
pub use self::lock::{Edit, Mark, Place, Season, edits, locked};
pub use self::open_words::{ANGLES, BRACKETS, OpenWord, OpenWords};
pub use self::outline::{Outline, Standing};
pub use self::placeholder::{Placeholder, PlaceholderKind, malformed, placeholders};
pub use self::rendered::{blank_entity, shown, words_of};
pub use self::sections::{Section, Sections};
pub use self::table::{Cell, Row, Table, tables, with_cells};
