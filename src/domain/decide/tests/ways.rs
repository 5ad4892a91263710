//! Administration is never lost for good where people sign: random walks over people, keys, codes, recoveries,
//! acknowledgements, removals and lost passphrases, and a search from wherever they end.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::bounds::{about, facts, of_profile};
use super::dice::{name, user_of};
use crate::domain::decide::{Recovery, Unsigned, Way, decide};
use crate::domain::digest::{Digest, Timestamp};
use crate::domain::document::{Kind, User};
use crate::domain::facts::{Facts, RegistryFacts, Signing, UserFacts};
use crate::domain::id::CredentialId;
use crate::domain::identity::{
    Acknowledgement, Assurance, Credential, CredentialKind, Grounds, KeyOrigin, verified,
};
use crate::domain::policy::{Policy, Profile};
use crate::domain::request::{Proposal, Registration};

/// The people: two who manage the project, and three who do not.
const PEOPLE: [(&str, &str); 5] = [
    ("lead", "administrator"),
    ("ada", "administrator"),
    ("hana", "quality"),
    ("ines", "quality"),
    ("tom", "reviewer"),
];

/// What somebody does. People are named by their place among all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    /// The first gives the second a code, and that one makes a key with it.
    Code(usize, usize),
    /// Makes a new key of their own.
    Renew(usize),
    /// The first recovers the second; without a first one, whoever holds the project key does.
    Recover(Option<usize>, usize),
    /// Whoever holds the project key recovers somebody, and nobody vouches for it.
    Alone(usize),
    /// The first acknowledges the last key of the second.
    Acknowledge(usize, usize),
    /// The first takes the keys of the second back.
    Revoke(usize, usize),
    /// The first removes the second.
    Remove(usize, usize),
    /// Somebody forgets the passphrase.
    Forget(usize),
}

/// A project, and what only the people know of it.
#[derive(Debug, Clone)]
struct State {
    keys: Vec<Credential>,
    here: BTreeSet<usize>,
    /// The keys whose passphrase somebody knows, with who does: not always the one whose key it is.
    known: BTreeMap<CredentialId, usize>,
    time: i64,
}

fn of(person: usize) -> &'static str {
    PEOPLE.get(person).map_or("nobody", |one| one.0)
}

impl State {
    fn begin() -> Self {
        let mut state =
            Self { keys: Vec::new(), here: (0..PEOPLE.len()).collect(), known: BTreeMap::new(), time: 1 };
        let mut first = state.fresh(0);
        first.origin = Some(KeyOrigin::Founder);
        state.known.insert(first.id.clone(), 0);
        state.keys.push(first);
        state
    }

    fn fresh(&mut self, user: usize) -> Credential {
        self.time += 10;
        let public = Digest::of(&self.time.to_be_bytes());
        let at = Timestamp::from_millis(self.time);
        Credential::new(CredentialId::of_key(&public), name(of(user)), CredentialKind::Key, public, at)
    }

    fn user(person: usize) -> User {
        let group = PEOPLE.get(person).map_or("quality", |one| one.1);
        User { kind: Kind::Human, ..user_of(of(person), group) }
    }

    fn facts(&self, about: usize) -> Facts {
        let now = Timestamp::from_millis(self.time);
        let own = |user: usize| self.keys.iter().filter(move |key| key.user.as_str() == of(user)).cloned();
        let registry = RegistryFacts {
            user: self.here.contains(&about).then(|| Self::user(about)),
            credentials: own(about).collect(),
            ..RegistryFacts::default()
        };
        let users = self.here.iter().map(|person| {
            let user = Self::user(*person);
            let signing = if self.counting(*person).is_some() { Signing::Able } else { Signing::Keyless };
            (user.name.clone(), UserFacts { user, open_tasks: 0, signing, bears: true })
        });
        let users = users.collect();
        Facts { now, valid: now, keys: self.keys.clone(), users, ..facts(registry) }
    }

    fn last(&self, person: usize) -> Option<&Credential> {
        self.keys.iter().rfind(|key| key.user.as_str() == of(person) && key.revoked_at.is_none())
    }

    fn counting(&self, person: usize) -> Option<&Credential> {
        self.last(person).filter(|key| key.counts() && self.here.contains(&person))
    }

    /// Tells whether somebody can sign in the name of a person.
    fn signs(&self, person: usize) -> bool {
        self.counting(person).is_some_and(|key| self.known.contains_key(&key.id))
    }

    fn administers(&self) -> bool {
        (0..2).any(|person| self.signs(person))
    }

