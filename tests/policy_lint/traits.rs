//! Traits and notes: a gate that is misspelt is a fault, and never a gate that is silently gone.

use super::Case;

pub(super) const CASES: &[Case] = &[
    Case(
        "unknown_name",
        &[("policy.yaml", "        role: reviewer", "        role: reviewr")],
        "reviewr",
        "unknown role `reviewr`, did you mean `reviewer`?",
    ),
    Case(
        "unknown_name",
        &[(
            "policy.yaml",
            "phases: [review, pre_review, post_review]",
            "phases: [reviw, pre_review, post_review]",
        )],
        "reviw",
        "unknown phase `reviw`, did you mean `review`?",
    ),
    Case(
        "unknown_name",
        &[(
            "executable.yaml",
            "template: TEMPLATE-CR,  required: [title]",
            "template: TEMPLATE-CR, default_traits: [needs-security-reveiw], required: [title]",
        )],
        "needs-security-reveiw",
        "unknown trait of `CR` `needs-security-reveiw`, did you mean `needs-security-review`?",
    ),
    Case(
        "duplicate_name",
        &[("policy.yaml", "key: notice,", "key: security-context,")],
        "security-context, role: initiator, required: true",
        "a note `security-context` stands at policy.yaml:74:14 already",
    ),
    Case(
        "idle_note",
        &[("policy.yaml", "phases: [completed]", "phases: [in_force]")],
        "help: People outside",
        "no transition waits for the note `notice` of `needs-notice`",
    ),
    Case(
        "trait_without_notes",
        &[(
            "policy.yaml",
            "    help: It has to be seen which agent wrote what\n    notes:\n",
            "    help: It has to be seen which agent wrote what\n    notes: []\n  needs-nothing:\n    help: Nothing\n    notes:\n",
        )],
        "help: It has",
        "the trait `needs-agent-attribution` demands nothing",
    ),
    Case(
        "note_nobody_can_write",
        &[
            // The fault is the trait's, wherever it comes from.
            ("policy.yaml", "min_length: 80", "min_length: 81"),
            (
                "executable.yaml",
                "to: same, by: [initiator, quality, reviewer], meaning: authored, guards: [note_is_due]",
                "to: same, by: [initiator, quality], meaning: authored, guards: [note_is_due]",
            ),
        ],
        "help: The change touches",
        "`executable` waits for the note `security-assessment`, which no reviewer can write in it then",
    ),
    Case(
        "tool_note_demands",
        &[("policy.yaml", "role: tool, required: true", "role: tool, required: true, contains: [claude]")],
        "agent-attribution, role",
        "`agent-attribution` is written by the program, which nothing is demanded of",
    ),
    Case(
        "blank_text",
        &[("policy.yaml", "min_length: 80", "min_length: 80\n        contains: [\"\"]")],
        "security-assessment",
        "`contains` of `security-assessment` has a blank text, which every note says",
    ),
    Case(
        "unreadable",
        &[("policy.yaml", "        required: true\n        phases: [review", "        phases: [review")],
        "guidance: Name",
        "missing field `required`",
    ),
    Case(
        "unreadable",
        &[(
            "policy.yaml",
            "        required: true\n        phases: [review",
            "        requird: true\n        phases: [review",
        )],
        "requird",
        "unknown field `requird`, did you mean `required`?",
    ),
    Case(
        "command_words",
        &[("actions.yaml", "command: note set", "command: note_set")],
        "command: note_set",
        "`note_set` is no command: it takes two lower-case words",
    ),
];
