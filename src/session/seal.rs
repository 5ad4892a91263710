//! Sealing: from what happened to entries, and with them into the store.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::time::{Time, jump_entry, next};
use super::{Outside, Session, SessionError, observed};
use crate::domain::audit::{
    Delta, Entry, EntryResult, ProjectKey, Row, Sealed, SealedReason, row_delta, witness,
};
use crate::domain::clock::{Jump, Span, Witness};
use crate::domain::decide::{Applied, Denial, Reason};
use crate::domain::digest::{Digest, Timestamp};
use crate::domain::document::Document;
use crate::domain::facts::Facts;
use crate::domain::id::DocumentId;
use crate::domain::identity::{Actor, Assurance, Claim, Credential, Fate, Proof, TicketId};
use crate::domain::order::Order;
use crate::domain::policy::Policy;
use crate::domain::project::{PolicyRecord, Project};
use crate::domain::request::{Registration, Request, Subject, WorkingCopy};
use crate::domain::told::{said, told};
use crate::store::{Change, Head, StoreError, TicketMark};

/// One attempt: who asked for what, when, and on what grounds it was decided.
pub(super) struct Attempt<'a> {
    pub(super) head: Head,
    pub(super) time: Time,
    pub(super) claim: &'a Claim,
    pub(super) actor: &'a Actor,
    pub(super) policy: &'a Policy,
    pub(super) facts: &'a Facts,
    pub(super) request: &'a Request,
}

impl Attempt<'_> {
    fn change(&self) -> Change {
        Change { expected_size: self.head.frontier.size(), ..Change::default() }
    }

    /// The document that an agent is started for, or was.
    fn agent_document(&self) -> Option<&DocumentId> {
        let Subject::Registry(registration) = &self.request.subject else { return None };
        match registration.as_ref() {
            Registration::Start(launch) => Some(&launch.document),
            Registration::Stop(_) => {
                self.facts.registry.as_ref().and_then(|facts| facts.session.as_ref()?.document.as_ref())
            }
            _ => None,
        }
    }

    fn entry(&self) -> Entry {
        let (actor, request) = (self.actor, self.request);
        let mut entry = Entry::new(request.action.as_str(), self.facts.policy);
        entry.actor = Some(actor.name().clone());
        // Where no name was given, the credential named the user.
        entry.claimed = Some(self.claim.user.clone().unwrap_or_else(|| actor.name().to_string()));
        entry.actor_kind = Some(actor.kind());
        entry.group = Some(actor.group().clone());
        entry.assurance = Some(actor.assurance());
        entry.isolation = actor.isolation();
        entry.session = actor.session().map(str::to_owned);
        entry.agent = actor.agent().map(str::to_owned);
        entry.parent = actor.parent().cloned();
        entry.credential = actor.credential().map(|presented| presented.id.clone());
        entry.ticket = actor.ticket();
        entry.inputs = told(self.policy, request);
        entry.document = self.agent_document().cloned();
        entry.observed.extend(observed::run(self.facts));
        entry
    }
}

impl Session {
    /// Seals and commits what was done.
    pub(super) fn seal_applied(
        &mut self,
        attempt: Attempt<'_>,
        applied: &Applied,
    ) -> Result<Entry, SessionError> {
        let Attempt { time, facts, .. } = attempt;
        let mut change = attempt.change();
        self.collect(&mut change, facts, attempt.request, applied, time)?;
        let mut entry = attempt.entry();
        // By a key that is still to be compared it is worth a token, and is no signature.
        if let Some(Proof::Signature(signed)) = &attempt.claim.proof
            && attempt.actor.assurance() == Assurance::Signature
        {
            entry.signature = Some(signed.signature.clone());
        }
        entry.comment = said(attempt.policy, attempt.request);
        entry.verdict = applied.verdict;
        entry.observed.extend(observed::dossier_of(attempt.actor.name(), facts, applied));
        if let Some(project) = facts.project.as_ref()
            && let Some(Ok(next)) = &project.candidate
        {
            let from = (&facts.policy, &project.sources);
            entry.observed.extend(observed::adoption(from, &applied.less, next));
        }
        entry.observed.extend(observed::displaced((attempt.policy, facts), attempt.actor, applied));
        if let Some(after) = &applied.after {
            entry.document = Some(after.id.clone());
            entry.version = Some(after.version);
            entry.from = applied.before.as_ref().map(|before| before.state.clone());
            entry.to = Some(after.state.clone());
            entry.content_digest = Some(after.content);
        }
        self.conclude(attempt, change, entry)
    }

