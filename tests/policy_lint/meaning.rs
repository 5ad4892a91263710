//! What is well-formed and still wrong.

use super::Case;

pub(super) const CASES: &[Case] = &[
    Case(
        "required_field",
        &[(
            "controlled.yaml",
            "TEMPLATE-SOP, required: [title, revision_summary]",
            "TEMPLATE-SOP, required: [title, revision_summary, status]",
        )],
        "{ title: Standard",
        "`status` is nothing that the author of a `SOP` can write: it cannot be required",
    ),
    Case(
        "reserved_verb",
        &[("actions.yaml", "  checkin:\n", "  checkin:\n    command: workflow adopt\n")],
        "command: workflow adopt\n    label: Check in",
        "`workflow adopt` is a command of the program",
    ),
    Case(
        "reserved_verb",
        &[("actions.yaml", "  checkin:\n", "  checkin:\n    command: audit verify\n")],
        "command: audit verify\n    label: Check in",
        "`audit verify` is a command of the program",
    ),
    Case(
        "reserved_verb",
        &[("actions.yaml", "  checkin:\n", "  checkin:\n    command: status me\n")],
        "command: status me\n    label: Check in",
        "`status me` is a command of the program",
    ),
    Case(
        "reserved_verb",
        &[("actions.yaml", "  checkin:\n", "  checkin:\n    command: note set\n")],
        "command: note set\n    label: Write",
        "another verb is called `note` already",
    ),
    Case(
        "reserved_verb",
        &[("actions.yaml", "  checkin:\n", "  checkin:\n    command: route now\n")],
        "command: route now\n    label: Check in",
        "another verb is called `route` already",
    ),
    Case(
        "input_kind",
        &[(
            "actions.yaml",
            "      trait: { takes: line, positional",
            "      more: { takes: line, positional: true, help: More }\n      trait: { takes: line, positional",
        )],
        "command: trait add",
        "an input without a flag that is required comes behind one that is not",
    ),
    Case(
        "input_kind",
        &[("actions.yaml", "comment: { takes: text, help: Remark", "comment: { one_of: {}, help: Remark")],
        "{ one_of: {}",
        "`comment` needs one value at least",
    ),
    Case(
        "reserved_verb",
        &[
            ("actions.yaml", "  release:", "  status:"),
            ("executable.yaml", "action: release", "action: status"),
        ],
        "label: Release for execution",
        "`status` is a command of the program",
    ),
    Case(
        "missing_verb",
        &[(
            "actions.yaml",
            "  credential_revoke:\n    command: token revoke\n    label: Take a credential back\n    help: Take a token, a code or a key back\n    sop: SOP-001#3\n    scope: project\n    inputs:\n      reason: { takes: text, required: gxp, help: Why it is taken back }\n",
            "",
        )],
        "",
        "the program asks for a verb `credential_revoke` with `scope: project`",
    ),
    Case(
        "idle_rule",
        &[(
            "policy.yaml",
            "  - { action: clock_set",
            "  - { action: credential_revoke, by: [quality] }\n  - { action: clock_set",
        )],
        "{ action: credential_revoke, by: [quality] }",
        "nothing asks for a rule for `credential_revoke`: holders may, and those who may add users",
    ),
    Case(
        "two_flags",
        &[("actions.yaml", "      title:     { takes: line", "      root:      { takes: line")],
        "label: Create a document",
        "`create` has the flag `--root` already",
    ),
    Case(
        "unused_verb",
        &[(
            "actions.yaml",
            "  release:",
            "  bless:\n    { label: Bless, help: Bless it, sop: SOP-001#5 }\n  release:",
        )],
        "{ label: Bless",
        "no transition has the action `bless`",
    ),
    Case(
        "missing_sop",
        &[("actions.yaml", "checked in\"\n    sop: SOP-001#5", "checked in\"\n    sop: SOP-001")],
        "SOP-001\n  checkout",
        "`checkin` needs the section that governs it, as in `sop: SOP-001#6`",
    ),
    Case(
        "missing_sop",
        &[("actions.yaml", "checked in\"\n    sop: SOP-001#5", "checked in\"\n    sop: the manual")],
        "the manual",
        "`checkin` needs the section that governs it, as in `sop: SOP-001#6`",
    ),
    Case(
        "missing_sop",
        &[("actions.yaml", "checked in\"\n    sop: SOP-001#5", "checked in\"")],
        "label: Check in your changes",
        "`checkin` needs the section that governs it, as in `sop: SOP-001#6`",
    ),
    Case(
        "missing_sop",
        &[("record.yaml", "workflow: record\nsop: SOP-004", "workflow: record")],
        "record\ndocument_types",
        "`record` names no procedure",
    ),
    Case(
        "two_rules",
        &[("policy.yaml", "project:\n", "project:\n  - { action: user_move, by: [administrator] }\n")],
        "{ action: user_move,     by",
        "a second rule for `user_move`",
    ),
    Case(
        "missing_rule",
        &[("policy.yaml", "  - { action: namespace_add, by: [administrator, initiator] }\n", "")],
        "",
        "nobody may `namespace_add`: add a rule under `project`",
    ),
    Case(
        "initial_state",
        &[(
            "controlled.yaml",
            "REVIEWED:      { phase: review }",
            "REVIEWED:      { phase: review, initial: true }",
        )],
        "controlled\nsop",
        "`controlled` needs exactly one initial state, it has 2",
    ),
    Case(
        "initial_state",
        &[("controlled.yaml", "action: create, to: DRAFT", "action: create, to: REVIEWED")],
        "{ action: create",
        "a document is created into the initial state",
    ),
    Case(
        "unreachable_state",
        &[
            ("record.yaml", "states:\n", "states:\n  LOST: { phase: lost }\n"),
            (
                "record.yaml",
                "transitions:\n",
                "transitions:\n  - { action: revert, from: LOST, to: IN_EXECUTION, by: [initiator], meaning: executed }\n",
            ),
        ],
        "{ phase: lost }",
        "no transition leads to `LOST`",
    ),
    Case(
        "dead_end",
        &[(
            "controlled.yaml",
            "CANCELLED:     { phase: ended, final: true }",
            "CANCELLED:     { phase: ended }",
        )],
        "{ phase: ended }",
        "nobody can leave `CANCELLED`, and it is not final",
    ),
    Case(
        "final_state_left",
        &[("record.yaml", "{ phase: completed }", "{ phase: completed, final: true }")],
        "{ phase: completed, final: true }",
        "`POST_APPROVED` is final, and a transition starts there",
    ),
    Case(
        "two_edges",
        &[(
            "record.yaml",
            "transitions:\n",
            "transitions:\n  - { action: revert, from: POST_REVIEWED, to: IN_EXECUTION, by: [initiator], meaning: executed }\n",
        )],
        "{ action: revert,   from",
        "a second `revert` from POST_REVIEWED; the first stands at record.yaml:16:5",
    ),
    Case(
        "nobody",
        &[(
            "executable.yaml",
            "to: IN_EXECUTION, by: [initiator], meaning: executed",
            "to: IN_EXECUTION, by: [], meaning: executed",
        )],
        "{ action: release",
        "nobody may `release` here: `by` is empty",
    ),
    Case(
        "completion_without_quorum",
        &[(
            "executable.yaml",
            "to: TERMINATED, by: [quality], meaning: administered, quorum: all,",
            "to: TERMINATED, by: [quality], meaning: administered,",
        )],
        "{ action: unassign, from: IN_TERMINATION",
        "`completion` needs `quorum: all`",
    ),
    Case(
        "no_round",
        &[(
            "controlled.yaml",
            "by: [quality], meaning: administered, guards: [not_checked_out, assignees_eligible] }",
            "by: [quality], meaning: administered, guards: [assignees_eligible], effects: [add_seats] }",
        )],
        "{ action: assign,   from: REVIEWED",
        "`assign` needs a round, and `REVIEWED` has none",
    ),
    Case(
        "meaning_missing",
        &[(
            "record.yaml",
            "by: [initiator], meaning: executed, guards: [owner] }",
            "by: [initiator], guards: [owner] }",
        )],
        "{ action: revert",
        "`revert` does not say what the signature of a person means here: add `meaning:` with one of authored, \
         reviewed, approved, rejected, executed, witnessed, administered",
    ),
    Case(
        "meaning_of_verdict",
        &[("record.yaml", "meaning: rejected, verdict", "meaning: approved, verdict")],
        "{ action: reject",
        "`reject` gives a verdict that means `rejected`, not `approved`",
    ),
    Case(
        "meaning_of_verdict",
        &[("record.yaml", "meaning: executed, guards: [owner] }", "meaning: approved, guards: [owner] }")],
        "{ action: revert",
        "`revert` gives no verdict, and `approved` is one",
    ),
    Case(
        "wrong_round",
        &[("record.yaml", "meaning: reviewed, verdict: review", "meaning: approved, verdict: approve")],
        "{ action: review",
        "`review` does not answer the round of `IN_POST_REVIEW`",
    ),
    Case(
        "review_without_outcome",
        &[("record.yaml", "action: review, ", "action: approve,")],
        "{ action: approve,",
        "`approve` is a review: it needs a required input `outcome` of `recommend` and `request_updates`",
    ),
    Case(
        "slot_nobody_can_fill",
        &[("record.yaml", "round: review, slot: quality", "round: review, slot: initiator")],
        "{ phase: post_review, round",
        "the slot of `IN_POST_REVIEW` is for `initiator`, who cannot give its verdict",
    ),
    Case(
        "verdict_without_quorum",
        &[("record.yaml", "verdict: review, quorum: all", "verdict: review")],
        "{ action: review",
        "`review` ends the round at the first answer: add `quorum: all`",
    ),
    Case(
        "author_could_approve",
        &[(
            "controlled.yaml",
            "to: REVIEWED,  by: [quality], meaning: administered, quorum: all, guards: [assignees_seated, slot_stays_filled], effects: [remove_seats] }",
            "to: EFFECTIVE, by: [quality], meaning: administered, quorum: all, guards: [assignees_seated, slot_stays_filled], effects: [remove_seats], completion: [raise_version, put_in_force] }",
        )],
        "{ action: unassign, from: IN_REVIEW",
        "`unassign` approves without a round: an author could approve",
    ),
    Case(
        "author_could_approve",
        &[(
            "controlled.yaml",
            "guards: [assignees_seated, slot_stays_filled], effects: [remove_seats], completion: [raise_version, put_in_force, clear_owner] }",
            "guards: [assignees_seated], effects: [remove_seats], completion: [raise_version, put_in_force, clear_owner] }",
        )],
        "{ action: unassign, from: IN_APPROVAL",
        "`unassign` approves without a round: an author could approve",
    ),
    Case(
        "author_could_approve",
        &[(
            "controlled.yaml",
            "action: create, to: DRAFT, by: [initiator], meaning: authored, effects: [check_out]",
            "action: create, to: DRAFT, by: [initiator], meaning: authored, guards: [template_in_force], effects: [check_out, raise_version, put_in_force]",
        )],
        "{ action: create",
        "`create` approves without a round: an author could approve",
    ),
    Case(
        "author_could_approve",
        &[(
            "executable.yaml",
            "to: IN_EXECUTION, by: [initiator], meaning: executed, guards: [owner, { parent_in: [IN_EXECUTION, CLOSED] }]",
            "to: IN_EXECUTION, by: [initiator], meaning: executed, effects: [raise_version]",
        )],
        "{ action: release",
        "`release` approves without a round: an author could approve",
    ),
    Case(
        "parent_in_no_state",
        &[(
            "executable.yaml",
            "parent_in: [IN_EXECUTION, CLOSED]",
            "parent_in: [IN_EXECUTION, CLOSED, ENDED]",
        )],
        "{ action: release",
        "no parent of these types is ever `ENDED`",
    ),
    Case(
        "parent_in_no_state",
        &[(
            "controlled.yaml",
            "guards: [owner, revises_version_in_force]",
            "guards: [owner, revises_version_in_force, { parent_in: [DRAFT] }]",
        )],
        "{ action: discard",
        "no type here has a parent that could be in one of these states",
    ),
    Case(
        "nothing_creates",
        &[(
            "record.yaml",
            "  - { action: create, to: IN_EXECUTION, by: [initiator], meaning: authored, guards: [template_in_force], effects: [raise_version, check_out] }\n",
            "",
        )],
        "{ title: Verification record",
        "nothing creates a `VR`",
    ),
    Case(
        "attachment_without_parent",
        &[("controlled.yaml", "template: TEMPLATE-SOP, ", "template: TEMPLATE-SOP, attachment: true, ")],
        "{ title: Standard operating procedure",
        "`SOP` is an attachment without a parent",
    ),
    Case(
        "attachment_cannot_end",
        &[
            (
                "record.yaml",
                "TERMINATED:       { phase: ended, final: true }",
                "TERMINATED:       { phase: ended }",
            ),
            (
                "record.yaml",
                "transitions:\n",
                "transitions:\n  - { action: revert, from: TERMINATED, to: IN_EXECUTION, by: [initiator], meaning: executed }\n",
            ),
        ],
        "{ title: Verification record",
        "`VR` ends with its parent in `TERMINATED`, which is no final state of `record`",
    ),
];
