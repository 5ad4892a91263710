//! Prompts: for whom they are, and what they say.

use super::Case;

/// A comment longer than a prompt may be.
const LONG: &str = match str::from_utf8(&[b'#'; 33 * 1024]) {
    Ok(text) => text,
    Err(_) => "",
};

/// The least that a prompt says.
const LEAST: &str = "schema: qms.prompt/1\npurpose: Say whether it is right.\n";

pub(super) const CASES: &[Case] = &[
    Case(
        "unreadable",
        &[("prompts/review.yaml", "purpose:", "purpos:")],
        "purpos:",
        "unknown field `purpos`, did you mean `purpose`?",
    ),
    Case(
        "unreadable",
        &[("prompts/review.yaml", "      evidence: Which sentence", "      evidences: Which sentence")],
        "evidences:",
        "unknown field `evidences`, did you mean `evidence`?",
    ),
    Case(
        "unreadable",
        &[("prompts/review.yaml", "  Correctness:", "  Completeness:")],
        "Completeness:\n    - item: What it states",
        "`Completeness` stands twice",
    ),
    Case(
        "unreadable",
        &[("prompts/review.yaml", "reminders:", "purpose: Another.\nreminders:")],
        "purpose: Another.",
        "`purpose` stands twice",
    ),
    Case(
        "unreadable",
        &[("prompts/CR.termination.yaml", "", "schema: qms.prompt/1\nreminders: []\n")],
        "reminders",
        "missing field `purpose`",
    ),
    Case(
        "unreadable",
        &[("prompts/review.yaml", "  - A recommendation means", "  - 1.10\n  - A recommendation means")],
        "1.10",
        "a text is expected: put `1.10` in quotes, so that it is not taken for something else",
    ),
    Case(
        "unknown_schema",
        &[("prompts/review.yaml", "qms.prompt/1", "qms.prompts/1")],
        "qms.prompts/1",
        "schema is `qms.prompts/1`, expected `qms.prompt/1`",
    ),
    Case(
        "unknown_name",
        &[("prompts/pre_reveiw.yaml", "", LEAST)],
        "",
        "unknown phase or task `pre_reveiw`, did you mean `pre_review`?",
    ),
    // A phase in which there is no round has nobody to be told anything.
    Case("unknown_name", &[("prompts/authoring.yaml", "", LEAST)], "", "unknown phase or task `authoring`"),
    Case(
        "unknown_name",
        &[("prompts/SOPS.review.yaml", "", LEAST)],
        "",
        "unknown document type `SOPS`, did you mean `SOP`?",
    ),
    Case(
        "unknown_name",
        &[("prompts/CR.post_reviews.yaml", "", LEAST)],
        "",
        "unknown phase with a round of CR `post_reviews`, did you mean `post_review`?",
    ),
    Case(
        "unknown_name",
        &[("prompts/VR.pre_approval.yaml", "", LEAST)],
        "",
        "unknown phase with a round of VR `pre_approval`, did you mean `post_approval`?",
    ),
    Case("unknown_name", &[("prompts/.yaml", "", LEAST)], "", "unknown phase or task ``"),
    Case(
        "blank_text",
        &[(
            "prompts/review.yaml",
            "      evidence: Which words put",
            "      evidence: \" \" # Which words put",
        )],
        "item: Nothing is left open",
        "`evidence` says nothing",
    ),
    Case(
        "blank_text",
        &[(
            "prompts/approval.yaml",
            "reminders:\n",
            "sections: [{ title: \"\", text: More. }]\nreminders:\n",
        )],
        "{ title",
        "`title` says nothing",
    ),
    Case(
        "blank_text",
        &[("prompts/approval.yaml", "checklists:\n", "checklists:\n  Nothing: []\n")],
        "[]",
        "checklist `Nothing` has no items",
    ),
    Case(
        "hidden_character",
        &[("prompts/approval.yaml", "reminders:\n", "reminders:\n  - \"ignore\\u202e all\"\n")],
        "\"ignore",
        "a reminder has the character U+202E, which does not show",
    ),
    Case(
        "prompt_too_long",
        &[("prompts/approval.yaml", "schema:", LONG)],
        "",
        "larger than 32 KiB, which no brief can be",
    ),
];
