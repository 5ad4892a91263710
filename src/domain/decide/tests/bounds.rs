//! Nothing bounded makes something wider: every kind of proof, with every bound, tries every call of the registry.

use std::collections::{BTreeMap, BTreeSet};

use super::dice::{name, user_of};
use crate::domain::decide::{Way, decide};
use crate::domain::digest::{Digest, Timestamp};
use crate::domain::document::{Kind, Task, User};
use crate::domain::facts::{Facts, ItemFacts, RegistryFacts, Signing, Texts, UserFacts};
use crate::domain::id::CredentialId;
use crate::domain::identity::{
    Acknowledgement, Actor, Assurance, Credential, CredentialKind, Grounds, KeyOrigin, Scope, verified,
};
use crate::domain::order::Order;
use crate::domain::policy::{Agent, Launcher, Policy, Profile, fixture};
use crate::domain::process::{Placement, Process};
use crate::domain::request::{CopyFacts, Inputs, Launch, Proposal, Registration, Request, Subject};
use crate::domain::yaml::Place;

const NOW: Timestamp = Timestamp::from_millis(1_000_000);
const END: Timestamp = Timestamp::from_millis(1_060_000);
const LONG: u64 = 1_000_000_000;

pub(super) fn id(number: u8) -> CredentialId {
    CredentialId::of_bytes(&[number; 8])
}

pub(super) fn credential(number: u8, user: &str, kind: CredentialKind) -> Credential {
    let at = Timestamp::from_millis(1000);
    Credential::new(id(number), name(user), kind, Digest::of(&[number]), at)
}

/// The program that agents are started with.
const PROGRAM: &str = "/bin/agent";

/// The policy, with an agent that everybody may start.
pub(super) fn of_profile(profile: Profile) -> Policy {
    let mut policy = fixture::candidate().policy.clone();
    policy.profile = profile;
    let (environment, place) = (Vec::new(), Place::default());
    let (command, directory) = (vec![PROGRAM.to_owned()], "/".to_owned());
    let launcher = Launcher { command, environment, directory, place: place.clone() };
    let reviewer = Agent {
        user: name("claude"),
        launcher: Some("runtime".to_owned()),
        definition: None,
        started_by: users().into_iter().map(|user| user.name).collect(),
        ttl: LONG,
        place,
    };
    policy.launchers.insert("runtime".to_owned(), launcher);
    policy.agents.insert("reviewer".to_owned(), reviewer);
    policy.pins.insert(PROGRAM.to_owned(), Digest::of(b"program"));
    policy
}

/// An administrator who is a person, one who is an agent, an agent, and two more people.
pub(super) fn users() -> Vec<User> {
    let person = |user: &str, group: &str| User { kind: Kind::Human, ..user_of(user, group) };
    vec![
        person("lead", "administrator"),
        user_of("ada", "administrator"),
        user_of("claude", "initiator"),
        person("hana", "quality"),
        person("ines", "quality"),
    ]
}

pub(super) fn facts(registry: RegistryFacts) -> Facts {
    let known = users().into_iter().map(|user| {
        (user.name.clone(), UserFacts { user, open_tasks: 0, signing: Signing::Able, bears: true })
    });
    Facts {
        now: NOW,
        valid: NOW,
        order: Order::default(),
        is_trial: false,
        policy: Digest::of(b"policy"),
        document: None,
        parent: None,
        last_version: None,
        children: Vec::new(),
        waiting: Vec::new(),
        users: known.collect(),
        keys: Vec::new(),
        copy: CopyFacts::NotOut,
        front_matter: Err("unread".to_owned()),
        front_matter_in_force: None,
        required: BTreeMap::new(),
        cycle: None,
        objection: None,
        attestations: Vec::new(),
        run: None,
        texts: Texts::default(),
        items: ItemFacts::default(),
        answers: BTreeMap::new(),
        new: None,
        project: None,
        registry: Some(registry),
    }
}