    /// Seals and commits a refusal.
    pub(super) fn seal_denial(
        &mut self,
        attempt: Attempt<'_>,
        denial: &Denial,
    ) -> Result<Entry, SessionError> {
        let mut entry = attempt.entry();
        entry.result = EntryResult::Denied;
        entry.reasons = denial.reasons().iter().map(sealed_reason).collect();
        if let Some(document) = &attempt.facts.document {
            entry.document = Some(document.id.clone());
            entry.version = Some(document.version);
            entry.from = Some(document.state.clone());
            entry.to = Some(document.state.clone());
            entry.content_digest = Some(document.content);
        }
        let change = attempt.change();
        self.conclude(attempt, change, entry)
    }

    /// Counts the use of a credential that is limited, signs where there is a key, and commits.
    fn conclude(
        &mut self,
        attempt: Attempt<'_>,
        mut change: Change,
        mut entry: Entry,
    ) -> Result<Entry, SessionError> {
        if let Some(presented) = attempt.actor.credential().filter(|it| it.uses.is_some()) {
            let used = presented.used.saturating_add(1);
            match change.credentials.iter_mut().find(|it| it.id == presented.id) {
                Some(changed) => changed.used = used,
                None => change.credentials.push(Credential { used, ..presented.clone() }),
            }
        }
        // A nonce is used up as a ticket is.
        let nonce = match &attempt.claim.proof {
            Some(Proof::Signature(signed)) => Some(TicketId::from_bytes(signed.signature.statement.nonce)),
            _ => None,
        };
        let spent = attempt.actor.ticket().into_iter().chain(nonce);
        change.tickets.extend(spent.map(|id| TicketMark::end(id, attempt.time.now, Fate::Used)));
        self.tag(&mut change)?;
        entry.deltas = self.deltas(&change, attempt.facts)?;
        self.commit(attempt.head, change, attempt.time, entry)
    }

    /// Puts the rows of `applied` into `change`.
    fn collect(
        &mut self,
        change: &mut Change,
        facts: &Facts,
        request: &Request,
        applied: &Applied,
        time: Time,
    ) -> Result<(), SessionError> {
        if let Some(after) = &applied.after {
            let before = applied.before.as_ref().map_or(0, |before| before.revision);
            change.expected_revisions.push((after.id.clone(), before));
            change.documents.push(after.clone());
        }
        for other in &applied.others {
            change.expected_revisions.push((other.id.clone(), other.revision - 1));
            change.documents.push(other.clone());
        }
        change.versions.clone_from(&applied.versions);
        change.attestations.clone_from(&applied.attestations);
        change.contents.extend(applied.kept.iter().map(|body| (Digest::of(body), Arc::clone(body))));
        let bodies = [
            applied.composed.as_ref().map(String::as_bytes),
            match &request.copy {
                Some(WorkingCopy::Present { bytes, .. }) => Some(bytes.as_slice()),
                _ => None,
            },
        ];
        let wanted = applied.versions.iter().map(|version| version.content);
        for digest in wanted {
            let body = bodies.iter().flatten().find(|body| Digest::of(body) == digest);
            change.contents.extend(body.map(|body| (digest, Arc::new(body.to_vec()))));
        }
        change.users.extend(applied.users.iter().cloned());
        change.credentials.extend(applied.credentials.iter().cloned());
        change.sessions.extend(applied.session.clone());
        change.namespaces.extend(applied.namespace.clone());
        change.proposals.extend(applied.proposal.clone());
        if applied.ends_jump {
            let span = self.span()?;
            let ends_at = span.jump.map_or(time.moment.clock, |jump| jump.ends_at(time.moment.clock));
            let next = Span { number: span.number.saturating_add(1), began_at: ends_at, jump: None };
            let began_at = self.order_with(Some(next))?.free(ends_at);
            change.spans.push(Span { began_at, ..next });
        }
        if let Some(candidate) = &applied.policy {
            let project = self.project()?;
            if self.was_adopted(&candidate.digest)? {
                // What comes into force is what is kept: it has to be what was adopted then.
                self.sources_at(&candidate.digest)?;
            } else {
                let key = self.key.as_ref().ok_or(SessionError::NoKey)?;
                change.policies.push(policy_record(
                    key,
                    candidate.digest,
                    &candidate.sources.0,
                    &candidate.policy,
                    time,
                )?);
            }
            change.project = Some(Project { policy: candidate.digest, ..project });
        }
        debug_assert!(facts.document.is_none() == applied.before.is_none());
        Ok(())
    }

