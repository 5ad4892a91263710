//! Commands whose runs are evidence, the verb that records them, and the gates that ask for them.

use super::Case;

/// A change of `policy.yaml`: these lines come before its users.
macro_rules! more {
    ($lines:literal) => {
        ("policy.yaml", "users:\n", concat!($lines, "users:\n"))
    };
}

/// A command that has no fault.
const DECLARED: super::Edit = more!("evidence:\n  ci-passed: { help: h, command: [/bin/x] }\n");

/// The guards of `release`, as they begin.
const RELEASE: &str = "from: PRE_APPROVED, to: IN_EXECUTION, by: [initiator], meaning: executed, guards: [";

pub(super) const CASES: &[Case] = &[
    Case(
        "program_path",
        &[more!("evidence:\n  ci: { help: h, command: [make, ci] }\n")],
        "{ help: h",
        "the program of `ci` needs an absolute path without placeholders, not `make`",
    ),
    Case(
        "program_directory",
        &[more!("evidence:\n  ci: { help: h, command: [/bin/x], directory: \"build\" }\n")],
        "{ help: h",
        "the directory of `ci` begins with neither `/` nor `{root}`",
    ),
    Case(
        "unknown_name",
        &[more!("evidence:\n  ci: { help: h, command: [/bin/x, \"{brief}\"] }\n")],
        "{ help: h",
        "unknown placeholder `brief`",
    ),
    Case(
        "environment_name",
        &[more!("evidence:\n  ci: { help: h, command: [/bin/x], environment: [QMS_TOKEN] }\n")],
        "{ help: h",
        "`QMS_TOKEN` cannot be passed on: what begins with `QMS_` is for this program",
    ),
    Case(
        "evidence_time",
        &[more!("evidence:\n  ci: { help: h, command: [/bin/x], time: 25h }\n")],
        "{ help: h",
        "`ci` may take from 1s to 24h, not `25h`",
    ),
    Case(
        "evidence_time",
        &[more!("evidence:\n  ci: { help: h, command: [/bin/x], time: soon }\n")],
        "{ help: h",
        "`soon` is not a length of time: a number with s, m, h or d, such as 15m",
    ),
    Case(
        "control_character",
        &[more!("evidence:\n  ci: { help: \"colour\\e[31m\", command: [/bin/x] }\n")],
        "colour\\e",
        "`colour\\u{1b}[31m` has the control character U+001B",
    ),
    Case(
        "evidence_file",
        &[more!("evidence_files: { max: 65MiB }\n")],
        "{ max: 65MiB",
        "files from 1KiB to 64MiB can be kept, not `65MiB`",
    ),
    Case(
        "evidence_file",
        &[more!("evidence_files: { max: 20 MB }\n")],
        "{ max: 20",
        "`20 MB` is not a size: a number with KiB or MiB, such as 64KiB",
    ),
    Case(
        "evidence_output",
        &[more!("evidence:\n  ci: { help: h, command: [/bin/x], output: 2MiB }\n")],
        "{ help: h",
        "of `ci` from 1KiB to 1MiB can be kept, not `2MiB`",
    ),
    Case(
        "evidence_output",
        &[more!("evidence:\n  ci: { help: h, command: [/bin/x], output: \"1\" }\n")],
        "{ help: h",
        "`1` is not a size: a number with KiB or MiB, such as 64KiB",
    ),
    Case(
        "evidence_contains",
        &[more!("evidence:\n  ci: { help: h, command: [/bin/x], contains: \" \" }\n")],
        "{ help: h",
        "what `ci` must write is part of a line, of at most 1024 bytes",
    ),
    Case(
        "unreadable",
        &[more!("evidence:\n  ci: { help: h, command: [/bin/x], timeout: 1m }\n")],
        "timeout",
        "unknown field `timeout`, did you mean `time`?",
    ),
    Case(
        "unreadable",
        &[more!("evidence:\n  ci: { command: [/bin/x] }\n")],
        "command: [/bin/x]",
        "missing field `help`",
    ),
    Case(
        "unreadable",
        &[more!("evidence:\n  ci passed: { help: h, command: [/bin/x] }\n")],
        "ci passed",
        "`ci passed` is not a name of a note or of evidence: expected a letter, then up to 63 letters, digits, `_`, `-`",
    ),
    Case(
        "unreadable",
        &[more!("evidence:\n  ci: { help: h, command: [/bin/x] }\n  ci: { help: h, command: [/bin/y] }\n")],
        "ci: { help: h, command: [/bin/y]",
        "`ci` stands twice",
    ),
    Case(
        "unknown_name",
        &[
            (
                "executable.yaml",
                RELEASE,
                "from: PRE_APPROVED, to: IN_EXECUTION, by: [initiator], meaning: executed, guards: [{ evidence: [ci-pased] }, ",
            ),
            DECLARED,
        ],
        "{ action: release",
        "unknown evidence `ci-pased`, did you mean `ci-passed`?",
    ),
    Case(
        "empty_gate",
        &[(
            "executable.yaml",
            RELEASE,
            "from: PRE_APPROVED, to: IN_EXECUTION, by: [initiator], meaning: executed, guards: [{ evidence: [] }, ",
        )],
        "{ action: release",
        "`evidence` needs at least one name",
    ),
    Case(
        "unreadable",
        &[(
            "executable.yaml",
            RELEASE,
            "from: PRE_APPROVED, to: IN_EXECUTION, by: [initiator], meaning: executed, guards: [evidence, ",
        )],
        "evidence, owner",
        "guard `evidence` needs a parameter, as in `{ evidence: … }`",
    ),
    Case(
        "command_words",
        &[("actions.yaml", "command: evidence run", "command: evidence Run")],
        "command: evidence Run",
        "`evidence Run` is no command: it takes two lower-case words",
    ),
    Case(
        "run_verb",
        &[("actions.yaml", "    command: evidence run\n", "")],
        "label: Run a command for evidence",
        "`evidence_record` is `command: evidence run`, with one input `name`: a required, positional word",
    ),
    Case(
        "run_verb",
        &[(
            "actions.yaml",
            "name: { takes: word, required: true, positional: true, help: \"The",
            "name: { takes: word, required: true, help: \"The",
        )],
        "command: evidence run",
        "`evidence_record` is `command: evidence run`, with one input `name`: a required, positional word",
    ),
    Case(
        "run_effect",
        &[(
            "record.yaml",
            "guards: [{ owner_or: [quality] }], effects: [record_run]",
            "guards: [{ owner_or: [quality] }]",
        )],
        "{ action: evidence_record",
        "the effect `record_run` and the action `evidence_record` belong together",
    ),
    Case(
        "run_effect",
        &[("record.yaml", "effects: [clear_owner]", "effects: [clear_owner, record_run]")],
        "{ action: close",
        "the effect `record_run` and the action `evidence_record` belong together",
    ),
    Case(
        "run_effect",
        &[(
            "controlled.yaml",
            "from: [DRAFT, REVIEWED], to: same, by: [initiator, quality], meaning: executed",
            "from: [DRAFT, REVIEWED], to: DRAFT, by: [initiator, quality], meaning: executed",
        )],
        "{ action: evidence_record",
        "`evidence_record` does nothing else: `to: same`, no verdict, one effect",
    ),
    Case(
        "evidence_nobody_records",
        &[
            (
                "record.yaml",
                "  - { action: evidence_record, from: [IN_EXECUTION, POST_REVIEWED, POST_APPROVED], to: same, by: [initiator, quality], meaning: executed, guards: [{ owner_or: [quality] }], effects: [record_run] }\n",
                "",
            ),
            (
                "record.yaml",
                "guards: [owner, no_open_child, attachments_idle",
                "guards: [{ evidence: [ci-passed] }, owner, no_open_child, attachments_idle",
            ),
            DECLARED,
        ],
        "{ action: close",
        "`close` asks for evidence, and no transition of `record` records any",
    ),
];
