//! Guards, effects and inputs that mean nothing where they stand, or could never be met or told there.

use super::{Case, changed, faults};
use qms::domain::policy::{Asked, Guard, OWN_VERBS, Plain, Told};

const RELEASE: &str = "to: IN_EXECUTION, by: [initiator], meaning: executed, guards: [owner, ";
const CREATE: &str = "action: create, to: DRAFT, by: [initiator], meaning: authored, ";
const RELEASING: &str = "  - { action: release, from: PRE_APPROVED,";
const REVERTING: &str =
    "  - { action: revert, from: PRE_APPROVED, to: DRAFT, by: [initiator], meaning: executed, guards: ";
const ADOPT: &str = "action: policy_adopt,  by: [administrator]";

pub(super) const CASES: &[Case] = &[
    Case(
        "guard_out_of_place",
        &[("policy.yaml", ADOPT, "action: policy_adopt,  by: [administrator], guards: [independent]")],
        "{ action: policy_adopt",
        "`policy_adopt` is about the project: `independent` means nothing of it",
    ),
    Case(
        "guard_out_of_place",
        &[(
            "controlled.yaml",
            CREATE,
            "action: create, to: DRAFT, by: [initiator], meaning: authored, guards: [independent], ",
        )],
        "{ action: create",
        "`create` makes a document: `independent` means nothing before it is there",
    ),
    Case(
        "guard_out_of_place",
        &[(
            "executable.yaml",
            RELEASE,
            "to: IN_EXECUTION, by: [initiator], meaning: executed, guards: [owner, template_in_force, ",
        )],
        "{ action: release",
        "`release` is about a document: `template_in_force` means nothing of one",
    ),
    Case(
        "guard_never_met",
        &[(
            "executable.yaml",
            RELEASE,
            "to: IN_EXECUTION, by: [initiator], meaning: executed, guards: [owner, { reviewed_by: quality }, ",
        )],
        "{ action: release",
        "`release` waits for `reviewed_by`, and in the phase of `PRE_APPROVED` no quality gives a verdict",
    ),
    Case(
        "guard_never_met",
        &[(
            "executable.yaml",
            RELEASE,
            "to: IN_EXECUTION, by: [initiator], meaning: executed, guards: [owner, never_approved, once_approved, ",
        )],
        "{ action: release",
        "`release` waits for `never_approved` and for `once_approved`: never both hold",
    ),
    Case(
        "guard_never_met",
        &[(
            "executable.yaml",
            "quorum: all, guards: [not_asker, no_open_child], completion",
            "quorum: all, guards: [{ owner_or: [administrator] }, not_asker, no_open_child], completion",
        )],
        "{ action: approve,  from: IN_TERMINATION",
        "`approve` waits for `owner_or`, and neither an owner nor a member of these groups gives a verdict",
    ),
    Case(
        "guard_never_met",
        &[(
            "executable.yaml",
            "quorum: all, guards: [not_asker, no_open_child], completion",
            "quorum: all, guards: [checked_out, not_asker, no_open_child], completion",
        )],
        "{ action: approve,  from: IN_TERMINATION",
        "`approve` waits for `checked_out`, and in a round nobody has it checked out",
    ),
    Case(
        "no_round",
        &[(
            "executable.yaml",
            RELEASE,
            "to: IN_EXECUTION, by: [initiator], meaning: executed, guards: [owner, not_asker, ",
        )],
        "{ action: release",
        "`not_asker` is about a round, and `PRE_APPROVED` has none",
    ),
    Case(
        "effect_out_of_place",
        &[(
            "controlled.yaml",
            "meaning: authored, effects: [check_out], reminds",
            "meaning: authored, effects: [check_out, mark_rejected], reminds",
        )],
        "{ action: create",
        "`create` makes a document: `mark_rejected` means nothing before it is there",
    ),
    Case(
        "initial_state",
        &[(
            "controlled.yaml",
            CREATE,
            "action: create, to: DRAFT, by: [initiator], meaning: authored, when: { content: changed }, ",
        )],
        "{ action: create",
        "`create` makes a document: it has no `when`, no `verdict` and no `quorum`",
    ),
    Case(
        "effect_without_guard",
        &[("record.yaml", "guards: [new_owner_may_own], ", "")],
        "{ action: transfer",
        "`transfer` has the effect `set_owner`: it needs the guard `new_owner_may_own`",
    ),
    Case(
        "input_missing",
        &[(
            "executable.yaml",
            "  - { action: release, from: PRE_APPROVED, to: IN_EXECUTION, by: [initiator], meaning: executed, guards: [owner, ",
            "  - { action: release, from: PRE_APPROVED, to: IN_EXECUTION, by: [initiator], meaning: executed, guards: [owner, traits_are_new, ",
        )],
        "{ action: release",
        "`traits_are_new` needs `release` to have an input `trait`: required, `takes: line`, `text` or `word`",
    ),
    Case(
        "input_of_command",
        &[("actions.yaml", "command: workflow adopt", "command: foo bar")],
        "command: foo bar",
        "`policy_adopt` is asked for by `command: workflow adopt`, and by no other words",
    ),
    Case(
        "input_of_command",
        &[(
            "actions.yaml",
            "confirm: { takes: line, help: Digest of the candidate",
            "confirm: { takes: line, required: true, help: Digest of the candidate",
        )],
        "command: workflow adopt",
        "`workflow adopt` does not always tell `confirm`: it cannot be required",
    ),
    Case(
        "input_of_command",
        &[("actions.yaml", "one_of: { less: Adopt a policy", "one_of: { lower: Adopt a policy")],
        "command: workflow adopt",
        "`workflow adopt` tells `less` as `one_of` with less",
    ),
    Case(
        "input_of_command",
        &[("actions.yaml", "which: { help", "which: { required: true, help")],
        "label: Open what is to be judged",
        "`read` does not always tell `which`: it cannot be required",
    ),
    Case(
        "idle_verb",
        &[(
            "actions.yaml",
            "  namespace_add:\n",
            "  user_rename:\n    label: Rename\n    help: Give a user another name\n    sop: SOP-001#3\n    scope: project\n  namespace_add:\n",
        )],
        "label: Rename",
        "`user_rename` has `scope: project`, and no command asks for it",
    ),
    Case(
        "nobody",
        &[("policy.yaml", ADOPT, "action: policy_adopt,  by: []")],
        "{ action: policy_adopt",
        "nobody may `policy_adopt`: `by` is empty",
    ),
];

