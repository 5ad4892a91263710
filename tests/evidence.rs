//! Evidence: commands that a policy declares, run and recorded, and the gates that read what was recorded.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on stops")]

mod project;

#[path = "evidence/declared.rs"]
mod declared;
#[path = "evidence/gates.rs"]
mod gates;
#[path = "evidence/meanwhile.rs"]
mod meanwhile;
#[path = "evidence/output.rs"]
mod output;
#[path = "evidence/programs.rs"]
mod programs;
#[path = "evidence/runs.rs"]
mod runs;
#[path = "../src/domain/redact/written.rs"]
mod written;
