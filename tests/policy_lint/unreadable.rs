//! What cannot be read at all.

use super::{Case, faults, sources};

pub(super) const CASES: &[Case] = &[
    Case(
        "unreadable",
        &[("actions.yaml", "required: gxp", "required: gmp")],
        "required: gmp",
        "invalid value: string \"gmp\", expected `true`, `false`, or the profile from which on it is required: `light`, \
         `team`, `gxp`",
    ),
    Case(
        "unreadable",
        &[("controlled.yaml", "phase: authoring, initial", "phase: authoring, phase: review, initial")],
        "phase: review, initial",
        "`phase` stands twice",
    ),
    Case(
        "unreadable",
        &[("controlled.yaml", "  RETIRED: ", "  EFFECTIVE: { phase: ended }\n  RETIRED: ")],
        "EFFECTIVE: { phase: ended }",
        "`EFFECTIVE` stands twice",
    ),
    Case(
        "unreadable",
        &[("controlled.yaml", "initial: true", "inital: true")],
        "inital",
        "unknown field `inital`, did you mean `initial`?",
    ),
    Case(
        "unreadable",
        &[("policy.yaml", "    may_own: true", "    wings: true")],
        "wings",
        "unknown field `wings`, expected one of help, includes, may_own",
    ),
    Case(
        "unreadable",
        &[
            ("controlled.yaml", "required: [title, revision_summary]", "required: &a [title, title, title]"),
            (
                "controlled.yaml",
                "required: [title, revision_summary]",
                "required: &b [*a, *a, *a, *a, *a, *a]",
            ),
            (
                "controlled.yaml",
                "required: [title, revision_summary]",
                "required: &c [*b, *b, *b, *b, *b, *b]",
            ),
        ],
        "[title, title, title]",
        "anchors and aliases are not read: write it out",
    ),
    Case(
        "unreadable",
        &[("controlled.yaml", "title: Standard operating procedure", "title: 1.10")],
        "1.10",
        "a text is expected: put `1.10` in quotes, so that it is not taken for something else",
    ),
    Case(
        "unreadable",
        &[("controlled.yaml", "initial: true", "initial: yes")],
        "yes",
        "invalid boolean (true or false expected)",
    ),
    Case(
        "unreadable",
        &[("executable.yaml", "guards: [owner, copy_is_sound, ", "guards: [ownr, copy_is_sound, ")],
        "ownr",
        "unknown guard `ownr`, did you mean `owner`?",
    ),
    Case(
        "unreadable",
        &[("executable.yaml", "guards: [owner, copy_is_sound, ", "guards: [asker_or, copy_is_sound, ")],
        "asker_or",
        "guard `asker_or` needs a parameter, as in `{ asker_or: … }`",
    ),
    Case(
        "unreadable",
        &[("executable.yaml", "guards: [owner, copy_is_sound, ", "guards: [{ ownr_or: [quality] }, ")],
        "{ ownr_or",
        "unknown guard with a parameter `ownr_or`, did you mean `owner_or`?",
    ),
    Case(
        "unreadable",
        &[("executable.yaml", "effects: [check_in]", "effects: [check_inn]")],
        "check_inn",
        "unknown word `check_inn`, did you mean `check_in`?",
    ),
    Case(
        "unreadable",
        &[("executable.yaml", "quorum: all", "quorum: most")],
        "most",
        "unknown word `most`, expected one of all",
    ),
    Case(
        "unreadable",
        &[("executable.yaml", "  PRE_APPROVED: ", "  PreApproved: ")],
        "PreApproved",
        "`PreApproved` is not a state name: expected an upper-case letter, then up to 31 of A-Z, 0-9, `_`",
    ),
    Case(
        "unreadable",
        &[("executable.yaml", "from: PRE_APPROVED, to: IN_EX", "from: { a: b }, to: IN_EX")],
        "{ a: b }",
        "a state, or a list of states",
    ),
    Case(
        "unreadable",
        &[("executable.yaml", "transitions:\n", "transitions: !odd\n")],
        "- { action: create",
        "unsupported tag `!odd`",
    ),
];

// REQ-232
#[test]
fn a_policy_that_is_too_large_is_refused_unread() {
    let mut large = sources();
    for number in 0..3 {
        large.0.insert(format!("large{number}.yaml"), "# a\n".repeat(50_000));
    }
    let [fault] = &faults(large)[..] else { panic!("one fault is told") };
    assert_eq!(fault.name, "policy_too_large");
    assert_eq!(fault.message, "the files of the policy have more than 512 KiB");
}

// REQ-232
#[test]
fn of_many_faults_the_first_thousand_are_told() {
    let mut many = sources();
    let group = |number| format!("  g{number}: {{ help: a, includes: [missing{number}] }}\n");
    let text = many.0.get_mut("policy.yaml").unwrap();
    *text = text.replacen("groups:\n", &format!("groups:\n{}", (0..2_000).map(group).collect::<String>()), 1);
    let faults = faults(many);
    assert_eq!(faults.len(), 1_000);
    assert!(faults.iter().all(|fault| fault.name == "unknown_name"));
    assert!(faults[999].message.contains("missing999"), "{:?}", faults[999]);
}
