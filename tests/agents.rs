//! Agents that agents start, by stand-ins of our own: who they are, what they see, how they end.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on stops"
)]

mod project;

#[path = "agents/answers.rs"]
mod answers;
#[path = "agents/definitions.rs"]
mod definitions;
#[path = "agents/ends.rs"]
mod ends;
#[path = "agents/stand_in.rs"]
mod stand_in;
#[path = "agents/starts.rs"]
mod starts;
#[path = "agents/tokens.rs"]
mod tokens;
