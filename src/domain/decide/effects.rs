//! What a permitted action does: from a permit and the facts to the rows that change.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Permit, Way, items, texts};
use crate::domain::attestation::{Attestation, AttestationKind};
use crate::domain::digest::Digest;
use crate::domain::document::{Checkout, Document, InForce, Outcome, User};
use crate::domain::facts::Facts;
use crate::domain::id::{AttestationName, DocumentId, ItemId, StateName, TypeName, UserName, Version};
use crate::domain::identity::{AgentSession, Credential};
use crate::domain::policy::{Candidate, Effect, Policy, Transition};
use crate::domain::project::{Namespace, Proposal, VersionRecord};
use crate::domain::request::{CopyFacts, Inputs};

/// Everything that an action changes.
#[derive(Debug, Default)]
pub struct Applied {
    /// The document before, where there was one.
    pub before: Option<Document>,
    /// The document after.
    pub after: Option<Document>,
    /// Other documents that changed with it.
    pub others: Vec<Document>,
    /// Versions that came to be.
    pub versions: Vec<VersionRecord>,
    /// What was stated about the content.
    pub attestations: Vec<Attestation>,
    /// Contents to keep besides those of documents.
    pub kept: Vec<Arc<Vec<u8>>>,
    /// A content that the program wrote itself.
    pub composed: Option<String>,
    /// Whether the caller gets a working copy of the content.
    pub gives_copy: bool,
    /// The verdict that was given.
    pub verdict: Option<Outcome>,
    /// Users that were added or changed.
    pub users: Vec<User>,
    /// A namespace that was registered.
    pub namespace: Option<Namespace>,
    /// Credentials that were added or changed.
    pub credentials: Vec<Credential>,
    /// The session of an agent that begins or ends.
    pub session: Option<AgentSession>,
    /// The policy that comes into force.
    pub policy: Option<Box<Candidate>>,
    /// What a policy demands less of that is adopted or proposed.
    pub less: BTreeSet<String>,
    /// What waits for a second person, or was confirmed.
    pub proposal: Option<Proposal>,
    /// Whether the jump of the clock ends, and a new span of time begins.
    pub ends_jump: bool,
    /// What the caller should be told besides.
    pub notes: Vec<Note>,
}

/// Something that happened on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// The working copy was checked in first, as this version.
    CheckedIn(Version),
    /// The working copy was given back unchanged.
    Unchanged,
    /// The round was withdrawn first, back to this state.
    Withdrawn(StateName),
    /// These users have a task now.
    Seated(Vec<UserName>),
    /// The answer was recorded; so many others are awaited.
    Awaiting(usize),
    /// An answer of somebody else, which is not told yet, can end the round otherwise.
    CanEndOtherwise,
    /// An attachment ended with its parent.
    Ended(DocumentId),
    /// This item was recorded; so many are still open.
    Recorded(ItemId, usize),
    /// This item failed; a document of one of these types has to answer for it.
    Failed(ItemId, Vec<TypeName>),
    /// What this user had checked out is checked out no more.
    Voided(DocumentId, UserName),
    /// The type names this template, and no version of it is in force.
    NoTemplate(DocumentId),
}

/// Applies a permit. Infallible: what could fail was decided before.
#[expect(clippy::needless_pass_by_value, reason = "a permit is leave to do one thing once")]
pub fn apply(permit: Permit, policy: &Policy, facts: &Facts) -> Applied {
    match &permit.way {
        Way::Project { less, proposal } => {
            Applied { less: less.clone(), ..super::project::apply(&permit, facts, proposal.as_deref()) }
        }
        Way::Registry { credentials, users, session } => Applied {
            credentials: credentials.clone(),
            users: users.clone(),
            session: session.as_deref().cloned(),
            ..Applied::default()
        },
        Way::Edge { transition, target, seats, created } => {
            let start = match (&facts.document, created, &facts.new) {
                (Some(document), _, _) => Some((document.clone(), None)),
                (None, Some(id), Some(new)) => super::created::new_document(&permit, policy, facts, id, new),
                _ => None,
            };
            let Some((document, composed)) = start else { return Applied::default() };
            let applied = Applied { before: facts.document.clone(), composed, ..Applied::default() };
            let here = Version::new(document.version.major, document.last_minor);
            // Where a version in force was restored, others were given out after it.
            let last = facts.last_version.map_or(here, |given| given.max(here));
            let mut step = Step { permit: &permit, policy, facts, document, last, applied };
            step.take(transition, target, seats);
            step.applied.after = Some(step.document);
            step.applied
        }
    }
}

