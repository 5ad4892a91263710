//! Who can be seated in a round, and who is.

use std::collections::BTreeSet;

use super::{Case, Condition, Reason, recovery};
use crate::domain::document::{Document, Kind, Task};
use crate::domain::facts::{Facts, Signing, UserFacts};
use crate::domain::id::{StateName, UserName};
use crate::domain::identity::Assurance;
use crate::domain::offer::Offer;
use crate::domain::policy::{Effect, Guard, Plain, Policy, RoundRule, Transition, VerdictKind, Workflow};

/// The question who takes part in the round of a state.
pub(super) struct Seating<'a> {
    case: &'a Case<'a>,
    workflow: &'a Workflow,
    rule: &'a RoundRule,
    state: &'a StateName,
    answers: Vec<&'a Transition>,
    phase: &'a crate::domain::id::PhaseName,
    document: &'a Document,
    /// Who opened the round, or is about to.
    asker: &'a UserName,
}

impl<'a> Seating<'a> {
    /// Asks about the round of `state`; `None` where that state has none.
    pub(super) fn of(
        case: &'a Case<'a>,
        workflow: &'a Workflow,
        state: &'a StateName,
        document: &'a Document,
    ) -> Option<Self> {
        let target = workflow.state(state)?;
        let rule = target.round.as_ref()?;
        let answers = workflow
            .leaving(state)
            .filter(|edge| edge.verdict.is_some_and(|verdict| verdict != VerdictKind::Reject))
            .collect();
        let asker = match &document.round {
            Some(round) if document.state == *state => &round.asked_by,
            _ => case.actor.name(),
        };
        Some(Self { case, workflow, rule, state, answers, phase: &target.phase, document, asker })
    }

