//! What is kept in memory, and what a change has to be to be taken over.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::attestation::Attestation;
use crate::domain::audit::Sealed;
use crate::domain::clock::Span;
use crate::domain::digest::Digest;
use crate::domain::document::{Document, User};
use crate::domain::id::{CredentialId, DocumentId, IdWord, UserName};
use crate::domain::identity::{AgentSession, Credential, TicketId};
use crate::domain::project::{Namespace, PolicyRecord, Project, Proposal, ProposalKind, VersionRecord};
use crate::store::change::unfit;
use crate::store::{Change, Head, Refusals, StoreError, TicketMark};

/// Sorts documents as they are listed.
pub(super) type Place = (String, DocumentId);

#[derive(Debug, Default)]
pub(super) struct Kept {
    /// The handle whose turn it is.
    pub(super) turn: Option<u64>,
    pub(super) head: Head,
    pub(super) project: Option<Project>,
    pub(super) documents: BTreeMap<Place, Document>,
    pub(super) versions: Vec<VersionRecord>,
    pub(super) attestations: Vec<Attestation>,
    pub(super) contents: BTreeMap<Digest, Arc<Vec<u8>>>,
    pub(super) users: BTreeMap<UserName, User>,
    pub(super) credentials: BTreeMap<CredentialId, Credential>,
    pub(super) sessions: BTreeMap<String, AgentSession>,
    pub(super) tickets: BTreeMap<TicketId, TicketMark>,
    pub(super) spans: BTreeMap<u32, Span>,
    pub(super) proposals: BTreeMap<(ProposalKind, Digest), Proposal>,
    pub(super) namespaces: BTreeMap<IdWord, Namespace>,
    pub(super) policies: Vec<PolicyRecord>,
    pub(super) refusals: BTreeMap<String, Refusals>,
    pub(super) entries: Vec<Arc<Sealed>>,
}

pub(super) fn place(id: &DocumentId) -> Place {
    (id.sort_key(), id.clone())
}

impl Kept {
    pub(super) fn refuse_conflict(&self, change: &Change) -> Result<(), StoreError> {
        let revision =
            |id: &DocumentId| self.documents.get(&place(id)).map_or(0, |document| document.revision);
        let expected = |(id, expected): &(DocumentId, u64)| revision(id) == *expected;
        let fits = |(index, mark): (usize, &TicketMark)| {
            let earlier = change.tickets.iter().take(index).rfind(|earlier| earlier.id == mark.id);
            mark.fits(earlier.or_else(|| self.tickets.get(&mark.id)).map(|kept| kept.fate))
        };
        if self.head.frontier.size() == change.expected_size
            && change.expected_revisions.iter().all(expected)
            && change.tickets.iter().enumerate().all(fits)
        {
            Ok(())
        } else {
            Err(StoreError::Conflict)
        }
    }

    /// Refuses what would refer to nothing, and what would add twice what is added once.
    pub(super) fn refuse_unfit(&self, change: &Change) -> Result<(), StoreError> {
        let kept = |digest: &Digest| {
            self.contents.contains_key(digest) || change.contents.iter().any(|(added, _)| added == digest)
        };
        let known = |id: &DocumentId| {
            self.documents.contains_key(&place(id)) || change.documents.iter().any(|added| added.id == *id)
        };
        let adopted = |digest: &Digest| {
            self.policies.iter().chain(&change.policies).any(|policy| policy.digest == *digest)
        };
        let in_force = change.documents.iter().filter_map(|document| document.in_force.as_ref());
        let mut named = (change.documents.iter().map(|document| &document.content))
            .chain(in_force.map(|in_force| &in_force.content))
            .chain(change.versions.iter().map(|version| &version.content))
            .chain(change.attestations.iter().flat_map(|one| [&one.subject, &one.body]));
        let same =
            |a: &VersionRecord, b: &VersionRecord| (&a.document, a.version) == (&b.document, b.version);
        let twice = |(index, added): (usize, &VersionRecord)| {
            self.versions.iter().chain(change.versions.iter().take(index)).any(|one| same(one, added))
        };
        let key = |one: &Attestation| one.key().to_string();
        let attested = |(index, added): (usize, &Attestation)| {
            let earlier = change.attestations.iter().take(index);
            self.attestations.iter().chain(earlier).any(|one| key(one) == key(added))
        };
        let registered = |(index, added): (usize, &Namespace)| {
            let earlier = change.namespaces.iter().take(index).any(|one| one.name == added.name);
            earlier || self.namespaces.contains_key(&added.name)
        };
        if !named.all(kept) {
            Err(unfit("it names a content that is not kept"))
        } else if !change.versions.iter().all(|version| known(&version.document)) {
            Err(unfit("it adds a version of a document that does not exist"))
        } else if !change.attestations.iter().all(|one| known(&one.document)) {
            Err(unfit("it states something about a document that does not exist"))
        } else if !change.project.iter().all(|project| adopted(&project.policy)) {
            Err(unfit("it puts a policy in force that is not kept"))
        } else if change.versions.iter().enumerate().any(twice) {
            Err(unfit("it adds a version that exists"))
        } else if change.attestations.iter().enumerate().any(attested) {
            Err(unfit("it adds an attestation that exists"))
        } else if change.namespaces.iter().enumerate().any(registered) {
            Err(unfit("it adds a namespace that exists"))
        } else {
            Ok(())
        }
    }

    /// Takes over a change that was found fit. Nothing in here can fail.
    pub(super) fn take(&mut self, change: &Change) {
        for (digest, body) in &change.contents {
            self.contents.entry(*digest).or_insert_with(|| Arc::clone(body));
        }
        for policy in &change.policies {
            if self.policies.iter().all(|kept| kept.digest != policy.digest) {
                self.policies.push(policy.clone());
            }
        }
        self.documents
            .extend(change.documents.iter().map(|document| (place(&document.id), document.clone())));
        self.versions.extend(change.versions.iter().cloned());
        self.attestations.extend(change.attestations.iter().cloned());
        self.users.extend(change.users.iter().map(|user| (user.name.clone(), user.clone())));
        self.sessions.extend(change.sessions.iter().map(|one| (one.id.clone(), one.clone())));
        self.tickets.extend(change.tickets.iter().map(|mark| (mark.id, mark.clone())));
        self.credentials.extend(change.credentials.iter().map(|one| (one.id.clone(), one.clone())));
        self.spans.extend(change.spans.iter().map(|one| (one.number, *one)));
        self.proposals.extend(change.proposals.iter().map(|one| ((one.kind, one.digest), one.clone())));
        self.namespaces.extend(change.namespaces.iter().map(|one| (one.name.clone(), one.clone())));
        self.refusals.extend(change.refusals.iter().map(|one| (one.claimed.clone(), one.clone())));
        if let Some(project) = &change.project {
            self.project = Some(project.clone());
        }
        if !change.entries.is_empty() {
            self.entries.extend(change.entries.iter().cloned().map(Arc::new));
            self.head = change.head.clone();
        }
    }
}