    /// Asks for something with the key of a person, and takes in what comes of it.
    fn ask(&mut self, policy: &Policy, by: usize, on: usize, call: Registration) -> Option<()> {
        let own = self.last(by).filter(|key| self.known.contains_key(&key.id) && self.here.contains(&by))?;
        let assurance = if own.counts() { Assurance::Signature } else { Assurance::Token };
        let actor = verified(&Self::user(by), assurance, Some(own.clone()));
        self.take(policy, &self.facts(on), &actor, call)
    }

    fn take(
        &mut self,
        policy: &Policy,
        facts: &Facts,
        actor: &crate::domain::identity::Actor,
        call: Registration,
    ) -> Option<()> {
        let Way::Registry { credentials, .. } = decide(policy, facts, actor, &about(call)).ok()?.way else {
            panic!("no credentials")
        };
        for one in credentials.into_iter().filter(|one| one.kind == CredentialKind::Key) {
            match self.keys.iter_mut().find(|key| key.id == one.id) {
                Some(key) => *key = one,
                None => self.keys.push(one),
            }
        }
        Some(())
    }

    /// Does a step where it is permitted. `hand` is who knows the passphrase of a key that is made.
    fn step(&self, policy: &Policy, step: Step, hand: impl Fn(usize) -> Option<usize>) -> Option<Self> {
        let mut next = self.clone();
        match step {
            Step::Code(by, user) => {
                let fresh = next.fresh(user);
                let proposal = Proposal {
                    id: CredentialId::of_bytes(&next.time.to_be_bytes()),
                    verifier: Digest::of(b"code"),
                    user: name(of(user)),
                    scope: crate::domain::identity::Scope::default(),
                    time: None,
                    not_before: None,
                    uses: None,
                };
                next.ask(policy, by, user, Registration::Issue(proposal))?;
                let mut code = Credential::new(
                    CredentialId::of_bytes(b"codecode"),
                    name(of(user)),
                    CredentialKind::Enrolment,
                    fresh.verifier,
                    fresh.issued_at,
                );
                code.issued_by = Some(name(of(by)));
                let actor = verified(&Self::user(user), Assurance::Token, Some(code));
                next.take(policy, &next.facts(user), &actor, Registration::Key { public: fresh.verifier })?;
                next.known.extend(hand(user).map(|hand| (fresh.id.clone(), hand)));
            }
            Step::Renew(user) => {
                let fresh = next.fresh(user);
                next.ask(policy, user, user, Registration::Key { public: fresh.verifier })?;
                next.known.extend(hand(user).map(|hand| (fresh.id.clone(), hand)));
            }
            Step::Recover(Some(by), user) => {
                let fresh = next.fresh(user);
                let call = Registration::Recover { user: name(of(user)), public: fresh.verifier };
                next.ask(policy, by, user, call)?;
                next.known.extend(hand(user).map(|hand| (fresh.id.clone(), hand)));
            }
            Step::Recover(None, user) | Step::Alone(user) => {
                let is_alone = matches!(step, Step::Alone(_));
                next.here.get(&user)?;
                let mut fresh = next.fresh(user);
                let least = if is_alone { Unsigned::Alone } else { Unsigned::Waiting };
                if Recovery::of(policy, &next.facts(user), &fresh.user).unsigned < least {
                    return None;
                }
                fresh.origin = Some(KeyOrigin::Recovery);
                let grounds = Grounds::Alone;
                fresh.acknowledged = is_alone.then(|| Acknowledgement { by: fresh.user.clone(), grounds });
                let at = Some(Timestamp::from_millis(next.time));
                next.keys
                    .iter_mut()
                    .filter(|key| key.user == fresh.user)
                    .for_each(|key| key.revoked_at = key.revoked_at.or(at));
                next.known.extend(hand(user).map(|hand| (fresh.id.clone(), hand)));
                next.keys.push(fresh);
            }
            Step::Acknowledge(by, user) => {
                let fingerprint = next.last(user)?.id.clone();
                next.time += 10;
                next.ask(policy, by, user, Registration::Acknowledge { user: name(of(user)), fingerprint })?;
            }
            Step::Revoke(by, user) => {
                let named = next.last(user)?.clone();
                let own = next.last(by).filter(|_| next.signs(by))?.clone();
                let mut facts = next.facts(user);
                facts.registry.iter_mut().for_each(|it| it.named = Some(named.clone()));
                let actor = verified(&Self::user(by), Assurance::Signature, Some(own));
                next.take(policy, &facts, &actor, Registration::Revoke(named.id))?;
            }
            // Whoever manages the project removes whom they like, but the last person who does.
            Step::Remove(by, user) => {
                let stays = (0..2).any(|person| person != user && next.here.contains(&person));
                (by < 2 && next.signs(by) && stays && next.here.remove(&user)).then_some(())?;
            }
            Step::Forget(user) => {
                next.known.retain(|_, who| *who != user);
            }
        }
        Some(next)
    }
}

