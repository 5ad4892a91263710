//! Children that come too late for what waits for them, and such as would wait for ever.

use std::collections::BTreeSet;

use super::{Case, faults, sources};

/// The states in which the parent of a test protocol can be.
const STATES: &str =
    ", states: [DRAFT, IN_PRE_REVIEW, PRE_REVIEWED, IN_PRE_APPROVAL, PRE_APPROVED, IN_EXECUTION] } }";

/// The parents of a verification record.
const ATTACHED: &str = "types: [CR, VAR, ADD], states: [IN_EXECUTION] } }";

/// The way back of a record to whose attachment somebody objects.
const BACK: &str = "  - { action: revert,   from: POST_APPROVED,  to: IN_EXECUTION,   by: [initiator], meaning: executed, guards: [owner, attachment_objected] }\n";

/// A guard that waits for children.
const SETTLED: &str = "items_complete, no_open_child";

pub(super) const CASES: &[Case] = &[
    Case(
        "child_of_attachment",
        &[(
            "record.yaml",
            "states:\n",
            "  PIC: { title: Picture, id: \"{parent}-PIC-{n:3}\", template: TEMPLATE-VR, attachment: true, parent: { types: [VR], states: [IN_EXECUTION] } }\nstates:\n",
        )],
        "{ title: Picture",
        "a `PIC` belongs to a `VR`, which is an attachment: what is judged and ends with a record has nothing of its own \
         that could be left open",
    ),
    // What is no attachment would be left open when the attachment ends with its record.
    Case(
        "child_of_attachment",
        &[(
            "executable.yaml",
            "states:\n",
            "  FND: { title: Finding, id: \"{parent}-FND-{n:3}\", template: TEMPLATE-INV, parent: { types: [VR], states: [IN_EXECUTION] } }\nstates:\n",
        )],
        "{ title: Finding",
        "a `FND` belongs to a `VR`, which is an attachment: what is judged and ends with a record has nothing of its own \
         that could be left open",
    ),
    Case(
        "child_too_late",
        &[("record.yaml", ATTACHED, "types: [CR], states: [IN_EXECUTION, POST_APPROVED] } }")],
        "{ title: Verification record",
        "a `VR` can be made in POST_APPROVED of a `CR`, behind a transition with the guard `attachments_filled_in` or \
         `attachments_idle`, which waits for it: name the states in which it can still be carried out",
    ),
    Case(
        "objection_never_mended",
        &[
            ("record.yaml", ATTACHED, "types: [CR], states: [IN_EXECUTION] } }"),
            ("executable.yaml", BACK, ""),
        ],
        "{ title: Verification record",
        "somebody can object to a `VR` while its `CR` is POST_APPROVED, which waits for a change of it that is possible \
         in other states alone (`parent_in`): let it be changed, or the `CR` go back",
    ),
    // Where none is named, each is meant that is not final.
    Case(
        "child_too_late",
        &[("executable.yaml", STATES, " } }")],
        "{ title: Test protocol",
        "a `TP` can be made in IN_POST_REVIEW, POST_REVIEWED, IN_POST_APPROVAL, POST_APPROVED, IN_TERMINATION of a \
         `CR`, behind a transition with the guard `no_open_child`, which waits for it: name the states in which it \
         can still be carried out",
    ),
    Case(
        "child_waits_for_ever",
        &[
            ("executable.yaml", "{ types: [CR, INV, VAR, ADD], states", "{ types: [INV], states"),
            ("executable.yaml", "parent_in: [IN_EXECUTION, CLOSED]", "parent_in: [IN_EXECUTION]"),
        ],
        "{ title: Addendum",
        "a `ADD` that is made in CLOSED of a `INV` never comes to its end: it waits for states (`parent_in`) that its \
         parent does not come to without it",
    ),
    Case(
        "settled_in_no_state",
        &[("executable.yaml", SETTLED, "items_complete, { no_open_child: {} }")],
        "{ action: route, when: { target: review }, from: IN_EXECUTION",
        "without states that count as settled it is `no_open_child` alone",
    ),
    Case(
        "settled_in_no_state",
        &[("executable.yaml", SETTLED, "items_complete, { no_open_child: { VR: [IN_EXECUTION] } }")],
        "{ action: route, when: { target: review }, from: IN_EXECUTION",
        "no document of type `VR` is waited for here",
    ),
    Case(
        "settled_in_no_state",
        &[("executable.yaml", SETTLED, "items_complete, { no_open_child: { VAR: [CLOSED] } }")],
        "{ action: route, when: { target: review }, from: IN_EXECUTION",
        "`CLOSED` is no state in which a `VAR` goes on",
    ),
];

