//! What is cited of the procedures, and who is reminded.

use super::Case;

pub(super) const CASES: &[Case] = &[
    Case(
        "unknown_procedure",
        &[("actions.yaml", "asked for\"\n    sop: SOP-002#9", "asked for\"\n    sop: SOP-020#9")],
        "SOP-020#9",
        "`terminate` cites `SOP-020#9`: no procedure `SOP-020` is in force, did you mean `SOP-002`?",
    ),
    Case(
        "unknown_procedure",
        &[("record.yaml", "sop: SOP-004", "sop: MANUAL-004")],
        "MANUAL-004",
        "life cycle `record` cites `MANUAL-004`: no procedure `MANUAL-004` is in force",
    ),
    Case(
        "unknown_section",
        &[("actions.yaml", "asked for\"\n    sop: SOP-002#9", "asked for\"\n    sop: SOP-002#99")],
        "SOP-002#99",
        "`terminate` cites `SOP-002#99`: SOP-002 has no section `99`, did you mean `SOP-002#14` (References), \
         `SOP-002#13` (Records) or `SOP-002#12` (Deviations)?",
    ),
    Case(
        "unknown_section",
        &[("actions.yaml", "asked for\"\n    sop: SOP-002#9", "asked for\"\n    sop: SOP-002#terminating")],
        "SOP-002#terminating",
        "`terminate` cites `SOP-002#terminating`: SOP-002 has no section `terminating`, did you mean \
         `SOP-002#9` (Cancelling and terminating)?",
    ),
    Case(
        "unknown_section",
        &[("record.yaml", "sop: SOP-004#6", "sop: SOP-004#6.9")],
        "{ text: ",
        "a reminder of `checkout` cites `SOP-004#6.9`: SOP-004 has no section `6.9`, did you mean \
         `SOP-004#6.2` or `SOP-004#6.1`?",
    ),
    Case(
        "reminder_text",
        &[(
            "record.yaml",
            "{ text: \"fill in what is left open for execution; the approved text stays as it is\"",
            "{ text: \" \"",
        )],
        "{ text: \" \"",
        "a reminder is one line of text",
    ),
    Case(
        "unknown_name",
        &[("record.yaml", "sop: SOP-004#6", "sop: SOP-004#6, to: [initiators]")],
        "{ text: ",
        "unknown group `initiators`, did you mean `initiator`?",
    ),
    Case(
        "reminder_unheard",
        &[("record.yaml", "sop: SOP-004#6", "sop: SOP-004#6, to: [quality]")],
        "{ text: ",
        "nobody whom this is for may `checkout` here",
    ),
    Case(
        "reminder_unheard",
        &[("actions.yaml", "sop: SOP-004#9 }", "sop: SOP-004#9, to: [reviewer] }")],
        "{ text: \"what is done again",
        "nobody whom this is for may `revert` here",
    ),
    Case(
        "reminder_unheard",
        &[(
            "actions.yaml",
            "    sop: SOP-001#11\n",
            "    sop: SOP-001#11\n    reminds: [{ text: tell everybody, sop: SOP-001#11 }]\n",
        )],
        "{ text: tell",
        "`policy_adopt` is about the project, where nobody is reminded",
    ),
    Case(
        "unreadable",
        &[("record.yaml", "sop: SOP-004#6", "sop: sop-004#6")],
        "sop-004#6",
        "`sop-004#6` is not a section of a procedure: expected the id of a procedure and a section, such as \
         SOP-001#7; did you mean `SOP-004#6`?",
    ),
    Case("unreadable", &[("record.yaml", ", sop: SOP-004#6", "")], "text: ", "missing field `sop`"),
    Case(
        "unreadable",
        &[("record.yaml", "sop: SOP-004#6", "sop: SOP-004#6, kind: robot")],
        "robot",
        "unknown word `robot`, expected one of human, agent, service",
    ),
];