    /// The complete change of every row that `change` touches.
    fn deltas(&mut self, change: &Change, facts: &Facts) -> Result<Vec<Delta>, SessionError> {
        let losing = facts.project.iter().flat_map(|project| &project.losing).map(|(document, _)| document);
        let known = |document: &Document| {
            let mut before = facts.document.iter().chain(&facts.children).chain(losing.clone());
            before.find(|before| before.id == document.id)
        };
        let mut deltas = Vec::new();
        for document in &change.documents {
            deltas.extend(row_delta(known(document).map(Row::Document), Row::Document(document)));
        }
        deltas.extend(change.versions.iter().filter_map(|version| row_delta(None, Row::Version(version))));
        deltas.extend(change.attestations.iter().filter_map(|one| row_delta(None, Row::Attestation(one))));
        for user in &change.users {
            let before = self.store.user(user.name.as_str())?;
            deltas.extend(row_delta(before.as_ref().map(Row::User), Row::User(user)));
        }
        deltas.extend(self.registry_deltas(change)?);
        deltas.extend(self.beside_deltas(change)?);
        deltas.extend(change.namespaces.iter().filter_map(|one| row_delta(None, Row::Namespace(one))));
        deltas.extend(change.policies.iter().filter_map(|one| row_delta(None, Row::Policy(one))));
        if let Some(project) = &change.project {
            let before = self.project()?;
            deltas.extend(row_delta(Some(Row::Project(&before)), Row::Project(project)));
        }
        Ok(deltas)
    }

    /// The complete change of every proposal and span that `change` touches.
    fn beside_deltas(&mut self, change: &Change) -> Result<Vec<Delta>, SessionError> {
        let (mut deltas, spans) = (Vec::new(), self.store.spans()?);
        for span in &change.spans {
            let before = spans.iter().find(|before| before.number == span.number);
            deltas.extend(row_delta(before.map(Row::Span), Row::Span(span)));
        }
        let proposals = if change.proposals.is_empty() { Vec::new() } else { self.store.proposals()? };
        for proposal in &change.proposals {
            let before = proposals.iter().find(|before| before.key() == proposal.key());
            deltas.extend(row_delta(before.map(Row::Proposal), Row::Proposal(proposal)));
        }
        Ok(deltas)
    }

    /// Tags the credentials and sessions of a change. A tag on a row that somebody edited would make it
    /// good: what is kept must bear one already.
    pub(super) fn tag(&mut self, change: &mut Change) -> Result<(), SessionError> {
        let key = self.key.as_ref().ok_or(SessionError::NoKey)?;
        for credential in &mut change.credentials {
            let kept = self.store.credential(&credential.id)?;
            if kept.is_some_and(|kept| !key.verifies_credential(&kept)) {
                return Err(SessionError::CredentialTag(credential.id.clone()));
            }
            credential.tag = Some(key.tag_credential(credential));
        }
        for session in &mut change.sessions {
            let kept = self.store.session(&session.id)?;
            if kept.is_some_and(|kept| !key.verifies_session(&kept)) {
                return Err(SessionError::SessionTag(session.id.clone()));
            }
            session.tag = Some(key.tag_session(session));
        }
        Ok(())
    }

    /// The complete change of every credential and session that `change` touches.
    pub(super) fn registry_deltas(&mut self, change: &Change) -> Result<Vec<Delta>, SessionError> {
        let mut deltas = Vec::new();
        for credential in &change.credentials {
            let before = self.store.credential(&credential.id)?;
            deltas.extend(row_delta(before.as_ref().map(Row::Credential), Row::Credential(credential)));
        }
        for session in &change.sessions {
            let before = self.store.session(&session.id)?;
            deltas.extend(row_delta(before.as_ref().map(Row::Session), Row::Session(session)));
        }
        Ok(deltas)
    }

