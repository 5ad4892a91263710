//! Where a guard is asked: what the table says has no meaning there is all that the engine finds none in.

use std::collections::BTreeSet;

use super::bounds::{facts, of_profile, users};
use super::dice::{Dice, config, name, stream};
use crate::domain::decide::{Case, Condition, Denial, decide};
use crate::domain::document::{Kind, User};
use crate::domain::facts::{NewDocument, ProjectFacts, RegistryFacts};
use crate::domain::identity::{Actor, Assurance, Isolation, verified};
use crate::domain::policy::{Asked, Effect, Guard, OWN_VERBS, Plain, Policy, Profile, fixture};
use crate::domain::request::{Inputs, Request, Subject, Value};

use proptest::test_runner::TestRunner;

fn guards() -> Vec<Guard> {
    let plain = Plain::ALL.iter().map(|plain| Guard::Plain(*plain));
    let parametric = [
        Guard::OwnerOr(vec![name("quality")]),
        Guard::AskerOr(vec![name("quality")]),
        Guard::ReviewedBy(name("quality")),
        Guard::ParentIn(vec![name("IN_EXECUTION")]),
        Guard::Evidence(vec![name("ci-passed")]),
        Guard::Assurance(Assurance::Signature),
        Guard::Isolation(Isolation::Broker),
        Guard::NoUnsettledChild([(name("VAR"), vec![name("PRE_APPROVED")])].into()),
    ];
    plain.chain(parametric).collect()
}

/// A person who proves it by a token, and an agent of whom only the name is known.
fn callers() -> [Actor; 2] {
    let person = User { kind: Kind::Human, ..super::dice::user_of("lead", "administrator") };
    let token = super::bounds::credential(1, "lead", crate::domain::identity::CredentialKind::Standing);
    let agent = super::dice::user_of("ada", "administrator");
    [verified(&person, Assurance::Token, Some(token)), verified(&agent, Assurance::Claimed, None)]
}

fn names(
    policy: &Policy,
    facts: &crate::domain::facts::Facts,
    actor: &Actor,
    request: &Request,
) -> BTreeSet<String> {
    let denied = decide(policy, facts, actor, request).err();
    denied.iter().flat_map(Denial::reasons).map(|reason| reason.name.clone()).collect()
}

fn request(action: &str, subject: Subject, told: &[(&str, &str)]) -> Request {
    let all = told
        .iter()
        .fold(Inputs::default(), |all, (input, text)| all.with(name(input), Value::Text((*text).to_owned())));
    Request { action: name(action), subject, inputs: all, copy: None, candidate: None }
}

// REQ-005, REQ-056
#[test]
fn a_guard_of_the_project_or_of_a_new_document_is_asked_or_holds_nowhere() {
    let plain = of_profile(Profile::Light);
    let mut asked = facts(RegistryFacts::default());
    asked.project = Some(ProjectFacts::default());
    let mut new = facts(RegistryFacts::default());
    new.new = Some(NewDocument {
        document_type: name("CR"),
        number: 1,
        is_taken: false,
        template: None,
        namespaces: BTreeSet::new(),
        items: None,
    });
    let namespace = request("namespace_add", Subject::Project, &[("namespace", "X")]);
    let create = request("create", Subject::New(name("CR")), &[("title", "Pump")]);
    for actor in callers() {
        let bare = names(&plain, &asked, &actor, &namespace);
        for guard in guards() {
            let mut policy = plain.clone();
            for rule in &mut policy.project {
                rule.guards = vec![guard.clone()];
            }
            for edge in policy.workflows.values_mut().flat_map(|life| &mut life.transitions) {
                if edge.from.is_empty() {
                    edge.guards = vec![guard.clone()];
                }
            }
            let is_known = |found: &BTreeSet<String>| !found.contains(Condition::UnknownAction.name());
            for (where_, found) in [
                (Asked::Project, names(&policy, &asked, &actor, &namespace)),
                (Asked::New, names(&policy, &new, &actor, &create)),
            ] {
                assert_eq!(is_known(&found), guard.has_meaning(where_), "{guard:?} {where_:?}: {found:?}");
                // Nobody here has a key, a broker or a template.
                let is_met = guard == Guard::Plain(Plain::Human) && actor.is_person();
                assert_eq!(found.is_empty(), is_met, "{guard:?} {where_:?}: {found:?}");
            }
        }
        assert!(bare.is_empty(), "{bare:?}");
    }
}

