//! Children that come too late for what waits for them, and such as would wait for ever.

use super::{Case, faults, sources};

/// The states in which the parent of a test protocol can be.
const STATES: &str =
    ", states: [DRAFT, IN_PRE_REVIEW, PRE_REVIEWED, IN_PRE_APPROVAL, PRE_APPROVED, IN_EXECUTION] } }";

pub(super) const CASES: &[Case] = &[
    Case(
        "attachment_of_attachment",
        &[(
            "record.yaml",
            "states:\n",
            "  PIC: { title: Picture, id: \"{parent}-PIC-{n:3}\", attachment: true, parent: { types: [VR], states: [IN_EXECUTION] } }\nstates:\n",
        )],
        "{ title: Picture",
        "a `PIC` is attached to a `VR`, which is attached itself: what is judged and ends with a record belongs to that \
         record",
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
