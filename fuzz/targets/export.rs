//! Exports: one that was written by the program verifies, and nothing else does.

#![no_main]

use std::{env, fs, process};

use libfuzzer_sys::fuzz_target;
use qms::commands::{CommandError, exported};

/// The export of a project that was just made: `qms audit export -o jsonl`, written again when its format changes.
const SOUND: &[u8] = include_bytes!("../seeds/export/sound");

fuzz_target!(|input: &[u8]| {
    let file = env::temp_dir().join(format!("qms-fuzz-{}", process::id()));
    fs::write(&file, input).expect("a file can be written");
    match exported::run(&file, None) {
        Ok(_) => assert_eq!(input, SOUND),
        Err(CommandError::ExportFailed(_)) => assert_ne!(input, SOUND),
        Err(other) => panic!("{other}"),
    }
});
