//! Who judges what, whatever a policy says, and which verdicts count when a document goes on.

use std::collections::{BTreeMap, BTreeSet};

use super::{Case, Condition, Reason};
use crate::domain::document::{Document, Outcome, Round, Verdict};
use crate::domain::facts::Objection;
use crate::domain::id::{GroupName, PhaseName, StateName, TypeName, UserName};
use crate::domain::offer::Offer;
use crate::domain::policy::{Effect, Guard, Plain, Transition, VerdictKind, Workflow};
use crate::domain::request::CopyFacts;

impl Case<'_> {
    /// What no policy can take away: verdicts are given by assignees, never by authors or owner,
    /// and about the content that is there.
    pub(super) fn unmet_verdict(&self, edge: &Transition, document: &Document) -> Vec<Reason> {
        if edge.verdict.is_none() {
            return Vec::new();
        }
        let (me, id) = (self.actor.name(), &document.id);
        let mut reasons = Vec::new();
        match document.round.as_ref().map(|round| (round, round.seats.get(me))) {
            Some((_, Some(seat))) if seat.answer.is_some() => {
                let message = format!("`{me}` has answered in this round of {id}");
                reasons.push(Reason::new(Condition::AlreadyAnswered, message));
            }
            Some((_, Some(_))) => {}
            _ => {
                reasons.push(Reason::new(Condition::NotAssigned, format!("`{me}` is not assigned to {id}")));
            }
        }
        for own in self.judged_with(document).filter(|own| own.is_written_by(me)) {
            reasons.push(Reason::new(Condition::IsAuthor, format!("`{me}` is an author of {}", own.id)));
        }
        for own in self.judged_with(document).filter(|own| own.owner.as_ref() == Some(me)) {
            reasons.push(Reason::new(Condition::IsOwner, format!("`{me}` owns {}", own.id)));
        }
        if document.round.as_ref().is_none_or(|round| round.content != document.content) {
            let message = format!("the round of {id} speaks about another content");
            reasons.push(Reason::new(Condition::ContentChanged, message));
        }
        reasons
    }

    /// How a step ends the round where it is not as it says: where one of several answers rejects and waits for the
    /// others, the round ends with that rejection, whichever answer is the last, and when the last one is released.
    /// A trial does not look at the answers of others: what it shows would tell them.
    pub(super) fn ending(
        &self,
        workflow: &Workflow,
        edge: &Transition,
        document: &Document,
    ) -> Option<Transition> {
        let round = document.round.as_ref().filter(|round| edge.quorum && !self.awaits_after(edge, round))?;
        if self.facts.is_trial {
            return None;
        }
        let mut answers = round.seats.values().filter_map(|seat| seat.answer.as_ref());
        let is_rejected = answers.any(|answer| answer.outcome == Outcome::Reject);
        let rejects = |way: &&Transition| is_rejected && way.verdict == Some(VerdictKind::Reject);
        let way = workflow.leaving(&document.state).find(rejects)?;
        Some(Transition { to: way.to.clone(), completion: way.completion.clone(), ..edge.clone() })
    }

    /// Tells whether somebody is awaited after a step by which the actor answers, or the users named are released.
    pub(super) fn awaits_after(&self, edge: &Transition, round: &Round) -> bool {
        let (me, named) = (self.actor.name(), self.inputs.users("assignees"));
        let removes = edge.effects.contains(&Effect::RemoveSeats);
        let is_done =
            |name: &UserName| edge.verdict.is_some() && name == me || removes && named.contains(name);
        // Some one user can still be named.
        let is_unnamed = removes && named.is_empty() && self.open;
        let mut left = round.seats.keys().filter(|name| round.awaits(name) && !is_done(name));
        left.nth(usize::from(is_unnamed)).is_some()
    }

    /// Lists what a verdict about a document is about: its attachments have none of their own, and end with it.
    pub(super) fn judged_with<'d>(&'d self, document: &'d Document) -> impl Iterator<Item = &'d Document> {
        std::iter::once(document).chain(self.attachments())
    }

    /// Tells whether a verdict of a user would be about work of its own.
    pub(super) fn has_stake(&self, document: &Document, user: &UserName) -> bool {
        self.judged_with(document).any(|own| own.is_written_by(user) || own.owner.as_ref() == Some(user))
    }

    /// What no policy can take away: a content that somebody objected to does not become the present one
    /// again, because another was the present one in between.
    pub(super) fn unmet_return(&self, edge: &Transition, document: &Document) -> Option<Reason> {
        let Objection { by, outcome, version } = self.facts.objection.as_ref()?;
        let said = if *outcome == Outcome::Reject { "rejected" } else { "asked for changes to" };
        let id = &document.id;
        let message = if edge.effects.contains(&Effect::CheckIn) && self.copy_changed(document) {
            format!("the working copy of {id} is the content of {version} again, and `{by}` {said} that")
        } else if edge.guards.contains(&Guard::Plain(Plain::Unanimous)) {
            format!("the content of {id} is that of {version} again, and `{by}` {said} that")
        } else {
            return None;
        };
        Some({
            let reading = Offer::of("comments").about(&document.id);
            Reason::new(Condition::ContentObjected, message).remedy(reading)
        })
    }

    /// What no policy can take away: who has answered about a document, or about what it ends with, comes to own or to
    /// write it by no step while that round is open.
    pub(super) fn unmet_taking(&self, edge: &Transition, kind: &TypeName) -> Vec<Reason> {
        let takers: BTreeSet<&UserName> = self.takers(edge).collect();
        let answered = takers.into_iter().filter_map(|taker| Some((taker, self.has_answered(kind, taker)?)));
        answered
            .map(|(taker, asked)| {
                let message = format!("`{taker}` has answered in the round of {}, which is open", asked.id);
                Reason::new(Condition::CannotOwn, message)
            })
            .collect()
    }

    /// Lists who a step makes owner or author.
    fn takers<'t>(&'t self, edge: &'t Transition) -> impl Iterator<Item = &'t UserName> {
        let me = std::slice::from_ref(self.actor.name());
        // Who creates a document owns it, and has written what is in it.
        let begun = if edge.from.is_empty() { me } else { &[] };
        let taken = edge.effects.iter().chain(&edge.completion).flat_map(move |effect| match effect {
            Effect::SetOwner => self.inputs.users("to"),
            Effect::CheckIn if !matches!(self.facts.copy, CopyFacts::Sound { .. }) => &[],
            Effect::TakeOwnership | Effect::CheckIn | Effect::RecordItem => me,
            Effect::CheckOut
            | Effect::VoidCheckout
            | Effect::BeginRevision
            | Effect::RestoreVersionInForce
            | Effect::ClearOwner
            | Effect::AddSeats
            | Effect::RemoveSeats
            | Effect::RecordRun
            | Effect::MarkRejected
            | Effect::RaiseVersion
            | Effect::PutInForce
            | Effect::TakeOutOfForce
            | Effect::RecordNote
            | Effect::RecordReading
            | Effect::AddTraits
            | Effect::EndAttachments => &[],
        });
        begun.iter().chain(taken)
    }

    /// Finds what a user has answered about in a round that is open: the document, or what such a document ends with.
    pub(super) fn has_answered(&self, kind: &TypeName, user: &UserName) -> Option<&Document> {
        let is_attached = self.policy.document_type(kind).is_some_and(|(_, it)| it.attachment);
        let parent = self.facts.parent.as_ref().filter(|_| is_attached);
        self.document().into_iter().chain(parent).find(|asked| {
            let seat = asked.round.as_ref().and_then(|round| round.seats.get(user));
            seat.is_some_and(|seat| seat.answer.is_some())
        })
    }

    /// The verdicts that count: each reviewer's latest on the present content in this phase. Who has become
    /// author or owner since would now let work of their own pass; an objection still counts. What is said in a
    /// round that is open counts when it has ended, so that no refusal gives it away.
    fn counted<'d>(
        &self,
        workflow: &Workflow,
        document: &'d Document,
    ) -> impl Iterator<Item = (&'d UserName, &'d Verdict)> + use<'d, '_> {
        let phase = workflow.state(&document.state).map(|state| state.phase.clone());
        let order = &self.facts.order;
        let opened = document.round.as_ref().map(|round| order.place(round.opened_at));
        document
            .verdicts
            .iter()
            .filter(move |((of, _), _)| Some(of) == phase.as_ref())
            .filter(move |(_, verdict)| opened.is_none_or(|opened| order.place(verdict.at) < opened))
            .filter(|((_, name), verdict)| verdict.is_against() || !self.has_stake(document, name))
            .map(|((_, name), verdict)| (name, verdict))
    }

    pub(super) fn unmet_unanimity(&self, workflow: &Workflow, document: &Document) -> Vec<Reason> {
        let against: Vec<Reason> = self
            .counted(workflow, document)
            .filter(|(_, verdict)| verdict.is_against())
            .map(|(name, _)| {
                let message = format!("{name} asked for changes to {}", document.id);
                // An author mends what was found; who may assign can ask whether it still stands.
                let reading = || Offer::of("comments").about(&document.id);
                Reason::new(Condition::NotUnanimous, message)
                    .remedy(self.assigning(name).unwrap_or_else(reading))
            })
            .collect();
        if against.is_empty() && self.counted(workflow, document).next().is_none() {
            let message = format!("nobody reviewed the present content of {}", document.id);
            return vec![Reason::new(Condition::NotReviewed, message)];
        }
        against
    }

    /// What no policy can take away: nothing is approved, and nothing comes to what its life cycle is for, over an
    /// objection against what is judged with it and ends with it, or while others are still asked about that.
    pub(super) fn unmet_attached(
        &self,
        workflow: &Workflow,
        edge: &Transition,
        target: &StateName,
        document: &Document,
    ) -> Vec<Reason> {
        let round = document.round.as_ref().filter(|_| edge.quorum && edge.verdict.is_none());
        let is_release = round.is_some_and(|round| self.awaits_after(edge, round));
        if !workflow.carries_attachments(edge, target)
            || is_release && !edge.guards.contains(&Guard::Plain(Plain::Unanimous))
        {
            return Vec::new();
        }
        let unmet = self.attachments().filter_map(|own| {
            if own.round.is_some() {
                return Some(Self::is_busy(own));
            }
            self.is_objected(own).then(|| {
                let message =
                    format!("somebody asked for changes to {}, which ends with {}", own.id, document.id);
                let reading = Offer::of("comments").about(&own.id);
                Reason::new(Condition::AttachmentObjected, message).remedy(reading)
            })
        });
        unmet.collect()
    }

    /// Somebody objects to an attachment. What is said of one in a round that is open counts when that has ended.
    pub(super) fn unmet_objection(&self, document: &Document) -> Option<Reason> {
        let is_objected = self.attachments().any(|own| own.round.is_none() && self.is_objected(own));
        (!is_objected).then(|| {
            let message = format!("nobody objects to an attachment of {}", document.id);
            Reason::new(Condition::NothingObjected, message)
        })
    }

    /// Tells whether somebody's last word about the present text of a document is against it. A round about its
    /// retirement or termination says nothing of the text.
    fn is_objected(&self, document: &Document) -> bool {
        let life = self.policy.document_type(&document.document_type).map(|(life, _)| life);
        let is_about_text = |phase: &PhaseName| {
            let states = life.into_iter().flat_map(|life| life.states.iter().map(move |state| (life, state)));
            let mut asked = states.filter(|(_, it)| it.phase == *phase && it.round.is_some()).peekable();
            asked.peek().is_none() || asked.any(|(life, state)| judges_text(life, &state.name))
        };
        let mut last: BTreeMap<&UserName, &Verdict> = BTreeMap::new();
        for ((phase, name), verdict) in &document.verdicts {
            let is_later = last.get(name).is_none_or(|other| other.revision < verdict.revision);
            if is_later && is_about_text(phase) {
                last.insert(name, verdict);
            }
        }
        last.values().any(|verdict| verdict.is_against())
    }

    pub(super) fn unmet_since_rejection(&self, workflow: &Workflow, document: &Document) -> Vec<Reason> {
        let Some(rejected) = document.rejected else { return Vec::new() };
        self.counted(workflow, document)
            .filter(|(_, verdict)| verdict.revision <= rejected)
            .map(|(name, _)| {
                let message = format!("{} was rejected after {name} reviewed it", document.id);
                let again = self.assigning(name).or_else(|| self.verb("checkout"));
                Reason::new(Condition::RejectedSince, message).remedy(again)
            })
            .collect()
    }

    pub(super) fn unmet_reviewed(
        &self,
        group: &GroupName,
        workflow: &Workflow,
        document: &Document,
    ) -> Option<Reason> {
        let groups = std::slice::from_ref(group);
        let reviewed = self.counted(workflow, document).any(|(name, verdict)| {
            self.policy.acts_as(&verdict.group, groups) && !self.has_stake(document, name)
        });
        (!reviewed).then(|| {
            let message = format!("the present content of {} was not reviewed by {group}", document.id);
            let reason = Reason::new(Condition::NotReviewed, message);
            self.with_verb(reason, &Offer::of("assign").asking("assignees"))
        })
    }
}

/// Tells whether a verdict in a state is about the text: what retires or ends a document says nothing of it.
pub fn judges_text(life: &Workflow, state: &StateName) -> bool {
    let mut ways = life.leaving(state).filter(|way| way.verdict.is_some()).peekable();
    let raises = |way: &Transition| {
        let mut effects = way.effects.iter().chain(&way.completion);
        effects.any(|effect| matches!(effect, Effect::RaiseVersion | Effect::MarkRejected))
    };
    ways.peek().is_none() || ways.any(|way| way.verdict == Some(VerdictKind::Review) || raises(way))
}
