//! `qms` governs controlled documents where people and AI agents work side by side.
//!
//! Read from the top: each layer uses those above it and none below.
//!
//! * [`domain`]: the rules, pure: names, policy, decision, identity, audit log.
//! * [`picture`]: life cycles as pictures. [`embedded`]: what comes with the program.
//! * [`store`]: what is kept. [`disk`]: the files around it.
//! * [`session`]: the only place that verifies, decides, seals and commits.
//! * [`scenario`]: stories that test a policy, played by the session in a store in memory.
//! * [`commands`]: one file per command.
//! * [`cli`]: the command-line face.

#![cfg_attr(test, allow(clippy::panic, reason = "a test that cannot go on says why and stops"))]

pub mod cli;
pub mod commands;
pub mod disk;
pub mod domain;
pub mod embedded;
pub mod picture;
pub mod scenario;
pub mod session;
pub mod store;