// REQ-270
#[test]
fn a_child_is_made_in_the_states_of_its_parent_in_which_neither_waits_for_the_other() {
    let found = |states: &str, edit: Option<(&str, &str)>| -> Vec<&'static str> {
        let mut sources = sources();
        let text = sources.0.get_mut("executable.yaml").unwrap_or_else(|| panic!("the file is missing"));
        assert!(text.contains(STATES));
        *text = text.replacen(STATES, &format!(", states: [{states}] }} }}"), 1);
        if let Some((from, to)) = edit {
            assert!(text.contains(from));
            *text = text.replacen(from, to, 1);
        }
        faults(sources).iter().map(|fault| fault.name).collect()
    };
    for (state, expected) in [
        ("DRAFT", None),
        ("IN_PRE_REVIEW", None),
        ("PRE_REVIEWED", None),
        ("IN_PRE_APPROVAL", None),
        ("PRE_APPROVED", None),
        ("IN_EXECUTION", None),
        ("IN_POST_REVIEW", Some("child_too_late")),
        ("POST_REVIEWED", Some("child_too_late")),
        ("IN_POST_APPROVAL", Some("child_too_late")),
        ("POST_APPROVED", Some("child_too_late")),
        ("IN_TERMINATION", Some("child_too_late")),
        // Nothing waits for a child of what has ended.
        ("CLOSED", None),
        ("CANCELLED", Some("child_waits_for_ever")),
        ("TERMINATED", Some("child_waits_for_ever")),
    ] {
        assert_eq!(found(state, None), Vec::from_iter(expected), "{state}");
    }
    // The parent waits for the child before it comes to where the child can be carried out.
    let release = ("guards: [owner, { parent_in", "guards: [owner, no_open_child, { parent_in");
    let names = found("DRAFT", Some(release));
    assert_eq!(names.iter().filter(|name| **name == "child_waits_for_ever").count(), 1, "{names:?}");
}

// REQ-270
#[test]
fn an_attachment_is_made_before_what_it_ends_with_waits_for_it() {
    for (state, is_late) in [
        ("DRAFT", false),
        ("IN_PRE_REVIEW", false),
        ("PRE_REVIEWED", false),
        ("IN_PRE_APPROVAL", false),
        ("PRE_APPROVED", false),
        ("IN_EXECUTION", false),
        ("IN_POST_REVIEW", true),
        ("POST_REVIEWED", true),
        ("IN_POST_APPROVAL", true),
        ("POST_APPROVED", true),
        ("IN_TERMINATION", true),
        // It would end with nothing.
        ("CLOSED", true),
        ("CANCELLED", true),
        ("TERMINATED", true),
    ] {
        let mut sources = sources();
        let text = sources.0.get_mut("record.yaml").unwrap_or_else(|| panic!("the file is missing"));
        assert!(text.contains(ATTACHED));
        *text = text.replacen(ATTACHED, &format!("types: [CR], states: [{state}] }} }}"), 1);
        let found: Vec<_> = faults(sources).iter().map(|fault| fault.name).collect();
        let expected = if is_late { vec!["child_too_late"] } else { Vec::new() };
        assert_eq!(found, expected, "{state}");
    }
}

// REQ-269
#[test]
fn what_is_objected_to_can_be_changed_wherever_that_holds_its_record_up() {
    let found = |edits: &[(&str, &str, &str)]| -> Vec<&'static str> {
        let mut sources = sources();
        for (file, from, to) in edits {
            let text = sources.0.get_mut(*file).unwrap_or_else(|| panic!("{file} is missing"));
            assert!(text.contains(from), "{from}");
            *text = text.replace(from, to);
        }
        // It is told of each type of parent.
        let names: BTreeSet<_> = faults(sources).iter().map(|fault| fault.name).collect();
        names.into_iter().collect()
    };
    let stays = ("executable.yaml", BACK, "");
    let never = vec!["objection_never_mended"];
    assert_eq!(found(&[stays]), never);
    // It can be changed there.
    let there = ("record.yaml", "parent_in: [IN_EXECUTION]", "parent_in: [IN_EXECUTION, POST_APPROVED]");
    assert_eq!(found(&[stays, there]), Vec::<&str>::new());
    // Nobody can object to it there.
    let review =
        ("record.yaml", "verdict: review, ", "verdict: review, guards: [{ parent_in: [IN_EXECUTION] }], ");
    let reject =
        ("record.yaml", "verdict: reject, ", "verdict: reject, guards: [{ parent_in: [IN_EXECUTION] }], ");
    assert_eq!(found(&[stays, review, reject]), Vec::<&str>::new());
    // What was reviewed does not come back to where it is changed.
    let revert = "  - { action: revert,   from: POST_REVIEWED,  to: IN_EXECUTION,   by: [initiator], meaning: executed, guards: [owner] }\n";
    assert_eq!(found(&[("record.yaml", revert, "")]), Vec::<&str>::new());
    let again = (
        "record.yaml",
        "  - { action: assign,   from: POST_REVIEWED,  to: IN_POST_REVIEW, by: [quality], meaning: administered, guards: [not_checked_out, assignees_eligible] }\n",
        "",
    );
    assert_eq!(found(&[("record.yaml", revert, ""), again]), never);
}
