//! Reviews that are worth something: what reviewers are told, and what they see of each other.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on stops")]

#[path = "reviews/attempts.rs"]
mod attempts;
#[path = "reviews/blindness.rs"]
mod blindness;
#[path = "reviews/briefs.rs"]
mod briefs;
#[path = "reviews/metrics.rs"]
mod metrics;
mod project;
#[path = "reviews/prompts.rs"]
mod prompts;
#[path = "reviews/readings.rs"]
mod readings;
#[path = "agents/stand_in.rs"]
mod stand_in;
