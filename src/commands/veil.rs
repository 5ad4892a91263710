//! What is not shown while a round is open: what others answered in it, said with it, or tried to.
//!
//! Everybody sees who has answered; nobody sees what, but who gave it. Nobody is excepted: who has no seat
//! yet can be given one, and who owns the document may be the one who starts its reviewers. By the default
//! life cycles the first rejection ends an approval, so that there an answer tells itself to whoever knows
//! them; it is not told all the same, because another life cycle may have it otherwise.
//!
//! What is hidden follows from the sealed entry and the policy of the round alone. Seats, groups, owners and the
//! policy in force change while a round is open: whoever can change them must not see more by it.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::entry::{EntryView, ReasonView};
use super::signed::SignedView;
use super::{CommandError, Context, Reply};
use crate::domain::attestation::Attestation;
use crate::domain::audit::{EntryResult, Table};
use crate::domain::decide::{Class, Condition};
use crate::domain::digest::{Digest, Timestamp};
use crate::domain::document::{Document, Round, Task};
use crate::domain::id::{DocumentId, GroupName, TypeName, UserName};
use crate::domain::identity::Actor;
use crate::domain::order::{Order, Place};
use crate::domain::policy::{Action, Effect, Policy, Transition};
use crate::session::IDENTIFY;

/// What the program itself records about a document, which is no verb of a policy.
const OWN: &[&str] = &[Action::READ, IDENTIFY, "agent_started", "agent_stop"];

/// In an entry about somebody who was not verified: which token it was. What it is good for can be looked up.
const TOKEN: &str = "token_fingerprint";

/// The open rounds, as somebody sees them.
pub(super) struct Veil {
    rounds: BTreeMap<DocumentId, Open>,
    order: Order,
    withheld: usize,
}

/// A round that is open.
struct Open {
    /// Who looks; `None` for what everybody can look at, and for who is known less surely than the answers of
    /// the round are given.
    viewer: Option<UserName>,
    task: Task,
    opened: Place,
    document_type: TypeName,
    /// The policy of the round, as it was adopted.
    policy: Rc<Policy>,
}

impl Veil {
    /// Looks for open rounds of documents. What is read of these documents must be of the same moment.
    pub(super) fn over(
        context: &mut Context,
        viewer: Option<&Actor>,
        documents: impl IntoIterator<Item = Document>,
    ) -> Result<Self, CommandError> {
        let (mut rounds, order) = (BTreeMap::new(), context.session.order()?);
        for document in documents {
            let Some(round) = &document.round else { continue };
            rounds.insert(document.id.clone(), Open::new(context, viewer, &document, round, &order)?);
        }
        Ok(Self { rounds, order, withheld: 0 })
    }

    /// Finds the open round in which somebody else did something at a time.
    fn open_to(&self, document: &DocumentId, by: &UserName, at: Timestamp) -> Option<&Open> {
        let place = self.order.place(at);
        self.rounds.get(document).filter(|round| !round.is_seen_by(by.as_str()) && place >= round.opened)
    }

    /// Takes away what is not to be seen yet. What was sealed of it is not shown either.
    pub(super) fn cover(&mut self, entry: &mut EntryView) {
        self.cover_said(entry);
        if entry.withheld || self.is_told_by_changes(entry) {
            entry.withheld = true;
            entry.changes = None;
            self.withheld += 1;
        }
    }

    /// Tells whether the changes of an entry say what somebody else answered in an open round, as do those that
    /// take a seat away.
    fn is_told_by_changes(&self, entry: &EntryView) -> bool {
        entry.changes.iter().flatten().any(|change| {
            let round = DocumentId::parse(&change.key).ok().and_then(|id| self.rounds.get(&id));
            let is_told = |round: &Open| change.answerer().is_some_and(|by| !round.is_seen_by(by));
            change.table == Table::Document
                && round.is_some_and(|round| entry.place() >= round.opened && is_told(round))
        })
    }