    /// Numbers, seals and tags `entry`, and commits it with its change.
    pub(super) fn commit(
        &mut self,
        head: Head,
        mut change: Change,
        time: Time,
        entry: Entry,
    ) -> Result<Entry, SessionError> {
        let mut entries = Vec::new();
        let moves = witness(entry.assurance, &entry.action) == Witness::Proven;
        // The entry that ends a jump finds none.
        if moves
            && change.spans.is_empty()
            && let Some(span) = self.new_jump(&head, time)?
            && let Some(jump) = &span.jump
        {
            let mut noticed = jump_entry(jump, entry.policy_digest);
            let before = self.span()?;
            noticed.deltas = row_delta(Some(Row::Span(&before)), Row::Span(&span)).into_iter().collect();
            entries.push(noticed);
            change.spans.push(span);
        }
        entries.push(entry);
        // Who begins a span ends the jump in the one before it.
        let is_new = |span: &&Span| Some(span.number) > head.course.map(|it| it.span);
        let begun = change.spans.iter().find(is_new).copied();
        let ends = match begun {
            Some(begun) => self.span()?.jump.map(|jump| (jump, begun.began_at)),
            None => None,
        };
        let order = self.order()?;
        let key = self.key.as_ref().ok_or(SessionError::NoKey)?;
        seal(&mut change, head, entries, (time, ends, &order), key, &self.outside)?;
        self.keep(&mut change)?;
        change.entries.pop().map(|sealed| sealed.entry).ok_or(SessionError::Store(StoreError::Conflict))
    }

    /// The content of which the caller gets a working copy.
    pub(super) fn given_content(&mut self, applied: &Applied) -> Result<Option<Vec<u8>>, SessionError> {
        let Some(after) = applied.after.as_ref().filter(|_| applied.gives_copy) else { return Ok(None) };
        match &applied.composed {
            Some(text) => Ok(Some(text.clone().into_bytes())),
            None => self.body(&after.content).map(Some),
        }
    }
}

/// Numbers, dates and seals entries, and moves the head behind them. `ends` is the jump that the entry ends, and
/// when the span after it begins.
pub(super) fn seal(
    change: &mut Change,
    head: Head,
    entries: Vec<Entry>,
    (time, ends, order): (Time, Option<(Jump, Timestamp)>, &Order),
    key: &ProjectKey,
    outside: &Outside,
) -> Result<(), SessionError> {
    let (mut frontier, mut course) = (head.frontier, head.course);
    for mut entry in entries {
        entry.index = frontier.size();
        let witness = witness(entry.assurance, &entry.action);
        let mut here = next(course, entry.index, time.moment, witness, ends.as_ref().map(|(jump, _)| jump));
        here.at = ends.map_or_else(|| order.free(here.at), |(_, began_at)| began_at);
        (entry.at, entry.span, entry.moment) = (here.at, here.span, time.moment);
        (entry.host, entry.uid) = (outside.host.clone(), outside.uid);
        if !(outside.random)(&mut entry.salt) {
            return Err(SessionError::NoRandom);
        }
        let sealed = Sealed::new(entry, key);
        frontier.push(sealed.leaf);
        course = Some(here);
        change.entries.push(sealed);
    }
    change.head = Head { tag: Some(key.tag_head(&frontier)), frontier, course };
    Ok(())
}

/// Builds the record of a policy: its files, and what they mean, under the tag of the project key.
pub(super) fn policy_record(
    key: &ProjectKey,
    digest: Digest,
    sources: &BTreeMap<String, String>,
    policy: &Policy,
    time: Time,
) -> Result<PolicyRecord, SessionError> {
    let unreadable =
        |error: serde_json::Error| SessionError::PolicyUnreadable { digest, message: error.to_string() };
    Ok(PolicyRecord {
        digest,
        sources: serde_json::to_string(sources).map_err(unreadable)?,
        compiled: key.tag_policy(&digest, &serde_json::to_string(policy).map_err(unreadable)?),
        adopted_at: time.now,
    })
}

fn sealed_reason(reason: &Reason) -> SealedReason {
    SealedReason {
        name: reason.name.clone(),
        message: reason.message.clone(),
        remedy: reason.remedy.as_deref().cloned(),
    }
}
