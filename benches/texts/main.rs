//! Times every reader of text on a mebibyte of each kind of hard text, against a pass over the same bytes,
//! and prints a table: `just bench`. A word on the command line chooses readers.
//!
//! Time is that of the processor: others use the machine, too.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench measures time and prints what it measured"
)]
#![allow(clippy::cast_precision_loss, reason = "figures of a bench")]

use std::env;
use std::hint::black_box;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use qms::domain::{
    audit, digest, encoding, facts, front_matter, hook, id, identity, items, nearest, policy, prerequisite,
    procedure, redact, template, text, visible, yaml,
};

#[path = "../../src/domain/worst/mod.rs"]
mod worst;

use self::worst::readers::{READERS, Reader};
use self::worst::{FAMILIES, Family};

/// Bytes of a text.
const SIZE: usize = 1 << 20;

/// How long one reading of it may take.
const BOUND: Duration = Duration::from_millis(100);

/// Runs of what seems to take too long: others use the caches, too.
const RUNS: usize = 5;

/// What takes longer than this for its size is not given more: it would never end.
const HOPELESS: Duration = Duration::from_secs(2);

fn main() {
    let chosen = env::args().skip(1).find(|word| !word.starts_with("--"));
    let is_chosen = |name: &str| chosen.as_deref().is_none_or(|word| name.contains(word));
    println!("| reader | hardest of {} families | a pass over it | measured | bound | |", FAMILIES.len());
    println!("|---|---|---|---|---|---|");
    for reader in READERS.iter().filter(|reader| is_chosen(reader.name)) {
        let bound = BOUND * reader.times;
        let times = FAMILIES.iter().map(|family| (time(reader, family), family));
        let mut times: Vec<_> = times.collect();
        times.sort_by_key(|((took, _), _)| std::cmp::Reverse(*took));
        // The hardest one, and all others that take too long.
        let shown = times.iter().enumerate().filter(|(rank, ((took, _), _))| *rank == 0 || *took > bound);
        for (_, ((took, size), family)) in shown {
            let text = family.text(*size);
            let since = now();
            black_box(text.bytes().fold(0_u8, |sum, byte| black_box(sum ^ byte)));
            let (floor, measured) = (ms(now().saturating_sub(since)), ms(*took));
            let (bound, is_met) = (ms(bound), if *took <= bound { "ok" } else { "MISSED" });
            println!("| {} | `{family:?}` | {floor} | {measured} | ≤ {bound} | {is_met} |", reader.name);
        }
    }
}

/// How long a reader takes for a text of [`SIZE`], or the longest that it takes, at its best. Where it would
/// never end, what it would take if the work grew with the size, and the size that it was given.
fn time(reader: &Reader, family: &Family) -> (Duration, usize) {
    let whole = SIZE.min(reader.most);
    let mut size = whole >> 7;
    loop {
        let text = family.text(size);
        let text = text.get(..text.floor_char_boundary(whole)).unwrap_or_default();
        let once = || {
            let since = now();
            (reader.read)(black_box(text));
            now().saturating_sub(since)
        };
        let took = once();
        if took * 16 > HOPELESS || size >= whole {
            let is_slow = took > BOUND * reader.times && size >= whole;
            let again = if is_slow { (1..RUNS).map(|_| once()).min() } else { None };
            let best = again.unwrap_or(took).min(took);
            return (best.mul_f64(whole as f64 / size as f64), size);
        }
        size = (size * 2).min(whole);
    }
}

/// How long the processor has worked for this thread.
fn now() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}

fn ms(duration: Duration) -> String {
    format!("{:.1} ms", duration.as_secs_f64() * 1000.0)
}