// REQ-005
#[test]
fn a_guard_of_a_document_is_asked_or_holds_nowhere() {
    let policy = &fixture::candidate().policy;
    let outcome = TestRunner::new(config(60)).run(&stream(240), |numbers| {
        let facts = Dice::new(&numbers).facts(policy);
        let Some(document) = &facts.document else { return Ok(()) };
        let Some((life, _)) = policy.standing(document) else { return Ok(()) };
        let inputs = Inputs::default();
        for (actor, edge) in
            callers().iter().flat_map(|actor| life.transitions.iter().map(move |it| (actor, it)))
        {
            let case = Case { policy, facts: &facts, actor, inputs: &inputs, open: false, seeks: false };
            for guard in guards() {
                let found = case.unmet(&guard, life, edge, document);
                let is_known = found.iter().all(|reason| reason.name != Condition::UnknownAction.name());
                assert_eq!(is_known, guard.has_meaning(Asked::Document), "{guard:?}: {found:?}");
            }
        }
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
}

// REQ-006, REQ-027
#[test]
fn without_a_guard_of_the_policy_the_project_keeps_its_promises() {
    let policy = of_profile(Profile::Light);
    assert!(policy.project.iter().all(|rule| rule.guards.is_empty()));
    let [lead, _] = callers();
    let about = |user: &str| {
        let found = users().into_iter().find(|one| one.name.as_str() == user);
        let mut facts = facts(RegistryFacts::default());
        facts.project = Some(ProjectFacts { named_user: found, owned: 1, ..ProjectFacts::default() });
        facts
    };
    let of = |verb: &str, user: &str| {
        let told = [("user", user), ("group", "quality"), ("kind", "agent"), ("reason", "so")];
        let mut asked = request(verb, Subject::Project, &told);
        asked.inputs.0.retain(|input, _| {
            policy.action(&asked.action).is_some_and(|it| it.input(input.as_str()).is_some())
        });
        names(&policy, &about(user), &lead, &asked)
    };
    let is = |found: BTreeSet<String>, expected: &[Condition]| {
        assert_eq!(found, expected.iter().map(|one| one.name().to_owned()).collect::<BTreeSet<_>>());
    };
    is(of("user_add", "hana"), &[Condition::UserNameTaken]);
    is(of("user_move", "claude"), &[Condition::UserBusy]);
    is(of("user_remove", "claude"), &[Condition::UserBusy]);
    is(of("user_remove", "lead"), &[Condition::UserBusy, Condition::LastAdministrator]);
    is(of("user_move", "lead"), &[Condition::UserBusy, Condition::LastAdministrator]);
    is(of("user_remove", "nobody"), &[Condition::UserNotFound]);
    is(of("user_unbind", "hana"), &[Condition::NotBound]);
    let adopting = request("policy_adopt", Subject::Project, &[]);
    is(names(&policy, &about("hana"), &lead, &adopting), &[Condition::PolicyUnsound]);
}

// REQ-027
#[test]
fn whoever_alone_may_adopt_a_policy_stays_whoever_else_manages_users() {
    let mut policy = of_profile(Profile::Light);
    for rule in policy.project.iter_mut().filter(|rule| rule.action.as_str() != "policy_adopt") {
        rule.by.push(name("quality"));
    }
    let [lead, _] = callers();
    let mut facts = facts(RegistryFacts::default());
    facts.project = Some(ProjectFacts { named_user: users().into_iter().next(), ..ProjectFacts::default() });
    let asked = request("user_remove", Subject::Project, &[("user", "lead"), ("reason", "so")]);
    let found = names(&policy, &facts, &lead, &asked);
    assert_eq!(found, BTreeSet::from([Condition::LastAdministrator.name().to_owned()]));
}

// REQ-006
#[test]
fn nothing_is_done_of_which_it_was_not_told_what_however_little_a_policy_asks() {
    let mut policy = of_profile(Profile::Light);
    policy.actions.iter_mut().flat_map(|action| &mut action.inputs).for_each(|input| input.required = false);
    let [lead, _] = callers();
    let mut asked = facts(RegistryFacts::default());
    asked.project = Some(ProjectFacts::default());
    let missing = Condition::MissingInput.name();
    for verb in OWN_VERBS.iter().filter(|verb| verb.always().next().is_some()) {
        let found = names(&policy, &asked, &lead, &request(verb.name, Subject::Project, &[]));
        assert!(found.contains(missing), "{}: {found:?}", verb.name);
    }
    let inputs = Inputs::default();
    for edge in policy.workflows.values().flat_map(|life| &life.transitions) {
        let Some(action) = policy.action(&edge.action) else { continue };
        for open in [false, true] {
            let case =
                Case { policy: &policy, facts: &asked, actor: &lead, inputs: &inputs, open, seeks: false };
            let needs = edge.effects.iter().any(|effect: &Effect| !effect.needs().is_empty());
            assert_eq!(!case.unmet_effects(action, edge).is_empty(), needs && !open, "{}", edge.action);
        }
        // What could be told nowhere is missing wherever it is asked for.
        let mute = crate::domain::policy::Action { inputs: Vec::new(), ..action.clone() };
        let case =
            Case { policy: &policy, facts: &asked, actor: &lead, inputs: &inputs, open: true, seeks: false };
        let needs = edge.effects.iter().any(|effect| !effect.needs().is_empty());
        assert_eq!(!case.unmet_effects(&mute, edge).is_empty(), needs, "{}", edge.action);
    }
}
