//! `qms` governs controlled documents where people and AI agents work side by side.
//!
//! Read from the top: each layer uses those above it and nothing below.
//!
//! * [`domain`]: the rules, pure.
//! * [`store`]: what is kept.

#![cfg_attr(test, allow(clippy::panic, reason = "a test that cannot go on says why and stops"))]

pub mod domain;
pub mod store;