    /// Takes away what an entry says.
    fn cover_said(&self, entry: &mut EntryView) {
        let Some(document) = &entry.document else { return };
        let Some(round) = self.rounds.get(document).filter(|round| entry.place() >= round.opened) else {
            return;
        };
        // Who was not verified is nobody who looks: a name that was only claimed can be given to somebody later.
        if entry.actor.as_ref().is_some_and(|by| round.is_seen_by(by.as_str())) {
            return;
        }
        // An attempt that was refused says what somebody is about to say, unless it is somebody who may not judge
        // at all: that is for all to see, at once.
        let is_answer = match entry.result {
            EntryResult::Permitted => entry.verdict.is_some(),
            EntryResult::Denied => round.is_verdict(&entry.action) && !round.is_of_no_judge(entry),
        };
        if is_answer {
            // The verb can be the verdict.
            entry.action = round.task.to_string();
            cover_token(entry);
            round.cover_reasons(entry);
            if entry.actor.is_some() {
                entry.inputs.clear();
                entry.observed.clear();
            }
            (entry.verdict, entry.comment) = (None, None);
        } else if entry.actor.is_some() && round.is_note(&entry.action) {
            // Whoever knows the digest of a note can try out what it says.
            entry.inputs.retain(|_, value| Digest::parse(value).is_err());
            // What is wrong with a note says what is in it.
            entry
                .reasons
                .retain(|reason| reason.condition().is_some_and(|it| it.class() < Class::Precondition));
        } else {
            return;
        }
        // A guess at what was signed can be checked with the signature.
        if let Some(signature) = &mut entry.signature {
            signature.cover();
        }
        entry.withheld = true;
    }

    /// Takes away what is not to be seen yet of a signature: not that it was given, nor by whom.
    pub(super) fn cover_signed(&self, document: &DocumentId, signed: &mut SignedView) {
        let Some(round) = self.open_to(document, &signed.user, signed.at) else { return };
        if signed.verdict.take().is_some() {
            signed.action = round.task.to_string();
            signed.meaning = None;
        }
    }

    /// Counts what was taken away elsewhere, too.
    pub(super) fn join(&mut self, other: &Self) {
        self.withheld += other.withheld;
    }

    /// Tells whether a note of somebody else in an open round is not to be seen yet.
    pub(super) fn covers(&mut self, note: &Attestation) -> bool {
        let covered = self.open_to(&note.document, &note.author, note.at).is_some();
        self.withheld += usize::from(covered);
        covered
    }

    /// Says that something was taken away, if it was.
    pub(super) fn words(&self) -> Option<String> {
        match self.withheld {
            0 => None,
            1 => Some("1 entry of an open round is shown whole when the round ends".to_owned()),
            count => Some(format!("{count} entries of open rounds are shown whole when the rounds end")),
        }
    }

    /// Warns in a reply that something was taken away, if it was.
    pub(super) fn warn(&self, reply: Reply) -> Reply {
        match self.words() {
            Some(words) => reply.warn("comments_withheld", words),
            None => reply,
        }
    }
}

impl Open {
    fn new(
        context: &mut Context,
        viewer: Option<&Actor>,
        document: &Document,
        round: &Round,
        order: &Order,
    ) -> Result<Self, CommandError> {
        let viewer = match viewer {
            Some(actor) if is_sure(context, actor, document)? => Some(actor.name().clone()),
            _ => None,
        };
        Ok(Self {
            viewer,
            task: round.task,
            opened: order.place(round.opened_at),
            document_type: document.document_type.clone(),
            policy: context.session.policy_at(&round.policy)?,
        })
    }

    /// Iterates over what leads to a verdict in any state of the document.
    fn answers(&self) -> impl Iterator<Item = &Transition> {
        let life = self.policy.document_type(&self.document_type).map(|(life, _)| life);
        life.into_iter().flat_map(|life| &life.transitions).filter(|edge| edge.verdict.is_some())
    }

    /// Iterates over the transitions of a verb in every life cycle.
    fn of_verb(&self, verb: &str) -> impl Iterator<Item = &Transition> {
        let all = self.policy.workflows.values().flat_map(|life| &life.transitions);
        all.filter(move |edge| edge.action.as_str() == verb)
    }

