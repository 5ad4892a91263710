//! Counts the steps that every reader takes for every hard text, in this program and in the libraries that it
//! uses: twice the text takes at most twice as many, and a little for what sorts.
//!
//! The compiler counts: it puts a call into each branch. So this needs no place in the readers, and no clock.

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};

use qms::domain::{
    audit, digest, encoding, facts, front_matter, hook, id, identity, items, nearest, policy, prerequisite,
    procedure, redact, template, text, visible, yaml,
};

#[path = "../../src/domain/worst/mod.rs"]
#[expect(dead_code, reason = "how often a text is read is for the bench")]
mod worst;

use worst::readers::{READERS, Reader};
use worst::{FAMILIES, Family};

static STEPS: AtomicU64 = AtomicU64::new(0);

/// Called from every branch.
#[unsafe(no_mangle)]
pub extern "C" fn __sanitizer_cov_trace_pc_guard(_guard: *mut u32) {
    STEPS.fetch_add(1, Ordering::Relaxed);
}

/// Called once for each part of the program, before it runs.
#[unsafe(no_mangle)]
pub extern "C" fn __sanitizer_cov_trace_pc_guard_init(_start: *mut u32, _stop: *mut u32) {}

/// Bytes of a text: enough for work that grows with the square to be nearly four times as much.
const SIZE: usize = 16 * 1024;

/// Steps that do not grow with the text.
const SLACK: u64 = 100_000;

#[expect(clippy::disallowed_methods, reason = "no program of ours hands the arguments in")]
fn main() -> ExitCode {
    let chosen = std::env::args().nth(1);
    let mut is_met = true;
    for reader in READERS.iter().filter(|it| chosen.as_deref().is_none_or(|word| it.name.contains(word))) {
        let mut hardest = (0, None);
        for family in FAMILIES {
            let size = SIZE.min(reader.most / 2);
            let (once, twice) = (steps(reader, family, size), steps(reader, family, 2 * size));
            if twice > once / 2 * 5 + SLACK {
                println!("MISSED {}: {once} and {twice} steps with {family:?}", reader.name);
                is_met = false;
            }
            let each = twice / (2 * size as u64);
            if each >= hardest.0 {
                hardest = (each, Some(family));
            }
        }
        println!("{}: {} steps for a byte of {:?}", reader.name, hardest.0, hardest.1);
    }
    if is_met { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn steps(reader: &Reader, family: &Family, size: usize) -> u64 {
    let text = family.text(size);
    // What is made once is made before.
    (reader.read)("");
    let before = STEPS.load(Ordering::Relaxed);
    (reader.read)(&text);
    STEPS.load(Ordering::Relaxed) - before
}
