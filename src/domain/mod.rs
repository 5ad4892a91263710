//! The rules, without a world around them: no file, no clock, no environment, no randomness.

pub mod attestation;
pub mod audit;
pub mod brief;
pub mod clock;
pub mod decide;
pub mod digest;
pub mod document;
pub mod encoding;
pub mod evidence;
pub mod facts;
pub mod front_matter;
pub mod hook;
pub mod id;
pub mod identity;
pub mod items;
pub mod media_type;
pub mod metrics;
pub mod nearest;
pub mod offer;
pub mod order;
pub mod plural;
pub mod policy;
pub mod prerequisite;
pub mod procedure;
pub mod process;
pub mod project;
pub mod redact;
pub mod request;
pub mod size;
pub mod span;
mod steps;
pub mod template;
pub mod text;
pub mod told;
pub mod visible;
#[cfg(test)]
#[expect(dead_code, reason = "the bounds of readers are for the bench")]
mod worst;
pub mod yaml;
