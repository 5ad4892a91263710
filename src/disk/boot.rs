//! When the system started, as it tells itself.

use std::path::Path;

use rustix::time::{ClockId, clock_gettime};

use super::open;
use crate::domain::clock::Boot;
use crate::domain::digest::from_hex;

/// Where Linux names the present start of the system, as a UUID (RFC 9562).
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

/// Returns the present start of the system; `None` where it does not tell.
pub fn boot() -> Option<Boot> {
    let text = open::beginning(Path::new(BOOT_ID), 64).ok()?;
    let id = from_hex(&str::from_utf8(&text).ok()?.trim().replace('-', ""))?.try_into().ok()?;
    // Time that the system slept counts: its clock went on as well.
    let since = clock_gettime(ClockId::Boottime);
    let since = u64::try_from(since.tv_sec).ok()? * 1000 + u64::try_from(since.tv_nsec).ok()? / 1_000_000;
    Some(Boot { id, since })
}