/// Every guard, as it stands in a file.
fn guards() -> Vec<(String, Guard)> {
    let parametric = [
        "{ owner_or: [quality] }",
        "{ asker_or: [quality] }",
        "{ reviewed_by: quality }",
        "{ parent_in: [IN_EXECUTION] }",
        "{ assurance: token }",
        "{ isolation: broker }",
        "{ no_open_child: { VAR: [PRE_APPROVED] } }",
    ];
    let words = Plain::ALL.iter().map(|plain| plain.as_str().to_owned());
    let words = words.chain(parametric.map(str::to_owned));
    words
        .map(|word| (word.clone(), serde_yaml::from_str(&word).unwrap_or_else(|error| panic!("{error}"))))
        .collect()
}

// REQ-005, REQ-056
#[test]
fn a_guard_stands_only_where_it_means_something() {
    let places = [
        (Asked::Project, "policy.yaml", ADOPT, ", guards: "),
        (
            Asked::New,
            "executable.yaml",
            "action: create, to: DRAFT, by: [initiator], meaning: authored",
            ", guards: ",
        ),
        (Asked::Document, "executable.yaml", RELEASING, ""),
    ];
    let mut sound = 0;
    for (word, guard) in guards() {
        for (asked, file, from, key) in places {
            let to = match asked {
                Asked::Document => format!("{REVERTING}[{word}] }}\n{from}"),
                _ => format!("{from}{key}[{word}]"),
            };
            let mut sources = changed(&[]);
            let text = sources.0.get_mut(file).unwrap_or_else(|| panic!("{file} is missing"));
            assert!(text.contains(from), "{from}");
            *text = text.replacen(from, &to, 1);
            let found = faults(sources);
            let is_misplaced = found.iter().any(|fault| fault.name == "guard_out_of_place");
            assert_eq!(is_misplaced, !guard.has_meaning(asked), "{word} {asked:?}: {found:?}");
            sound += usize::from(found.is_empty());
        }
    }
    assert!(sound > 20, "{sound}");
}

// REQ-005, REQ-006
#[test]
fn no_verb_of_the_project_asks_for_what_its_command_does_not_tell() {
    let sources = changed(&[]);
    let whole = sources.0.get("actions.yaml").map(String::as_str).unwrap_or_default();
    for verb in OWN_VERBS {
        let (before, rest) = whole.split_once(&format!("\n  {}:\n", verb.name)).unwrap_or_default();
        let (head, inputs) = rest.split_once("    inputs:\n").unwrap_or_default();
        let with = |inputs: String| {
            let mut sources = changed(&[]);
            sources.0.insert(
                "actions.yaml".to_owned(),
                format!("{before}\n  {}:\n{head}    inputs:\n{inputs}", verb.name),
            );
            faults(sources).iter().any(|fault| fault.name == "input_of_command")
        };
        assert!(!with(inputs.to_owned()), "{}", verb.name);
        for form in ["takes: line", "takes: line, required: true"] {
            assert!(
                with(format!("      ticket: {{ {form}, help: Number }}\n{inputs}")),
                "{}: {form}",
                verb.name
            );
        }
        for told in verb.inputs {
            let named = format!("      {}:", told.name);
            let at = inputs.find(&named).unwrap_or_else(|| panic!("{} {}", verb.name, told.name));
            let renamed = inputs.get(..at).unwrap_or_default().to_owned()
                + &inputs.get(at..).unwrap_or_default().replacen(
                    &named,
                    &format!("      un{}:", told.name),
                    1,
                );
            assert!(with(renamed), "{} without {}", verb.name, told.name);
            let required = |line: &str| {
                line.replacen("{ takes", "{ required: true, takes", 1).replacen(
                    "{ help",
                    "{ required: true, help",
                    1,
                )
            };
            let line = inputs.get(at..).and_then(|rest| rest.lines().next()).unwrap_or_default();
            if line.contains('{') && !line.contains("required") {
                let is_fault = with(inputs.replacen(line, &required(line), 1));
                assert_eq!(is_fault, told.told == Told::Sometimes, "{} {}", verb.name, told.name);
            }
        }
    }
}
