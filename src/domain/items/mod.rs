//! Execution items: the numbered rows of a plan, each with a task, what is expected, and what came of it.
//!
//! They stand in one table of the document, as in section 8 of a change record. The plan is written by its
//! authors and approved; what came of it is written by the program alone, row by row.

mod departure;
mod entry;
mod outside;
mod rows;
#[cfg(test)]
mod tests;

pub use self::departure::{Departure, departures, handwritten};
pub use self::entry::{Correction, Entry, cell_text, recorded};
pub use self::rows::{Column, Item, ItemOutcome, Items, Unreadable};