fn steps() -> Vec<Step> {
    let all = 0..PEOPLE.len();
    let pairs: Vec<_> = all.clone().flat_map(|by| all.clone().map(move |user| (by, user))).collect();
    let of_two = pairs.iter().flat_map(|&(by, user)| {
        [
            Step::Recover(Some(by), user),
            Step::Acknowledge(by, user),
            Step::Code(by, user),
            Step::Revoke(by, user),
            Step::Remove(by, user),
        ]
    });
    let of_one = all.flat_map(|user| {
        [Step::Renew(user), Step::Recover(None, user), Step::Alone(user), Step::Forget(user)]
    });
    of_two.chain(of_one).collect()
}

/// How a project comes about: by as many of these as the first number says.
const BEGINNING: [Step; 8] = [
    Step::Code(0, 2),
    Step::Acknowledge(0, 2),
    Step::Code(0, 4),
    Step::Acknowledge(2, 4),
    Step::Acknowledge(2, 0),
    Step::Code(0, 1),
    Step::Acknowledge(4, 1),
    Step::Code(1, 3),
];

/// Walks by these numbers, each of which chooses a kind of step, and among those of that kind one that is permitted.
fn walked(policy: &Policy, (begun, numbers): &(usize, Vec<u16>)) -> State {
    let mut state = State::begin();
    for step in BEGINNING.iter().take(*begun) {
        state = state.step(policy, *step, Some).unwrap_or_else(|| panic!("{step:?}"));
    }
    for number in numbers {
        let kind = |step: &Step| match step {
            Step::Forget(_) => 0,
            Step::Remove(..) => 1,
            Step::Revoke(..) => 2,
            Step::Alone(_) | Step::Recover(None, _) => 3,
            Step::Renew(_) => 4,
            Step::Recover(Some(_), _) => 5,
            Step::Code(..) => 6,
            Step::Acknowledge(..) => 7,
        };
        let steps: Vec<Step> = steps().into_iter().filter(|step| kind(step) == number % 8).collect();
        let mut order = steps.iter().cycle().skip(usize::from(number / 8)).take(steps.len());
        if let Some(next) = order.find_map(|step| state.step(policy, *step, Some)) {
            state = next;
        }
    }
    state
}

/// Looks for a way to somebody who administers the project, at most so many steps long. Of those who do not, only `there`
/// can take a new passphrase: the others have left.
fn returns(policy: &Policy, state: &State, there: &[usize], with: &[Step], depth: usize) -> bool {
    let hand = |user: usize| Some(user).filter(|user| *user < 2 || there.contains(user));
    let goes_on = |step: &Step| {
        let next = state.step(policy, *step, hand);
        next.is_some_and(|next| returns(policy, &next, there, with, depth - 1))
    };
    state.administers() || depth > 0 && with.iter().any(goes_on)
}

fn walk() -> impl Strategy<Value = (usize, Vec<u16>)> {
    (0..=BEGINNING.len(), prop::collection::vec(0..1600u16, 0..12))
}

