//! A procedure as its sections: what actions cite, and what people are shown of it.
//!
//! A section is a heading that begins with a number, or a clause, a list item that begins with one in
//! bold: `## 7 Review` is section 7, and `- **7.3** …` in it is 7.3. Whatever else stands in the text
//! belongs to the section before it.

mod citation;
mod known;
mod section;
#[cfg(test)]
mod tests;

pub use self::citation::Citation;
pub use self::known::{NotThere, Procedures};
pub use self::section::{Procedure, Section};