pub(super) struct Step<'a> {
    pub(super) permit: &'a Permit,
    pub(super) policy: &'a Policy,
    pub(super) facts: &'a Facts,
    pub(super) document: Document,
    /// The highest version that the document ever had: every number after it is unused.
    last: Version,
    pub(super) applied: Applied,
}

impl Step<'_> {
    pub(super) fn actor(&self) -> &UserName {
        self.permit.actor.name()
    }

    pub(super) fn inputs(&self) -> &Inputs {
        &self.permit.inputs
    }

    fn take(&mut self, edge: &Transition, target: &StateName, seats: &[UserName]) {
        self.document.revision += 1;
        self.document.updated_at = self.facts.now;
        if self.document.round.is_some() && edge.effects.contains(&Effect::CheckOut) {
            self.applied.notes.push(Note::Withdrawn(target.clone()));
        }
        if let Some(kind) = edge.verdict {
            self.answer(kind);
        }
        for effect in &edge.effects {
            self.effect(*effect, target);
        }
        // A new document has one version, unless an effect gave it one already.
        if self.facts.document.is_none() && self.applied.versions.is_empty() {
            self.record_version();
        }
        if self.facts.document.is_none() {
            self.attribute();
        }
        self.miss_template();
        let open = self
            .document
            .round
            .as_ref()
            .map_or(0, |round| round.seats.values().filter(|s| s.answer.is_none()).count());
        if edge.quorum && open > 0 {
            self.applied.notes.push(Note::Awaiting(open));
            return;
        }
        if self.can_end_otherwise(edge) {
            self.applied.notes.push(Note::CanEndOtherwise);
        }
        for effect in &edge.completion {
            self.effect(*effect, target);
        }
        self.move_to(edge, target, seats);
    }

    /// Leaves the state; a round is closed on leaving and opened on entering.
    fn move_to(&mut self, edge: &Transition, target: &StateName, seats: &[UserName]) {
        if *target == self.document.state {
            return;
        }
        let was_asked = self.document.round.is_some();
        let left = std::mem::replace(&mut self.document.state, target.clone());
        // By type, as in the decision: an adopted policy may have put the type under another life
        // cycle than the one that the document remembers.
        let life = self.policy.document_type(&self.document.document_type).map(|(life, _)| life);
        if let Some(life) = life {
            self.document.workflow = life.name.clone();
        }
        let state = life.and_then(|life| life.state(target));
        let origin = life.map_or(&left, |life| life.origin(edge, &left, target)).clone();
        self.document.round = state.and_then(|state| self.open_round(state, origin, seats));
        // What was approved goes on, and is not drafted again: who writes from here on writes something new.
        let was_approved = self.facts.document.as_ref().is_some_and(|before| before.version.minor == 0);
        if was_approved && !was_asked && self.document.round.is_none() {
            let is_locked = texts::locks(&self.document, &self.facts.texts);
            if life.is_some_and(|life| !life.is_written_after(&left, target, is_locked)) {
                self.document.forget_authors();
            }
        }
        if self.document.round.is_some() {
            self.applied.notes.push(Note::Seated(seats.to_vec()));
        }
    }

    fn effect(&mut self, effect: Effect, target: &StateName) {
        let document = &mut self.document;
        match effect {
            Effect::CheckOut => {
                let base = document.content;
                document.checkout = Some(Checkout { by: self.permit.actor.name().clone(), base });
                self.applied.gives_copy = true;
            }
            Effect::CheckIn => self.check_in(target),
            Effect::VoidCheckout => {
                self.applied
                    .notes
                    .extend(document.checkout.take().map(|void| Note::Voided(document.id.clone(), void.by)));
            }
            Effect::BeginRevision => self.number_minor(),
            Effect::RestoreVersionInForce => {
                if let Some(in_force) = &document.in_force {
                    document.version = in_force.version;
                    document.content = in_force.content;
                    let read = self.facts.front_matter_in_force.as_ref();
                    if let Some(title) = read.and_then(|read| read.field("title")) {
                        title.clone_into(&mut document.title);
                    }
                    document.requires =
                        read.map(|read| read.requires().into_iter().collect()).unwrap_or_default();
                    document.verdicts.clear();
                    document.rejected = None;
                }
            }
            Effect::TakeOwnership => document.owner = Some(self.permit.actor.name().clone()),
            Effect::ClearOwner => document.owner = None,
            Effect::SetOwner => {
                if let [owner] = self.permit.inputs.users("to") {
                    document.owner = Some(owner.clone());
                }
            }
            Effect::AddSeats => self.add_seats(),
            Effect::RemoveSeats => self.remove_seats(),
            Effect::RecordRun => self.record_run(),
            Effect::MarkRejected => document.rejected = Some(document.revision),
            Effect::RaiseVersion => {
                document.verdicts.clear();
                document.rejected = None;
                self.number(Version::new(self.last.major.saturating_add(1), 0));
            }
            Effect::PutInForce => {
                document.in_force = Some(InForce { version: document.version, content: document.content });
                // Who wrote before an approval that can no longer be withdrawn is no author of what follows.
                self.document.forget_authors();
            }
            Effect::TakeOutOfForce => document.in_force = None,
            Effect::RecordNote => self.record_note(),
            Effect::RecordReading => self.record_reading(),
            Effect::AddTraits => self.add_traits(),
            Effect::RecordItem => self.record_item(),
            Effect::EndAttachments => self.end_attachments(target),
        }
    }

    /// Gives the present content the minor number after all that were given out.
    fn number_minor(&mut self) {
        self.number(Version::new(self.last.major, self.last.minor.saturating_add(1)));
    }

    /// Gives the present content a number that none had before.
    fn number(&mut self, version: Version) {
        self.last = version;
        (self.document.version, self.document.last_minor) = (version, version.minor);
        self.record_version();
    }

    fn record_version(&mut self) {
        self.applied.versions.push(VersionRecord {
            document: self.document.id.clone(),
            version: self.document.version,
            content: self.document.content,
            author: Some(self.actor().clone()),
            at: self.facts.now,
        });
    }

    fn miss_template(&mut self) {
        let Some(new) = self.facts.new.as_ref().filter(|new| new.template.is_none()) else { return };
        let template = self.policy.document_type(&new.document_type).and_then(|(_, it)| it.template.clone());
        self.applied.notes.extend(template.map(Note::NoTemplate));
    }

    fn check_in(&mut self, target: &StateName) {
        let CopyFacts::Sound { content, front_matter } = &self.facts.copy else { return };
        self.document.checkout = None;
        self.become_author();
        if *content == self.document.content {
            // A trait may have come since it was written; who checks in answers for what is there.
            self.attribute();
            self.applied.notes.push(Note::Unchanged);
            return;
        }
        if let Some(title) = front_matter.fields.get("title") {
            self.document.title.clone_from(title);
        }
        // What was there when it was judged is not taken away without being judged again from the beginning.
        let life = self.policy.standing(&self.document).map(|(life, _)| life);
        let is_draft =
            |state: &StateName| life.and_then(|life| life.state(state)).is_some_and(|it| it.initial);
        if is_draft(&self.document.state) || is_draft(target) {
            self.document.requires.clear();
        }
        self.document.requires.extend(front_matter.requires());
        self.take_content(*content);
        self.applied.notes.push(Note::CheckedIn(self.document.version));
    }

    fn become_author(&mut self) {
        self.document.add_author(self.permit.actor.name(), self.permit.actor.origins());
    }

    /// Gives the document another content, as its next minor version.
    fn take_content(&mut self, content: Digest) {
        self.document.content = content;
        // A verdict speaks about one content; on another it says nothing.
        self.document.verdicts.clear();
        self.document.rejected = None;
        self.number_minor();
        self.attribute();
    }

    fn record_item(&mut self) {
        let Some(recorded) = items::record(self.permit, self.facts) else { return };
        self.become_author();
        self.take_content(Digest::of(recorded.text.as_bytes()));
        let name = AttestationName::parse(recorded.item.as_str());
        if let (Ok(name), Some(file)) = (name, recorded.file) {
            self.attest(AttestationKind::File, name, self.document.content, file, None);
        }
        let types = self.policy.answering(&self.document.document_type).map(|one| one.name.clone());
        let types: Vec<TypeName> = types.filter(|_| recorded.has_failed).collect();
        if !types.is_empty() {
            self.applied.notes.push(Note::Failed(recorded.item.clone(), types));
        }
        self.applied.notes.push(Note::Recorded(recorded.item, recorded.open));
        self.applied.composed = Some(recorded.text);
    }

    fn end_attachments(&mut self, target: &StateName) {
        for child in &self.facts.children {
            let life = self.policy.document_type(&child.document_type).map(|(life, _)| life);
            let ends = life.is_some_and(|life| life.is_final(target));
            if !ends || !self.policy.is_judged_with_parent(&child.document_type, &child.state) {
                continue;
            }
            let mut child = child.clone();
            child.state = target.clone();
            child.owner = None;
            let void = child.checkout.take();
            child.round = None;
            child.revision += 1;
            child.updated_at = self.facts.now;
            self.applied.notes.push(Note::Ended(child.id.clone()));
            self.applied.notes.extend(void.map(|void| Note::Voided(child.id.clone(), void.by)));
            self.applied.others.push(child);
        }
    }
}