proptest! {
    // REQ-279
    #[test]
    fn whoever_can_sign_gets_administration_back_with_the_project_key(walk in walk()) {
        let policy = of_profile(Profile::Gxp);
        let state = walked(&policy, &walk);
        let counting: Vec<usize> = (0..PEOPLE.len()).filter(|user| state.counting(*user).is_some()).collect();
        // Where two keys count whose passphrases are both lost, nothing tells that from two people who are there.
        prop_assume!(counting.len() < 2 || counting.iter().any(|user| state.signs(*user)));
        let there: Vec<usize> = (0..PEOPLE.len()).filter(|user| state.signs(*user)).collect();
        let managing = 0..2usize;
        let with: Vec<Step> = steps()
            .into_iter()
            .filter(|step| match step {
                // Whoever can sign keeps the key.
                Step::Recover(_, user) => !there.contains(user),
                Step::Alone(user) | Step::Acknowledge(_, user) => managing.contains(user),
                _ => false,
            })
            .collect();
        prop_assert!((0..=6).any(|depth| returns(&policy, &state, &there, &with, depth)), "{state:#?}");
    }

    // REQ-280
    #[test]
    fn nobody_alone_makes_a_key_count_while_another_person_could_vouch_for_it(
        walk in walk(), tried in prop::collection::vec(any::<u16>(), 1..16), me in 0..PEOPLE.len(),
    ) {
        let policy = of_profile(Profile::Gxp);
        let start = walked(&policy, &walk);
        let mut state = start.clone();
        // All that one person can do alone, with every key whose passphrase that one comes to know; to remove people is
        // to say that they have left, which the record shows.
        let steps: Vec<Step> = steps().into_iter().filter(|step| !matches!(step, Step::Remove(..) | Step::Alone(_) | Step::Recover(None, _) | Step::Forget(_))).collect();
        state.known.retain(|_, who| *who == me);
        for number in tried {
            let mut order = steps.iter().cycle().skip(usize::from(number) % steps.len()).take(steps.len());
            if let Some(next) = order.find_map(|step| state.step(&policy, *step, |_| Some(me))) {
                state = next;
            }
        }
        for key in state.keys.iter().filter(|key| key.counts()) {
            // What others made, and waited for somebody, is not made alone.
            let before = start.keys.iter().find(|one| one.id == key.id);
            let is_own = |one: &Credential| one.user == name(of(me)) || one.issued_by == Some(name(of(me)));
            let was = before.is_some_and(|one| one.counts() || !is_own(one));
            let others = (0..PEOPLE.len()).filter(|one| *one != me && of(*one) != key.user.as_str());
            let others: Vec<&str> = others.filter(|one| start.signs(*one)).map(of).collect();
            // The founder and the first other person vouch for each other.
            let is_pair = key.acknowledged.as_ref().is_some_and(|it| it.grounds == Grounds::FirstPair);
            prop_assert!(was || others.is_empty() || is_pair, "{key:#?} without {others:?}");
        }
    }

    // REQ-281
    #[test]
    fn whom_a_refusal_names_may_do_what_it_says(walk in walk()) {
        let policy = of_profile(Profile::Gxp);
        let state = walked(&policy, &walk);
        for user in state.here.iter().copied() {
            let Some(key) = state.last(user).filter(|key| !key.counts()) else { continue };
            let facts = state.facts(user);
            let actor = verified(&State::user(user), Assurance::Token, Some(key.clone()));
            let call = Registration::Recover { user: name("lead"), public: Digest::of(b"new") };
            let Err(denial) = decide(&policy, &facts, &actor, &about(call)) else { panic!("permitted") };
            let said = denial.reasons().iter().find(|one| one.name == "assurance_too_low");
            let said = said.map(|one| one.message.clone()).unwrap_or_default();
            let (_, said) = said.split_once("its fingerprint; ").unwrap_or_else(|| panic!("{said}"));
            // Everybody who is named can sign, for what the passphrases matter.
            let mut all = state.clone();
            let ids: Vec<(CredentialId, usize)> = (0..PEOPLE.len()).filter_map(|one| Some((all.counting(one)?.id.clone(), one))).collect();
            all.known.extend(ids);
            let place = |said: &str| PEOPLE.iter().position(|one| one.0 == said);
            let words: Vec<&str> = said.split([' ', ':', ';', ',']).collect();
            let after = |word: &str| words.iter().position(|one| *one == word).and_then(|at| words.get(at + 1)).and_then(|one| place(one));
            if let Some((names, _)) = said.split_once(" can: qms key acknowledge") {
                for by in names.split(" or ") {
                    let by = place(by).unwrap_or_else(|| panic!("{said}"));
                    prop_assert!(all.step(&policy, Step::Acknowledge(by, user), Some).is_some(), "{said}");
                }
            } else if said.contains("--user") {
                let (by, on) = (after("--user"), after("recover").unwrap_or_else(|| panic!("{said}")));
                let next = all.step(&policy, Step::Recover(by, on), Some);
                prop_assert!(next.is_some(), "{said}");
                // And somebody can vouch for the key that is made.
                let vouched = next.is_some_and(|next| (0..PEOPLE.len()).any(|by| next.step(&policy, Step::Acknowledge(by, on), Some).is_some()));
                prop_assert!(vouched, "{said}");
            } else if let Some(on) = after("recover") {
                let step = if said.ends_with("--alone") { Step::Alone(on) } else { Step::Recover(None, on) };
                let next = all.step(&policy, step, Some);
                prop_assert!(next.is_some(), "{said}");
                let by = PEOPLE.iter().position(|one| said.contains(&format!("which {} acknowledges", one.0)));
                if let (Some(by), Some(next)) = (by, next) {
                    prop_assert!(next.step(&policy, Step::Acknowledge(by, on), Some).is_some(), "{said}");
                }
            } else {
                prop_assert!(said.contains("can remove users who have left"), "{said}");
            }
        }
    }
}
