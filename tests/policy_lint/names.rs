//! Names and forms that are looked up while the files are read.

use super::Case;

pub(super) const CASES: &[Case] = &[
    Case(
        "unknown_schema",
        &[("record.yaml", "qms.workflow/1", "qms.workflow/2")],
        "qms.workflow/2",
        "schema is `qms.workflow/2`, expected `qms.workflow/1`",
    ),
    Case(
        "unknown_name",
        &[("controlled.yaml", "to: DRAFT, by: [initiator], meaning: authored", "to: DRAFT, by: [initiatr]")],
        "{ action: create",
        "unknown group `initiatr`, did you mean `initiator`?",
    ),
    Case(
        "unknown_name",
        &[("executable.yaml", "action: release", "action: relase")],
        "{ action: relase",
        "unknown action `relase`, did you mean `release`?",
    ),
    Case(
        "unknown_name",
        &[("executable.yaml", "from: PRE_APPROVED, to: IN_EXECUTION", "from: PREAPPROVED, to: IN_EXECUTION")],
        "{ action: release",
        "unknown state `PREAPPROVED`, did you mean `PRE_APPROVED`?",
    ),
    Case(
        "unknown_name",
        &[("executable.yaml", "to: IN_EXECUTION, by", "to: orgin, by")],
        "{ action: release",
        "unknown state `orgin`, did you mean `origin`?",
    ),
    Case(
        "unknown_name",
        &[("controlled.yaml", "{ target: retirement }", "{ target: retire }")],
        "{ action: route, when: { target: retire }",
        "unknown value of `target` `retire`, did you mean `retirement`?",
    ),
    Case(
        "unknown_name",
        &[("controlled.yaml", "{ target: retirement }", "{ taget: retirement }")],
        "{ action: route, when: { taget",
        "unknown choice `taget`, did you mean `target`?",
    ),
    Case(
        "unknown_name",
        &[("controlled.yaml", "{ content: unchanged }", "{ content: unchange }")],
        "{ action: checkin, when: { content: unchange }",
        "unknown value of `content` `unchange`, did you mean `unchanged`?",
    ),
    Case(
        "unknown_name",
        &[("controlled.yaml", "renewed: [revision_summary]", "renewed: [revision_sumary]")],
        "{ title: Standard",
        "unknown required field `revision_sumary`, did you mean `revision_summary`?",
    ),
    Case(
        "unknown_name",
        &[("controlled.yaml", "{ reviewed_by: quality }", "{ reviewed_by: qualty }")],
        "{ action: route, when: { target: approval }",
        "unknown group `qualty`, did you mean `quality`?",
    ),
    Case(
        "unknown_name",
        &[("record.yaml", "slot: quality }", "slot: qualty }")],
        "{ phase: post_review",
        "unknown group `qualty`, did you mean `quality`?",
    ),
    Case(
        "unknown_name",
        &[("executable.yaml", "types: [TP]", "types: [TPP]")],
        "{ title: Exception report",
        "unknown document type `TPP`, did you mean `TP`?",
    ),
    Case(
        "unknown_name",
        &[("executable.yaml", "states: [CLOSED]", "states: [CLOSE]")],
        "{ title: Addendum",
        "unknown state `CLOSE`, did you mean `CLOSED`?",
    ),
    Case(
        "unknown_name",
        &[("policy.yaml", "includes: [initiator]", "includes: [initiators]")],
        "help: Manages users",
        "unknown group `initiators`, did you mean `initiator`?",
    ),
    Case(
        "unknown_name",
        &[("policy.yaml", "group: quality,", "group: quality_assurance,")],
        "{ name: Quality assurance",
        "unknown group `quality_assurance`, did you mean `quality`?",
    ),
    Case(
        "unknown_name",
        &[("policy.yaml", "action: user_move", "action: route")],
        "{ action: route",
        "unknown action `route`",
    ),
    Case(
        "duplicate_name",
        &[("record.yaml", "workflow: record", "workflow: executable")],
        "executable\nsop",
        "life cycle `executable` stands in `executable.yaml` already",
    ),
    Case(
        "duplicate_name",
        &[("record.yaml", "VR: {", "CR: {")],
        "{ title: Verification record",
        "document type `CR` stands at executable.yaml:6:8 already",
    ),
    Case(
        "input_kind",
        &[(
            "actions.yaml",
            "{ takes: line, help: Title of the document }",
            "{ help: Title of the document }",
        )],
        "{ help: Title of the document }",
        "input `title` needs either `takes` or `one_of`",
    ),
    Case(
        "input_kind",
        &[("actions.yaml", "request_updates: Request updates", "Request-Updates: Request updates")],
        "required: true\n        help: Your verdict",
        "choice `Request-Updates` of `outcome` is not a lower-case word",
    ),
    Case(
        "input_kind",
        &[(
            "actions.yaml",
            "{ takes: text, required: true, help: What you found }",
            "{ takes: text, named: true, help: What you found }",
        )],
        "{ takes: text, named: true",
        "`comment` has its name as a flag: only a choice is `named`",
    ),
    Case(
        "round_without_slot",
        &[("controlled.yaml", "round: review, slot: quality", "round: review")],
        "{ phase: review, round: review }",
        "state `IN_REVIEW` needs `round` and `slot` together, and `seats` only with them",
    ),
    Case(
        "id_pattern",
        &[("controlled.yaml", "SOP-{n:3}", "SOP-{n}")],
        "{ title: Standard operating procedure",
        "the id pattern of `SOP`: `{n}` is not one of {parent}, {namespace}, {name}, {n:WIDTH}",
    ),
    Case(
        "id_pattern",
        &[("executable.yaml", "\"{parent}-TP-{n:3}\"", "\"TP-{n:3}\"")],
        "{ title: Test protocol",
        "`TP` needs both or neither of `{parent}` in its id and `parent`",
    ),
    Case(
        "one_when",
        &[("controlled.yaml", "{ content: changed }", "{ content: changed, target: review }")],
        "{ action: checkin, when: { content: changed, target",
        "`when` takes one condition",
    ),
];