    /// Tells why a user could not answer; `None` where it could.
    fn obstacle(&self, facts: &UserFacts) -> Option<&'static str> {
        let user = &facts.user;
        let asker_is_barred = |edge: &&Transition| edge.guards.contains(&Guard::Plain(Plain::NotAsker));
        let policy = self.case.policy;
        let its = || self.answers.iter().filter(|edge| policy.acts_as(&user.group, &edge.by));
        if its().next().is_none() {
            Some("its group gives no such verdict")
        } else if its().all(|edge| policy.is_for_people(edge) && user.kind != Kind::Human) {
            Some("only a person can give the verdict")
        } else if its().all(|edge| !proves(facts, policy.assurance_of(edge))) {
            Some("it has no key that counts as a signature")
        } else if self.case.judged_with(self.document).any(|own| own.is_written_by(&user.name)) {
            Some("it is an author")
        } else if self.case.has_stake(self.document, &user.name) {
            Some("it is the owner")
        } else if self.answers.iter().all(asker_is_barred) && &user.name == self.asker {
            Some("it opened the round")
        } else {
            None
        }
    }

    fn is_eligible(&self, name: &UserName) -> bool {
        self.case.facts.users.get(name).is_some_and(|facts| self.obstacle(facts).is_none())
    }

    /// What a user has to sign with, if that alone keeps it from a seat.
    fn lacks_key(&self, name: &UserName) -> Option<Signing> {
        let facts = self.case.facts.users.get(name)?;
        let enrolled = UserFacts { signing: Signing::Able, ..facts.clone() };
        (self.obstacle(facts).is_some() && self.obstacle(&enrolled).is_none()).then_some(facts.signing)
    }

    fn fills_slot(&self, name: &UserName) -> bool {
        let slot = std::slice::from_ref(&self.rule.slot);
        self.case.facts.users.get(name).is_some_and(|facts| self.case.policy.acts_as(&facts.user.group, slot))
    }

    fn has_seat(&self, name: &UserName) -> bool {
        self.document.state == *self.state
            && self.document.round.as_ref().is_some_and(|round| round.seats.contains_key(name))
    }

    /// Adds to a reason against a verdict that nobody who is asked could give one, where that is so: then the
    /// round is withdrawn. A round that was opened under a lower profile can be left so by a stricter one.
    pub(super) fn with_way_out(&self, mut reason: Reason) -> Reason {
        let Some(round) = &self.document.round else { return reason };
        let mut asked = round.seats.keys().filter(|name| round.awaits(name));
        if asked.any(|name| self.is_eligible(name)) {
            return reason;
        }
        let id = &self.document.id;
        reason.message = format!("{}; nobody who is asked about {id} could answer now", reason.message);
        self.case.with_verb(reason, &Offer::of("withdraw"))
    }

    /// What stands against the users named.
    pub(super) fn unmet_names(&self, named: &[UserName]) -> Vec<Reason> {
        let id = &self.document.id;
        let mut reasons = Vec::new();
        for name in named {
            match self.case.facts.users.get(name).map(|facts| self.obstacle(facts)) {
                None => {
                    let message = format!("`{name}` is not a user of this project");
                    reasons.push(Reason::new(Condition::AssigneeNotEligible, message));
                }
                Some(Some(why)) => {
                    let message = format!("`{name}` cannot be assigned to {id}: {why}");
                    reasons.push(Reason::new(Condition::AssigneeNotEligible, message));
                }
                Some(None) if self.has_seat(name) => {
                    let message = format!("`{name}` is assigned to {id} already");
                    reasons.push(Reason::new(Condition::AlreadyAssigned, message));
                }
                Some(None) => {}
            }
        }
        reasons
    }

    /// Tells whether anyone could still be seated.
    pub(super) fn unmet_somebody(&self) -> Option<Reason> {
        let free = |name: &&UserName| self.is_eligible(name) && !self.has_seat(name);
        self.case.facts.users.keys().find(free).is_none().then(|| {
            let message = format!("nobody else could be assigned to {}", self.document.id);
            Reason::new(Condition::AlreadyAssigned, message)
        })
    }

    /// Chooses whom the round opens with: those named, those who reviewed where the policy says
    /// so, and a member of the slot's group with the fewest open tasks unless one is there.
    pub(super) fn plan(&self) -> Result<Vec<UserName>, Vec<Reason>> {
        self.plan_with(self.case.inputs.users("assignees"))
    }

    /// What stands in the way of opening the round; where nobody is named yet, whoever may be.
    pub(super) fn unmet_plan(&self) -> Vec<Reason> {
        let Err(unmet) = self.plan() else { return Vec::new() };
        let choosing = self.case.open && self.case.inputs.users("assignees").is_empty();
        let mut users = self.case.facts.users.keys();
        if choosing && users.any(|name| self.plan_with(std::slice::from_ref(name)).is_ok()) {
            return Vec::new();
        }
        unmet
    }

    fn plan_with(&self, named: &[UserName]) -> Result<Vec<UserName>, Vec<Reason>> {
        let unmet = self.unmet_names(named);
        if !unmet.is_empty() {
            return Err(unmet);
        }
        let mut seats: BTreeSet<UserName> = named.iter().cloned().collect();
        if self.rule.seats_reviewers {
            seats.extend(self.reviewers().filter(|name| self.is_eligible(name)).cloned());
        }
        let suffices = !named.is_empty() && self.reopens_review() && self.was_reviewed();
        if !suffices && !seats.iter().any(|name| self.fills_slot(name)) {
            seats.insert(self.least_loaded()?);
        }
        Ok(seats.into_iter().collect())
    }

    /// Tells whether the round adds to a finished review, whose verdicts go on counting. Every
    /// other round is judged by its own answers or begins anew.
    fn reopens_review(&self) -> bool {
        self.workflow.state(&self.document.state).map(|state| &state.phase) == Some(self.phase)
    }

    /// Tells whether the slot's group has reviewed this content before, so that others can be asked alone. An
    /// approval is given in its own round.
    fn was_reviewed(&self) -> bool {
        let unmet = || self.case.unmet_reviewed(&self.rule.slot, self.workflow, self.document);
        self.rule.task == Task::Review && unmet().is_none()
    }

    /// Members of the slot's group whose verdict on this content stands in the present phase.
    fn reviewers(&self) -> impl Iterator<Item = &UserName> {
        let phase = self.workflow.state(&self.document.state).map(|state| &state.phase);
        let names =
            self.document.verdicts.keys().filter(move |(of, _)| Some(of) == phase).map(|(_, name)| name);
        names.filter(|name| self.fills_slot(name))
    }

    fn least_loaded(&self) -> Result<UserName, Vec<Reason>> {
        let candidates =
            self.case.facts.users.iter().filter(|(name, _)| self.fills_slot(name) && self.is_eligible(name));
        candidates.min_by_key(|(_, facts)| facts.open_tasks).map(|(name, _)| name.clone()).ok_or_else(|| {
            let slot = &self.rule.slot;
            let message = format!("no user of group {slot} could answer for {}", self.document.id);
            let mut reason = Reason::new(Condition::NoEligible, message);
            let users = || self.case.facts.users.keys().filter(|name| self.fills_slot(name));
            let lacking = |what| users().find(|name| self.lacks_key(name) == Some(what));
            reason = if let Some(name) = lacking(Signing::Uncompared) {
                reason.message =
                    format!("{}: nobody has compared the fingerprint of `{name}`'s key yet", reason.message);
                let comparing = Offer::of("key_acknowledge").with("user", name).asking("fingerprint");
                if recovery::acknowledges(self.case, name) {
                    reason.remedy(comparing)
                } else {
                    let who = recovery::who_compares(self.case, name);
                    reason.message = format!("{}; {who}", reason.message);
                    reason
                }
            } else if let Some(name) = lacking(Signing::Keyless) {
                // A person who only lacks a key is helped by the code to make one.
                reason.message = format!("{}: `{name}` has no key yet", reason.message);
                self.case.with_token_verb(reason, Offer::of("token_issue").with("user", name).asking("out"))
            } else {
                let adding =
                    Offer::of("user_add").asking("user").with("group", slot).with("kind", &Kind::Human);
                self.case.with_project_verb(reason, adding)
            };
            reason.name = format!("{}_{slot}", Condition::NoEligible);
            vec![reason]
        })
    }

    /// What stands against releasing the users named, or anyone where none is named yet.
    pub(super) fn unmet_release(&self) -> Vec<Reason> {
        let Some(round) = &self.document.round else { return Vec::new() };
        let id = &self.document.id;
        let named = self.case.inputs.users("assignees");
        if named.is_empty() {
            let someone = round.seats.keys().any(|name| round.awaits(name) && name != self.case.actor.name());
            return if someone {
                Vec::new()
            } else {
                vec![Reason::new(Condition::NobodyToRelease, format!("no task of {id} is open"))]
            };
        }
        let me = self.case.actor.name();
        let idle = named.iter().filter(|name| !round.awaits(name)).map(|name| {
            Reason::new(Condition::NobodyToRelease, format!("`{name}` has no open task in {id}"))
        });
        let own = named.iter().filter(|name| *name == me && round.awaits(name)).map(|name| {
            Reason::new(Condition::ReleasesSelf, format!("`{name}` cannot be released from {id} by `{name}`"))
        });
        idle.chain(own).collect()
    }

    /// A step after which the round counts as answered, without an answer of whoever takes it, is as good as a
    /// verdict: nobody takes it who could not give one.
    pub(super) fn unmet_completion(&self, edge: &Transition) -> Option<Reason> {
        let removes = edge.effects.contains(&Effect::RemoveSeats);
        let round =
            self.document.round.as_ref().filter(|_| edge.verdict.is_none() && (edge.quorum || removes))?;
        let is_left = self.case.awaits_after(edge, round);
        if !is_left && round.content != self.document.content {
            let message = format!("the round of {} speaks about another content", self.document.id);
            return Some(Reason::new(Condition::ContentChanged, message));
        }
        let why = self.keeps_from_judging().filter(|_| !is_left)?;
        let (me, id) = (self.case.actor.name(), &self.document.id);
        let message =
            format!("the round of {id} would count as answered, and `{me}` could give no verdict: {why}");
        Some(Reason::new(Condition::CompletesRound, message))
    }

    /// Why the actor could give no verdict in this round, whatever its tasks.
    fn keeps_from_judging(&self) -> Option<String> {
        let me = self.case.actor.name();
        if self.case.judged_with(self.document).any(|own| own.is_written_by(me)) {
            return Some("it is an author".to_owned());
        } else if self.case.has_stake(self.document, me) {
            return Some("it is the owner".to_owned());
        }
        let obstacles = self.answers.iter().map(|edge| self.obstacle_to_giving(edge));
        // One verdict that could be given is enough.
        obstacles.reduce(Option::and).flatten()
    }

    /// What of a verdict asks for somebody else than the actor: all that is asked about whoever gives it.
    fn obstacle_to_giving(&self, edge: &Transition) -> Option<String> {
        let (case, least) = (self.case, self.case.policy.assurance_of(edge));
        if !case.actor_is_one_of(&edge.by) {
            return Some(format!("its group gives no `{}`", edge.action));
        } else if case.policy.is_for_people(edge) && !case.actor.is_person() {
            return Some("only a person can, who proves it".to_owned());
        } else if case.actor.assurance() < least {
            return Some(format!("that needs at least: {least}"));
        }
        let asked = edge.guards.iter().filter(|guard| guard.is_about_caller());
        let unmet = asked.flat_map(|guard| case.unmet(guard, self.workflow, edge, self.document)).next();
        unmet.map(|reason| reason.message)
    }

    /// Tells whether the slot stays filled without the users named; where none is named yet, without some one user
    /// who could be released. Where it was filled before the round was opened, anybody can be released.
    pub(super) fn unmet_slot(&self) -> Option<Reason> {
        let round = self.document.round.as_ref()?;
        let was_reviewed = self.was_reviewed();
        let keeps = |gone: &[UserName]| {
            was_reviewed || round.seats.keys().any(|name| self.fills_slot(name) && !gone.contains(name))
        };
        let named = self.case.inputs.users("assignees");
        let holds = if named.is_empty() {
            // Nobody is released by themselves.
            let mut others = round.seats.keys().filter(|name| *name != self.case.actor.name());
            others.any(|name| round.awaits(name) && keeps(std::slice::from_ref(name)))
        } else {
            keeps(named)
        };
        (!holds).then(|| {
            let slot = &self.rule.slot;
            let message = format!("the round of {} must keep a member of {slot}", self.document.id);
            Reason::new(Condition::SlotWouldBeEmpty, message)
        })
    }
}

/// Tells whether a user could be known as surely as this.
fn proves(facts: &UserFacts, least: Assurance) -> bool {
    match least {
        Assurance::Claimed => true,
        Assurance::Token | Assurance::Ticket => facts.bears,
        Assurance::Signature => facts.signing == Signing::Able,
    }
}

/// Lists who is awaited in the round of a document and could not be known as surely as each answer there asks, and how
/// surely that is.
pub fn unproved<'f>(policy: &Policy, facts: &'f Facts) -> Vec<(&'f UserName, Assurance)> {
    let Some(document) = &facts.document else { return Vec::new() };
    let (Some(round), Some((life, state))) = (&document.round, policy.standing(document)) else {
        return Vec::new();
    };
    let answers = life.leaving(&state.name).filter(|edge| edge.verdict.is_some());
    let Some(least) = answers.map(|edge| policy.assurance_of(edge)).min() else { return Vec::new() };
    let awaited = facts.users.iter().filter(|(name, _)| round.awaits(name));
    awaited.filter(|(_, known)| !proves(known, least)).map(|(name, _)| (name, least)).collect()
}
