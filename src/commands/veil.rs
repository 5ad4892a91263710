//! What is not shown while a round is open: what others answered in it, said with it, or tried to.
//!
//! Everybody sees who has answered; nobody sees what, but who gave it. Nobody is excepted: who has no seat
//! yet can be given one, and who owns the document may be the one who starts its reviewers. By the default
//! life cycles the first rejection ends an approval, so that there an answer tells itself to whoever knows
//! them; it is not told all the same, because another life cycle may have it otherwise.

use std::collections::{BTreeMap, BTreeSet};

use super::entry::EntryView;
use super::signed::SignedView;
use super::{CommandError, Context, Reply};
use crate::domain::attestation::Attestation;
use crate::domain::audit::{EntryResult, Table};
use crate::domain::decide::{Class, Condition};
use crate::domain::digest::{Digest, Timestamp};
use crate::domain::document::{Document, Round, Task};
use crate::domain::id::{DocumentId, UserName};
use crate::domain::identity::Actor;
use crate::domain::order::{Order, Place};
use crate::domain::policy::{Effect, Transition};

/// Inputs that say what an answer is, whatever the verb.
const ANSWERS: &[&str] = &["outcome", "verdict", "comment"];

/// Why somebody may not judge a document at all, which is for all to see.
const NEVER: &[Condition] = &[Condition::GroupNotAllowed, Condition::IsAuthor, Condition::IsOwner];

/// In an entry about somebody who was not verified: whose token it was.
const TOKEN_USER: &str = "token_user";

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
    seated: BTreeSet<String>,
    /// The verbs by which verdicts are given in any state: one that is refused here says as much.
    verdicts: BTreeSet<String>,
    /// The verbs by which notes are written in any state.
    notes: BTreeSet<String>,
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
        let is_by_others = entry.actor.as_ref().is_some_and(|by| !round.is_seen_by(by.as_str()));
        // An attempt that was refused says what somebody is about to say.
        let judges = match entry.result {
            EntryResult::Permitted => is_by_others && entry.verdict.is_some(),
            EntryResult::Denied => round.is_answered_by(entry) && round.is_of_another_judge(entry),
        };
        if judges {
            // The verb can be the verdict.
            entry.action = round.task.to_string();
            if entry.actor.is_some() {
                entry.inputs.clear();
                entry.observed.clear();
            }
            // That somebody may not judge at all is for all to see, at once.
            entry.reasons.retain(|reason| reason.class().is_some_and(|class| class < Class::Precondition));
            (entry.verdict, entry.comment) = (None, None);
            if let Some(signature) = &mut entry.signature {
                signature.meaning = None;
            }
        } else if is_by_others && round.notes.contains(&entry.action) {
            // Whoever knows the digest of a note can try out what it says.
            entry.inputs.retain(|_, value| Digest::parse(value).is_err());
        } else {
            return;
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
    /// Tells whether what was tried is an answer, or says what one would be.
    fn is_answered_by(&self, entry: &EntryView) -> bool {
        self.verdicts.contains(&entry.action)
            || entry.verdict.is_some()
            || entry.comment.is_some()
            || ANSWERS.iter().any(|name| entry.inputs.contains_key(*name))
    }

    /// Tells whether who looks is this user, and so sees what that one did.
    fn is_seen_by(&self, user: &str) -> bool {
        self.viewer.as_ref().is_some_and(|viewer| viewer.as_str() == user)
    }

    /// Tells whether somebody else tried it who sits in the round or could: seats come and go. Of whoever was
    /// not verified it is told by the name.
    fn is_of_another_judge(&self, entry: &EntryView) -> bool {
        if let Some(actor) = &entry.actor {
            let never = |name: &str| NEVER.iter().any(|condition| condition.name() == name);
            let may_never = entry.reasons.iter().any(|reason| never(&reason.name));
            return !self.is_seen_by(actor.as_str()) && (self.seated.contains(actor.as_str()) || !may_never);
        }
        let is_another = |name: &str| !self.is_seen_by(name) && self.seated.contains(name);
        let holder = entry.observed.get(TOKEN_USER).map(String::as_str);
        entry.claimed.as_deref().into_iter().chain(holder).any(is_another)
    }

    fn new(
        context: &mut Context,
        viewer: Option<&Actor>,
        document: &Document,
        round: &Round,
        order: &Order,
    ) -> Result<Self, CommandError> {
        let policy = context.session.policy_of(document)?;
        let viewer = viewer.filter(|actor| actor.assurance() >= policy.assurance());
        let life = policy.standing(document).map(|(life, _)| life.transitions.as_slice()).unwrap_or_default();
        let verbs = |wanted: fn(&Transition) -> bool| {
            life.iter().filter(|edge| wanted(edge)).map(|edge| edge.action.to_string()).collect()
        };
        Ok(Self {
            viewer: viewer.map(|actor| actor.name().clone()),
            task: round.task,
            opened: order.place(round.opened_at),
            verdicts: verbs(|edge| edge.verdict.is_some()),
            notes: verbs(|edge| edge.effects.contains(&Effect::RecordNote)),
            seated: round.seats.keys().map(ToString::to_string).collect(),
        })
    }
}
