//! Pictures of a life cycle: Mermaid, DOT and SVG, drawn from the policy and from nothing else.
//!
//! A life cycle has more ways than a picture can bear: `executable` has 14 states and more than
//! 60 ways between and around them. So `diagram` says less, and the same in all three forms:
//!
//! * all ways between two states are one arrow, with one label;
//! * what leaves the state as it is stands in its box, not in a loop; what is possible in every
//!   state that is not final stands in a note;
//! * an action that leads from many states to one is drawn once, from a box that lists them;
//! * a way back to where a round was opened from is dashed.

mod diagram;
mod dot;
mod layers;
mod mermaid;
mod place;
mod routes;
mod straight;
mod svg;

pub use self::dot::dot;
pub use self::mermaid::mermaid;
pub use self::svg::svg;

#[cfg(test)]
mod tests;
