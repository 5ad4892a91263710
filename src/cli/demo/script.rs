//! What is played.

/// A step of the play.
pub(super) enum Step {
    /// What happens next, in a line.
    Say(&'static str),
    /// A command line, and the status that it ends with.
    Run(&'static [&'static str], u8),
    /// A command line with the token of somebody, and the status that it ends with.
    RunAs(&'static str, &'static [&'static str], u8),
    /// Somebody edits a working copy: user, document, what is replaced by what.
    Edit(&'static str, &'static str, &'static [(&'static str, &'static str)]),
    /// A file of the project is changed: its name, what is replaced by what.
    Write(&'static str, &'static [(&'static str, &'static str)]),
}

use Step::{Edit, Run, RunAs, Say, Write};

const SHORT: &[Step] = &[
    Say("Whoever acts has a token of its own."),
    Run(&["--user", "lead", "token", "issue", "claude", "--out", "../claude.token"], 0),
    Run(&["--user", "lead", "token", "issue", "qa", "--out", "../qa.token", "--ttl", "8h"], 0),
    Run(&["--user", "lead", "token", "issue", "tu", "--out", "../tu.token", "--action", "review"], 0),
    Say("An agent plans a change."),
    Run(&["--user", "claude", "create", "CR", "--title", "Give reviewers five working days"], 0),
    Edit("claude", "CR-001", DRAFTED),
    Run(&["--user", "claude", "route", "CR-001", "--review", "--assignees", "tu,lead"], 0),
    Say("Nobody reviews their own work, and nobody does it under another name."),
    Run(&["--user", "claude", "review", "CR-001", "--recommend", "--comment", "Looks good to me"], 7),
    RunAs("claude", &["--user", "qa", "review", "CR-001", "--recommend", "--comment", "Looks good to me"], 8),
    Run(
        &["--user", "tu", "review", "CR-001", "--recommend", "--comment", "The affected section is named"],
        0,
    ),
    Run(&["--user", "lead", "review", "CR-001", "--recommend", "--comment", "Wanted by the team"], 0),
    Run(&["--user", "qa", "inbox"], 0),
    Run(
        &["--user", "qa", "review", "CR-001", "--recommend", "--comment", "Scope and impact are complete"],
        0,
    ),
    Run(&["--user", "claude", "route", "CR-001", "--approval"], 0),
    Run(&["--user", "qa", "approve", "CR-001"], 0),
    Run(&["--user", "claude", "release", "CR-001"], 0),
    Say("The change is carried out: the procedure is revised."),
    Run(&["--user", "claude", "checkout", "SOP-001"], 0),
    Edit(
        "claude",
        "SOP-001",
        &[
            (
                "revision_summary: Initial issue",
                "revision_summary: Reviewers have five working days (CR-001)",
            ),
            ("\n## 8 ", "\nReviewers answer within five working days.\n\n## 8 "),
        ],
    ),
    Run(&["--user", "claude", "checkin", "SOP-001"], 0),
    Run(&["--user", "qa", "diff", "SOP-001"], 0),
    Run(&["--user", "claude", "route", "SOP-001", "--review"], 0),
    Run(&["--user", "qa", "review", "SOP-001", "--recommend", "--comment", "As planned in CR-001"], 0),
    Run(&["--user", "qa", "route", "SOP-001", "--approval"], 0),
    Run(&["--user", "qa", "approve", "SOP-001"], 0),
    Say("What came of it is recorded item by item, when it is done; an item that is left out is missed."),
    Run(&passed("CR-001", "EI-1"), 0),
    Run(&passed("CR-001", "EI-2"), 0),
    Run(&["--user", "claude", "route", "CR-001", "--review"], 4),
    Run(&passed("CR-001", "EI-3"), 0),
    Say("The record of the change is completed, reviewed again and closed."),
    Run(&["--user", "claude", "checkout", "CR-001"], 0),
    Edit("claude", "CR-001", DONE),
    Run(&["--user", "claude", "route", "CR-001", "--review"], 0),
    Run(&["--user", "qa", "review", "CR-001", "--recommend", "--comment", "SOP-001 is in force as 2.0"], 0),
    Run(&["--user", "claude", "route", "CR-001", "--approval"], 0),
    Run(&["--user", "qa", "approve", "CR-001"], 0),
    Run(&["--user", "claude", "close", "CR-001"], 0),
    Say("Anyone can check that nothing was changed behind the record."),
    Run(&["--user", "lead", "history", "CR-001"], 0),
    Run(&["--user", "lead", "audit", "verify", "--contents"], 0),
    Run(&["--user", "lead", "doctor"], 0),
];

/// Words of the working copy of a change before anybody wrote in it.
const DRAFTED: &[(&str, &str)] = &[("{{", ""), ("}}", "")];

/// What is left for the work itself, filled in.
const DONE: &[(&str, &str)] = &[("[", ""), ("]", "")];

const FULL: &[Step] = &[
    Say("The team asks for more than the program does: a change is closed only when it is in use."),
    Write(
        "workflows/policy.yaml",
        &[(
            "\nusers:\n",
            "\nevidence:\n  deployed: { help: It is in use, command: [/bin/sh, -c, \"test -e ../deployed\"] }\n\nusers:\n",
        )],
    ),
    Write(
        "workflows/executable.yaml",
        &[(
            "to: CLOSED, by: [initiator], meaning: executed, guards: [owner,",
            "to: CLOSED, by: [initiator], meaning: executed, guards: [owner, { evidence: [deployed] },",
        )],
    ),
    Run(&["--user", "lead", "workflow", "adopt"], 0),
    Run(&["--user", "lead", "token", "issue", "claude", "--out", "../claude.token"], 0),
    Run(&["--user", "lead", "token", "issue", "qa", "--out", "../qa.token"], 0),
    Run(&["--user", "lead", "token", "issue", "tu", "--out", "../tu.token"], 0),
    Say("A change is planned. It cannot be closed before its specification is in force."),
    Run(&["--user", "claude", "namespace", "add", "PUMP"], 0),
    Run(
        &["--user", "claude", "create", "RS", "--namespace", "PUMP", "--title", "What the pump has to do"],
        0,
    ),
    Run(
        &[
            "--user",
            "claude",
            "create",
            "CR",
            "--title",
            "A larger pump",
            "--trait",
            "needs-agent-attribution",
        ],
        0,
    ),
    Edit("claude", "CR-001", DRAFTED),
    Edit("claude", "CR-001", &[("\ntitle: ", "\nrequires: SDLC-PUMP-RS is EFFECTIVE\ntitle: ")]),
    Run(&["--user", "claude", "route", "CR-001", "--review", "--assignees", "tu"], 0),
    Say("Two review it, and neither sees what the other says before both have answered."),
    Run(&["--user", "tu", "brief", "CR-001"], 0),
    Run(
        &[
            "--user",
            "tu",
            "review",
            "CR-001",
            "--recommend",
            "--comment",
            "The way back is described and was tried",
        ],
        0,
    ),
    Run(&["--user", "qa", "status", "CR-001"], 0),
    Run(&["--user", "qa", "comments", "CR-001"], 0),
    Run(
        &["--user", "qa", "review", "CR-001", "--recommend", "--comment", "Every affected document is named"],
        0,
    ),
    Run(&["--user", "qa", "comments", "CR-001"], 0),
    Run(&["--user", "claude", "route", "CR-001", "--approval"], 0),
    Run(&["--user", "qa", "approve", "CR-001"], 0),
    Run(&["--user", "claude", "release", "CR-001"], 0),
    Say("What was approved is carried out and recorded when it is done. The second item fails."),
    Run(&passed("CR-001", "EI-1"), 0),
    Run(
        &[
            "--user",
            "claude",
            "item",
            "record",
            "CR-001",
            "EI-2",
            "--outcome",
            "fail",
            "--actual",
            "The seal leaks",
            "--evidence",
            "the log of the day",
        ],
        0,
    ),
    Run(&passed("CR-001", "EI-3"), 0),
    Run(&passed("CR-001", "EI-3"), 4),
    Run(&["--user", "claude", "item", "list", "CR-001"], 0),
    Run(&["--user", "claude", "route", "CR-001", "--review"], 4),
    Say("A failed item needs a variance that names it, and the change waits for it."),
    Run(
        &[
            "--user",
            "claude",
            "create",
            "VAR",
            "--parent",
            "CR-001",
            "--item",
            "EI-2",
            "--title",
            "The seal leaks",
        ],
        0,
    ),
    Edit("claude", "CR-001-VAR-001", DRAFTED),
    Run(&["--user", "claude", "route", "CR-001", "--review"], 4),
    Run(&["--user", "claude", "route", "CR-001-VAR-001", "--review"], 0),
    Run(
        &[
            "--user",
            "qa",
            "review",
            "CR-001-VAR-001",
            "--recommend",
            "--comment",
            "A new seal is the right answer",
        ],
        0,
    ),
    Run(&["--user", "claude", "route", "CR-001-VAR-001", "--approval"], 0),
    Run(&["--user", "qa", "approve", "CR-001-VAR-001"], 0),
    Run(&["--user", "claude", "release", "CR-001-VAR-001"], 0),
    Run(&passed("CR-001-VAR-001", "EI-1"), 0),
    Run(&passed("CR-001-VAR-001", "EI-2"), 0),
    Run(&["--user", "claude", "checkout", "CR-001-VAR-001"], 0),
    Edit("claude", "CR-001-VAR-001", DONE),
    Run(&["--user", "claude", "route", "CR-001-VAR-001", "--review"], 0),
    Run(&["--user", "qa", "review", "CR-001-VAR-001", "--recommend", "--comment", "It is dry"], 0),
    Run(&["--user", "claude", "route", "CR-001-VAR-001", "--approval"], 0),
    Run(&["--user", "qa", "approve", "CR-001-VAR-001"], 0),
    Run(&["--user", "claude", "evidence", "run", "CR-001-VAR-001", "deployed"], 1),
    Write("../deployed", &[]),
    Run(&["--user", "claude", "evidence", "run", "CR-001-VAR-001", "deployed"], 0),
    Run(&["--user", "claude", "close", "CR-001-VAR-001"], 0),
    Say("The record of the change is completed and reviewed again."),
    Run(&["--user", "claude", "checkout", "CR-001"], 0),
    Edit("claude", "CR-001", DONE),
    Run(&["--user", "claude", "route", "CR-001", "--review"], 0),
    Run(
        &["--user", "qa", "review", "CR-001", "--recommend", "--comment", "Done as planned but for the seal"],
        0,
    ),
    Run(&["--user", "claude", "route", "CR-001", "--approval"], 0),
    Run(&["--user", "qa", "approve", "CR-001"], 0),
    Say("What still stands in the way is shown, and met."),
    Run(&["--user", "claude", "close", "CR-001"], 4),
    Run(&["--user", "claude", "why", "CR-001"], 0),
    Edit("claude", "SDLC-PUMP-RS", DRAFTED),
    Run(&["--user", "claude", "route", "SDLC-PUMP-RS", "--review"], 0),
    Run(
        &["--user", "qa", "review", "SDLC-PUMP-RS", "--recommend", "--comment", "Each need can be tested"],
        0,
    ),
    Run(&["--user", "claude", "route", "SDLC-PUMP-RS", "--approval"], 0),
    Run(&["--user", "qa", "approve", "SDLC-PUMP-RS"], 0),
    Run(&["--user", "claude", "evidence", "run", "CR-001", "deployed"], 0),
    Run(&["--user", "claude", "close", "CR-001"], 0),
    Say("Anyone can check what was done, by whom, and that nothing was changed behind the record."),
    Run(&["--user", "lead", "note", "show", "CR-001", "agent-attribution"], 0),
    Run(&["--user", "lead", "metrics", "reviews"], 0),
    Run(&["--user", "lead", "history", "CR-001"], 0),
    Run(&["--user", "lead", "audit", "verify", "--contents"], 0),
    Run(&["--user", "lead", "doctor"], 0),
];

/// The command line that records that an item of a document passed.
const fn passed(id: &'static str, item: &'static str) -> [&'static str; 10] {
    ["--user", "claude", "item", "record", id, item, "--outcome", "pass", "--evidence", "the log of the day"]
}

/// The steps of the short play.
pub(super) fn short() -> &'static [Step] {
    SHORT
}

/// The steps of the long one.
pub(super) fn full() -> &'static [Step] {
    FULL
}
