//! Whatever is taken from a policy is found: every field of every transition, state, type and group.

mod fields;
mod programs;
mod prompts;
mod reach;

use super::*;
use crate::domain::audit::Meaning;
use crate::domain::decide::tests::dice::name;
use crate::domain::digest::Digest;
use crate::domain::id::{ActionName, AttestationName, GroupName, StateName, WorkflowName};
use crate::domain::identity::Assurance;
use crate::domain::policy::{
    Effect, Group, Guard, InputKind, Plain, Profile, State, Target, Transition, VerdictKind, compile,
    fixture, pins_text,
};

fn shipped() -> Policy {
    let mut policy = fixture::candidate().policy.clone();
    policy.profile = Profile::Gxp;
    policy
}

fn less(now: &Policy, next: &Policy) -> BTreeSet<String> {
    let files = Sources::default();
    now.less(next, (&files, &files), &UnderWay::all(now))
}

/// The policy of the program with agents, a runtime and commands for evidence, all pinned.
fn full() -> Policy {
    let mut sources = fixture::sources();
    let main = sources.0.get_mut(Policy::FILES[0]).unwrap();
    *main = main.replacen(
        "clock_set,     by: [administrator]",
        "clock_set, by: [administrator], guards: [human]",
        1,
    );
    main.push_str(
        "\
agents:
  qa: { user: qa, launcher: claude, definition: .claude/agents/qa.md, started_by: [claude, lead], ttl: 2h }
  tu: { user: tu, definition: { claude: .claude/agents/tu.md }, started_by: [claude] }
launchers:
  claude: { command: [/opt/claude, -p, \"{brief}\"], environment: [HOME, LANG] }
  own: { command: [/opt/own, \"{brief}\"], directory: /srv }
runtimes: { claude: claude, codex: tu }
evidence:
  ci-passed: { help: The tests pass, command: [/usr/bin/make, test], environment: [CI], contains: passed }
  deployed: { help: It is in use, command: [/usr/bin/deployed], directory: /srv, time: 2h, output: 1MiB }
",
    );
    let paths = [".claude/agents/qa.md", "/opt/claude", "/usr/bin/make"];
    let pins = paths.map(|path| (path.to_owned(), Digest::of(path.as_bytes())));
    sources.0.insert(Policy::PINS.to_owned(), pins_text(&pins.into()));
    compile(&sources).unwrap()
}

/// Changes every transition that leaves a state, each by itself, and lists those after which nothing was less.
fn missed(change: impl Fn(&mut Transition) -> bool) -> Vec<(WorkflowName, ActionName)> {
    let now = shipped();
    let (mut tried, mut missed) = (0, Vec::new());
    for (workflow, life) in &now.workflows {
        for (at, old) in life.transitions.iter().enumerate().filter(|(_, way)| !way.from.is_empty()) {
            let mut next = now.clone();
            let ways = next.workflows.get_mut(workflow).map(|it| &mut it.transitions);
            if ways.and_then(|ways| ways.get_mut(at)).is_some_and(&change) {
                tried += 1;
                if less(&now, &next).is_empty() {
                    missed.push((workflow.clone(), old.action.clone()));
                }
            }
        }
    }
    assert!(tried > 0);
    missed
}

// REQ-194
#[test]
fn the_same_policy_and_a_stricter_one_demand_no_less() {
    let now = shipped();
    assert_eq!(less(&now, &now), BTreeSet::new());
    let stricter = missed(|way| {
        way.guards.extend([Guard::Assurance(Assurance::Signature), Guard::Plain(Plain::Human)]);
        true
    });
    // What holds a document up alone is made no harder.
    let ways =
        || now.workflows.values().flat_map(|life| &life.transitions).filter(|way| !way.from.is_empty());
    let count = |name: &ActionName| stricter.iter().filter(|(_, one)| one == name).count();
    let harder = ways().map(|way| &way.action);
    let harder = harder.filter(|name| ways().filter(|way| way.action == **name).count() > count(name));
    let harder: BTreeSet<&str> = harder.map(ActionName::as_str).collect();
    assert_eq!(harder, BTreeSet::from(["assign", "reject", "trait_add", "withdraw"]));
    // Verbs may be called anything.
    let mut renamed = now.clone();
    for action in &mut renamed.actions {
        action.name = name(&format!("x_{}", action.name));
    }
    for life in renamed.workflows.values_mut() {
        life.transitions.iter_mut().for_each(|way| way.action = name(&format!("x_{}", way.action)));
    }
    assert_eq!(less(&now, &renamed), BTreeSet::new());
}

// REQ-194
#[test]
fn whatever_is_taken_from_a_transition_is_less() {
    let now = shipped();
    let count = now.workflows.values().flat_map(|life| &life.transitions).map(|way| way.guards.len());
    for nth in 0..count.max().unwrap_or_default() {
        let lost = missed(|way| {
            nth < way.guards.len() && {
                way.guards.remove(nth);
                true
            }
        });
        // Another way of the same life cycle may ask for no more.
        assert_eq!(lost, [], "guard {nth}");
    }
    let groups: Vec<GroupName> = shipped().groups.into_keys().collect();
    for group in &groups {
        let gained = missed(|way| {
            !way.by.contains(group) && {
                way.by.push(group.clone());
                true
            }
        });
        assert_eq!(gained, [], "{group}");
    }
    assert_eq!(missed(|way| std::mem::take(&mut way.quorum)), []);
    assert_eq!(missed(|way| way.verdict.take().is_some()), []);
    assert_eq!(missed(|way| way.when.take().is_some()), []);
    // A check-out without an effect is what a withdrawal is already.
    let idle = missed(|way| !std::mem::take(&mut way.effects).is_empty());
    assert!(idle.iter().all(|(_, action)| action.as_str() == "checkout"), "{idle:?}");
    assert_eq!(missed(|way| !std::mem::take(&mut way.completion).is_empty()), []);
    let elsewhere: StateName = name("ELSEWHERE");
    assert_eq!(
        missed(|way| {
            way.to = Target::State(elsewhere.clone());
            true
        }),
        []
    );
}

fn states(change: impl Fn(&mut State) -> bool) {
    let now = shipped();
    let mut tried = 0;
    for (workflow, life) in &now.workflows {
        for (at, state) in life.states.iter().enumerate() {
            let mut next = now.clone();
            let states = next.workflows.get_mut(workflow).map(|it| &mut it.states);
            if states.and_then(|states| states.get_mut(at)).is_some_and(&change) {
                tried += 1;
                assert_ne!(less(&now, &next), BTreeSet::new(), "{workflow} {}", state.name);
            }
        }
    }
    assert!(tried > 0);
}

// REQ-194
#[test]
fn whatever_is_taken_from_a_state_is_less() {
    states(|state| !std::mem::replace(&mut state.goal, true));
    states(|state| state.round.take().is_some());
    states(|state| state.round.as_mut().is_some_and(|round| std::mem::take(&mut round.seats_reviewers)));
    let other: GroupName = name("initiator");
    states(|state| {
        let round = state.round.as_mut();
        round.is_some_and(|round| std::mem::replace(&mut round.slot, other.clone()) != other)
    });
    states(|state| {
        state.phase = name("elsewhere");
        true
    });
}

// REQ-194
#[test]
fn whatever_else_is_taken_is_less_by_its_name() {
    let now = shipped();
    let changed = |change: &dyn Fn(&mut Policy)| {
        let mut next = now.clone();
        change(&mut next);
        less(&now, &next).into_iter().collect::<Vec<_>>()
    };
    assert_eq!(changed(&|it| it.profile = Profile::Light), ["the profile is light instead of gxp"]);
    let acts = |it: &mut Group| it.includes.insert(name("reviewer"));
    let group: GroupName = name("initiator");
    assert_eq!(
        changed(&|it| it.groups.get_mut(&group).into_iter().for_each(|group| assert!(acts(group)))),
        ["initiator acts as reviewer, too"]
    );
    for (at, rule) in now.project.iter().enumerate() {
        let found =
            changed(&|it| it.project.get_mut(at).into_iter().for_each(|it| it.by.push(group.clone())));
        assert_eq!(found.len(), usize::from(!rule.by.contains(&group)), "{}", rule.action);
        for nth in 0..rule.guards.len() {
            let lost = |it: &mut Policy| drop(it.project.get_mut(at).map(|it| it.guards.remove(nth)));
            assert_eq!(changed(&lost).len(), 1, "{} {nth}", rule.action);
        }
    }
    for (at, action) in now.actions.iter().enumerate() {
        let is_used = now
            .workflows
            .values()
            .flat_map(|life| &life.transitions)
            .any(|way| way.action == action.name && !way.from.is_empty());
        if !is_used {
            continue;
        }
        for (nth, input) in action.inputs.iter().enumerate().filter(|(_, input)| input.required) {
            let eased = |it: &mut Policy| {
                let input = it.actions.get_mut(at).and_then(|it| it.inputs.get_mut(nth));
                if let Some(input) = input {
                    input.required = false;
                }
            };
            // What two verbs of one state share with another is asked for by either.
            let choice = matches!(input.kind, InputKind::OneOf(_));
            assert!(!changed(&eased).is_empty() || choice, "{} {}", action.name, input.name);
        }
        if action.sop.is_some() {
            let uncited = |it: &mut Policy| drop(it.actions.get_mut(at).map(|it| it.sop.take()));
            assert!(!changed(&uncited).is_empty(), "{}", action.name);
        }
    }
    for life in now.workflows.values().filter(|life| life.sop.is_some()) {
        let uncited = |it: &mut Policy| drop(it.workflows.get_mut(&life.name).map(|it| it.sop.take()));
        assert!(!changed(&uncited).is_empty(), "{}", life.name);
    }
    for gone in now.traits.keys() {
        assert!(!changed(&|it| drop(it.traits.remove(gone))).is_empty(), "{gone}");
    }
}

// REQ-194
#[test]
fn no_way_leads_around_what_was_asked_for() {
    let now = shipped();
    let changed = |change: &dyn Fn(&mut Policy)| {
        let mut next = now.clone();
        change(&mut next);
        less(&now, &next)
    };
    for (called, life) in &now.workflows {
        let of = |it: &mut Policy, change: &dyn Fn(&mut Workflow)| {
            it.workflows.get_mut(called).into_iter().for_each(change);
        };
        // A state that was not there leads to one that was.
        for state in &life.states {
            let around = |life: &mut Workflow| {
                let fast = State { name: name("FAST"), ..state.clone() };
                let mut way = life.transitions.iter().find(|way| !way.from.is_empty()).cloned();
                if let Some(way) = &mut way {
                    (way.from, way.to) = (vec![fast.name.clone()], Target::State(state.name.clone()));
                }
                life.states.push(fast);
                life.transitions.extend(way);
            };
            assert_ne!(changed(&|it| of(it, &around)), BTreeSet::new(), "{called} {}", state.name);
        }
        // What makes a document is as it was.
        let elsewhere = |life: &mut Workflow| {
            let made = life.transitions.iter_mut().filter(|way| way.from.is_empty());
            made.for_each(|way| way.to = Target::State(name("FAST")));
        };
        assert_ne!(changed(&|it| of(it, &elsewhere)), BTreeSet::new(), "{called}");
        // Every verdict can still be given, in every state.
        for (at, way) in life.transitions.iter().enumerate().filter(|(_, way)| way.verdict.is_some()) {
            let gone = |life: &mut Workflow| drop(life.transitions.remove(at));
            let others = life.transitions.iter().enumerate().filter(|(other, one)| {
                *other != at && one.verdict == way.verdict && way.from.iter().all(|it| one.from.contains(it))
            });
            let is_left = others.count() > 0;
            assert_eq!(changed(&|it| of(it, &gone)).is_empty(), is_left, "{called} {}", way.action);
        }
    }
    let signed =
        missed(|way| way.meaning.replace(Meaning::Witnessed).is_some_and(|it| it != Meaning::Witnessed));
    assert_eq!(signed, []);
    for (at, action) in now.actions.iter().enumerate() {
        let mut ways = now.workflows.values().flat_map(|life| &life.transitions);
        if !ways.any(|way| way.action == action.name && way.verdict.is_some()) {
            continue;
        }
        for (nth, _) in action.inputs.iter().enumerate() {
            let fewer = |it: &mut Policy| {
                let input = it.actions.get_mut(at).and_then(|it| it.inputs.get_mut(nth));
                if let Some(InputKind::OneOf(choices)) = input.map(|input| &mut input.kind) {
                    choices.pop();
                }
            };
            let has_choices = matches!(action.inputs.get(nth).map(|it| &it.kind), Some(InputKind::OneOf(_)));
            assert_eq!(!changed(&fewer).is_empty(), has_choices, "{} {nth}", action.name);
        }
    }
    let group = |includes: &str| Group {
        help: String::new(),
        includes: BTreeSet::from([name(includes)]),
        may_own: false,
    };
    assert_eq!(changed(&|it| drop(it.groups.insert(name("all"), group("quality")))).len(), 1);
    assert!(!changed(&|it| it.groups.values_mut().for_each(|group| group.may_own = true)).is_empty());
    let kinds = |change: &dyn Fn(&mut DocumentType)| {
        changed(&|it| {
            it.workflows.values_mut().flat_map(|life| &mut life.types).for_each(change);
        })
    };
    assert!(!kinds(&|kind| kind.template = None).is_empty());
    assert!(!kinds(&|kind| kind.is_template = false).is_empty());
    assert!(!kinds(&|kind| kind.parent = None).is_empty());
    assert!(!kinds(&|kind| kind.parent.iter_mut().for_each(|parent| parent.states.clear())).is_empty());
    assert!(!kinds(&|kind| kind.parent.iter_mut().for_each(|parent| parent.item = false)).is_empty());
    let any: Vec<TypeName> = now.document_types().map(|kind| kind.name.clone()).collect();
    assert!(
        !kinds(&|kind| kind.parent.iter_mut().for_each(|parent| parent.types.clone_from(&any))).is_empty()
    );
}