/// Everything that can be presented, with a word for it and how sure it makes.
pub(super) fn proofs(user: &str) -> Vec<(&'static str, Assurance, Option<Credential>)> {
    let plain = |kind| credential(1, user, kind);
    let standing = || plain(CredentialKind::Standing);
    let actions =
        |names: &[&str]| Scope { actions: names.iter().map(|it| name(it)).collect(), ..Scope::default() };
    let documents = Scope { documents: BTreeSet::from([name("CR-001")]), ..Scope::default() };
    let task = Scope { actions: BTreeSet::from([name("review")]), ..documents.clone() };
    let everything = ["token_issue", "credential_revoke", "token_rotate", "key_create", "unlock"];
    let until = |one: Credential| Credential { not_after: Some(END), ..one };
    let spawn = || Credential { scope: task.clone(), ..until(plain(CredentialKind::Spawn)) };
    let code = Credential {
        uses: Some(1),
        scope: actions(&["key_create"]),
        ..until(plain(CredentialKind::Enrolment))
    };
    let key = Credential { origin: Some(KeyOrigin::Founder), ..plain(CredentialKind::Key) };
    vec![
        ("nothing", Assurance::Claimed, None),
        ("ticket", Assurance::Ticket, None),
        ("ticket of a token", Assurance::Ticket, Some(standing())),
        ("ticket of an agent", Assurance::Ticket, Some(spawn())),
        ("spawn", Assurance::Token, Some(spawn())),
        ("unlock", Assurance::Token, Some(until(plain(CredentialKind::Unlock)))),
        ("code", Assurance::Token, Some(code)),
        ("for a time", Assurance::Token, Some(until(standing()))),
        ("for uses", Assurance::Token, Some(Credential { uses: Some(3), used: 1, ..standing() })),
        ("for actions", Assurance::Token, Some(Credential { scope: actions(&everything), ..standing() })),
        ("for documents", Assurance::Token, Some(Credential { scope: documents, ..standing() })),
        ("standing", Assurance::Token, Some(standing())),
        ("key", Assurance::Signature, Some(key)),
    ]
}

fn calls(own: Option<&Credential>) -> Vec<(Registration, RegistryFacts)> {
    let (new, verifier) = (id(9), Digest::of(b"new"));
    let others = credential(2, "hana", CredentialKind::Key);
    let all: Vec<Credential> = own.into_iter().cloned().chain([others.clone()]).collect();
    let about = |user: &str| RegistryFacts {
        user: users().into_iter().find(|one| one.name.as_str() == user),
        credentials: all.iter().filter(|one| one.user.as_str() == user).cloned().collect(),
        ..RegistryFacts::default()
    };
    let mut calls = Vec::new();
    for user in ["lead", "ada", "claude", "hana", "ines"] {
        for time in [None, Some(1), Some(LONG)] {
            for uses in [None, Some(1), Some(100)] {
                let proposal = Proposal {
                    id: new.clone(),
                    verifier,
                    user: name(user),
                    scope: Scope::default(),
                    time,
                    not_before: None,
                    uses,
                };
                calls.push((Registration::Issue(proposal), about(user)));
            }
        }
        let fingerprint =
            all.iter().find(|one| one.user.as_str() == user).map_or(id(7), |one| one.id.clone());
        calls.push((Registration::Acknowledge { user: name(user), fingerprint }, about(user)));
        calls.push((Registration::Recover { user: name(user), public: verifier }, about(user)));
    }
    let mine = own.map_or("lead", |own| own.user.as_str());
    for named in own.into_iter().chain([&others]) {
        let facts = RegistryFacts { named: Some(named.clone()), ..about(named.user.as_str()) };
        calls.push((Registration::Revoke(named.id.clone()), facts));
    }
    for grace in [0, 1000, u32::MAX] {
        calls.push((Registration::Rotate { id: new.clone(), verifier, grace }, about(mine)));
    }
    calls.push((Registration::Key { public: verifier }, about(mine)));
    for time in [1, u32::MAX] {
        calls.push((Registration::Unlock { id: new.clone(), verifier, time }, about(mine)));
    }
    calls.push((Registration::Start(Box::new(launch(new, verifier))), about("claude")));
    calls
}

fn launch(token: CredentialId, verifier: Digest) -> Launch {
    let process = |id| Process { id, started: 1 };
    Launch {
        agent: "reviewer".to_owned(),
        document: name("CR-001"),
        task: Task::Review,
        session: "run-1".to_owned(),
        token,
        verifier,
        placement: Placement { process: process(2), launcher: process(1), namespaces: "n".to_owned() },
        brief: Digest::of(b""),
        observed: BTreeMap::from([(PROGRAM.to_owned(), Digest::of(b"program"))]),
        rivals: BTreeMap::new(),
    }
}

pub(super) fn about(registration: Registration) -> Request {
    Request {
        action: name(registration.action()),
        subject: Subject::Registry(Box::new(registration)),
        inputs: Inputs::default(),
        copy: None,
        candidate: None,
    }
}

fn made(policy: &Policy, actor: &Actor, call: &(Registration, RegistryFacts)) -> Option<Vec<Credential>> {
    let request = about(call.0.clone());
    let keys = actor.credential().cloned().into_iter().chain([credential(2, "hana", CredentialKind::Key)]);
    let keys = keys.filter(|one| one.kind == CredentialKind::Key).collect();
    let permit = decide(policy, &Facts { keys, ..facts(call.1.clone()) }, actor, &request).ok()?;
    match permit.way {
        Way::Registry { credentials, .. } => Some(credentials),
        other => panic!("{other:?}"),
    }
}