    /// Tells whether a verb can give a verdict on anything. One that the policy of the round does not know came
    /// with a later policy, where it may.
    fn is_verdict(&self, verb: &str) -> bool {
        let is_known = self.policy.actions.iter().any(|action| action.name.as_str() == verb);
        self.of_verb(verb).any(|edge| edge.verdict.is_some()) || !(is_known || OWN.contains(&verb))
    }

    /// Tells whether a verb writes notes.
    fn is_note(&self, verb: &str) -> bool {
        self.of_verb(verb).any(|edge| edge.effects.contains(&Effect::RecordNote))
    }

    /// Tells whether who looks is this user, and so sees what that one did.
    fn is_seen_by(&self, user: &str) -> bool {
        self.viewer.as_ref().is_some_and(|viewer| viewer.as_str() == user)
    }

    /// Tells whether who tried it can give no verdict on the document, by what the entry itself says.
    fn is_of_no_judge(&self, entry: &EntryView) -> bool {
        let is_barred = |reason: &ReasonView| {
            matches!(reason.condition(), Some(Condition::IsAuthor | Condition::IsOwner))
        };
        let has_no_verdict =
            |group: &GroupName| self.answers().all(|edge| !self.policy.acts_as(group, &edge.by));
        entry.reasons.iter().any(is_barred) || entry.group.as_ref().is_some_and(has_no_verdict)
    }

    /// Takes away of a refused answer the reasons that another verdict might not have met. That somebody was not
    /// believed is for all to see, at once.
    fn cover_reasons(&self, entry: &mut EntryView) {
        let meets_all = |condition: Condition| match condition {
            // That somebody comes from where an author wrote says nothing of the document.
            Condition::NotIndependent => true,
            Condition::AssuranceTooLow => entry.assurance.is_some_and(|assurance| {
                self.answers().all(|edge| assurance < self.policy.assurance_of(edge))
            }),
            // Who was not verified was refused before anybody looked at the verb.
            other => entry.actor.is_none() && other.class() == Class::Identity,
        };
        let kept = entry.reasons.iter().filter_map(ReasonView::condition).filter(|it| meets_all(*it));
        // The words can name the verb.
        entry.reasons = kept.map(ReasonView::explained).collect();
    }
}

/// Tells whether somebody is known as well as who answers in the open round of a document has to be, whoever that is:
/// only then is what was answered in that name shown.
fn is_sure(context: &mut Context, actor: &Actor, document: &Document) -> Result<bool, CommandError> {
    let policy = context.session.policy_of(document)?;
    let life = policy.document_type(&document.document_type).map(|(life, _)| life);
    let answers = life.into_iter().flat_map(|life| &life.transitions);
    let mut answers = answers.filter(|edge| edge.verdict.is_some() && edge.from.contains(&document.state));
    Ok(policy.assured(actor) >= policy.assurance() && answers.all(|edge| policy.is_known_for(actor, edge)))
}

/// Tells whether somebody has answered in the open round of a document.
pub(super) fn has_answered(actor: &Actor, document: &Document) -> bool {
    let own = document.round.as_ref().and_then(|round| round.seats.get(actor.name()));
    own.is_some_and(|seat| seat.answer.is_some())
}

/// Says whose answer in the open round of a document is shown to somebody: their own, to who is known well enough.
pub(super) fn eyes<'a>(
    context: &mut Context,
    actor: &'a Actor,
    document: &Document,
) -> Result<Option<&'a UserName>, CommandError> {
    let sees = has_answered(actor, document) && is_sure(context, actor, document)?;
    Ok(sees.then(|| actor.name()))
}

/// Takes away by which token an answer was given: what it is good for can be looked up.
fn cover_token(entry: &mut EntryView) {
    (entry.credential, entry.token_id, entry.ticket) = (None, None, None);
    if entry.reasons.iter().any(|reason| reason.condition() == Some(Condition::CredentialOutOfScope)) {
        entry.observed.remove(TOKEN);
    }
}