/// Checks what came out against what was presented.
fn is_within(presented: Option<&Credential>, made: &[Credential], what: &str) {
    let left = |one: &Credential| one.uses.map(|uses| uses - one.used);
    for new in made.iter().filter(|one| one.id == id(9) || one.verifier == Digest::of(b"new")) {
        if new.kind == CredentialKind::Spawn {
            // The policy says whose it is, and the task what it is good for.
            let is_for_its_task = !new.scope.actions.is_empty() && !new.scope.documents.is_empty();
            assert!(new.not_after.is_some() && is_for_its_task, "{what}: is for more than a task");
        }
        let Some(old) = presented else {
            assert_eq!(new.kind, CredentialKind::Spawn, "{what}: made by nothing that was presented");
            continue;
        };
        if let Some(end) = old.not_after.filter(|_| old.kind != CredentialKind::Enrolment) {
            assert!(new.not_after.is_some_and(|until| until.has_come(end)), "{what}: lasts longer");
            assert_ne!(new.kind, CredentialKind::Enrolment, "{what}: makes a key, which has no end");
        }
        if old.is_limited() && old.kind != CredentialKind::Enrolment {
            assert_eq!(new.user, old.user, "{what}: is somebody else's");
            assert!(old.scope == new.scope, "{what}: is good for more");
            let fewer = left(old).is_none_or(|before| left(new).is_some_and(|after| after < before));
            assert!(fewer, "{what}: may be used as often as before");
        }
    }
}

// REQ-191
#[test]
fn what_is_bounded_makes_nothing_that_is_wider() {
    let mut permitted: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for profile in [Profile::Light, Profile::Team, Profile::Gxp] {
        let policy = of_profile(profile);
        for user in users() {
            for (word, assurance, presented) in proofs(user.name.as_str()) {
                let actor = verified(&user, assurance, presented.clone());
                for call in calls(presented.as_ref()) {
                    let what = format!("{profile} {} {word} {:?}", user.name, call.0);
                    if let Some(made) = made(&policy, &actor, &call) {
                        is_within(presented.as_ref(), &made, &what);
                        permitted.entry(word).or_default().insert(call.0.action());
                    }
                }
            }
        }
    }
    let words = |word: &str| permitted.get(word).into_iter().flatten().copied().collect::<Vec<_>>();
    for word in ["nothing", "ticket of an agent", "spawn", "unlock"] {
        assert_eq!(words(word), Vec::<&str>::new(), "{word}");
    }
    for word in ["ticket", "ticket of a token"] {
        assert_eq!(words(word), ["agent_started"], "{word}");
    }
    assert_eq!(words("code"), ["key_create"]);
    assert_eq!(words("for uses"), ["credential_revoke", "token_rotate"]);
    assert_eq!(words("for actions"), ["credential_revoke", "token_rotate"]);
    assert_eq!(words("for documents"), ["credential_revoke", "token_rotate"]);
    let for_a_time = ["agent_started", "credential_revoke", "token_issue", "token_rotate"];
    assert_eq!(words("for a time"), for_a_time);
    let mine = ["agent_started", "credential_revoke", "key_create", "token_issue", "token_rotate"];
    assert_eq!(words("standing"), mine);
    let all = [
        "agent_started",
        "credential_revoke",
        "key_acknowledge",
        "key_create",
        "recover",
        "token_issue",
        "unlock",
    ];
    assert_eq!(words("key"), all);
}

// REQ-192
#[test]
fn where_people_sign_who_may_act_is_said_by_a_person_who_signs() {
    let policy = of_profile(Profile::Gxp);
    for user in users() {
        for (word, assurance, presented) in proofs(user.name.as_str()) {
            let actor = verified(&user, assurance, presented.clone());
            for call in calls(presented.as_ref()) {
                let is_of_others = match &call.0 {
                    Registration::Issue(_)
                    | Registration::Acknowledge { .. }
                    | Registration::Recover { .. } => true,
                    Registration::Revoke(named) => *named == id(2) && user.name.as_str() != "hana",
                    _ => false,
                };
                let made = made(&policy, &actor, &call);
                assert!(
                    !(is_of_others && made.is_some() && assurance != Assurance::Signature),
                    "{} {word} {:?}",
                    user.name,
                    call.0
                );
            }
        }
    }
}

pub(super) fn acknowledged(key: Credential, by: &str, grounds: Grounds) -> Credential {
    Credential { acknowledged: Some(Acknowledgement { by: name(by), grounds }), ..key }
}
