//! The store in memory: the same promises as on disk, for tests of everything above it and as the
//! second backend that keeps the trait honest.

mod kept;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use self::kept::{Kept, place};
use super::change::number_after;
use super::{
    AttestationVisitor, Change, ContentVisitor, Credentials, DocumentVisitor, Entries, EntryVisitor, Head,
    ListQuery, OpenTask, Read, Refusals, Sessions, Store, StoreError, StoredEntry, TicketMark,
    VersionVisitor,
};
use crate::domain::attestation::Attestation;
use crate::domain::audit::Sealed;
use crate::domain::clock::Span;
use crate::domain::digest::{Digest, Timestamp};
use crate::domain::document::{Document, User};
use crate::domain::id::{CredentialId, DocumentId, StateName, TypeName, UserName, Version};
use crate::domain::identity::{AgentSession, Credential, CredentialKind, Fate, TicketId};
use crate::domain::project::{Namespace, PolicyRecord, Project, Proposal, VersionRecord};

/// How long another writer is waited for: those in the same process hold a turn for a moment.
const PATIENCE: Duration = Duration::from_secs(30);

/// A store in memory. Clones share what is kept, as several connections share a file.
#[derive(Debug)]
pub struct Memory {
    shared: Arc<Shared>,
    handle: u64,
    patience: Duration,
}

#[derive(Debug, Default)]
struct Shared {
    kept: Mutex<Kept>,
    turn_ended: Condvar,
    handles: AtomicU64,
}

impl Default for Memory {
    fn default() -> Self {
        Self::new()
    }
}

impl Clone for Memory {
    fn clone(&self) -> Self {
        let handle = self.shared.handles.fetch_add(1, Ordering::Relaxed) + 1;
        Self { shared: Arc::clone(&self.shared), handle, patience: self.patience }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.leave(&mut self.kept());
    }
}

impl Memory {
    /// Makes an empty store. A turn of another handle is waited for up to 30 s.
    pub fn new() -> Self {
        Self { shared: Arc::default(), handle: 0, patience: PATIENCE }
    }

    /// Makes this handle wait for others no longer than `patience`.
    #[must_use]
    pub fn within(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Nothing panics between the first and the last step of a write, so what a panicking
        // thread leaves behind is whole.
        self.shared.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until no other handle has the turn.
    fn enter(&self) -> Result<MutexGuard<'_, Kept>, StoreError> {
        #[expect(clippy::disallowed_methods, reason = "a turn is waited for, but not for ever")]
        let since = Instant::now();
        let mut kept = self.kept();
        while kept.turn.is_some_and(|handle| handle != self.handle) {
            let Some(rest) = self.patience.checked_sub(since.elapsed()) else {
                return Err(StoreError::Locked("another writer has its turn".into()));
            };
            let waited = self.shared.turn_ended.wait_timeout(kept, rest);
            kept = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        Ok(kept)
    }

    fn leave(&self, kept: &mut Kept) {
        if kept.turn == Some(self.handle) {
            kept.turn = None;
            self.shared.turn_ended.notify_all();
        }
    }
}

fn open_tasks(document: &Document) -> impl Iterator<Item = (&UserName, OpenTask)> {
    let seats = document.round.iter().flat_map(|round| &round.seats);
    seats.filter(|(_, seat)| seat.answer.is_none()).map(|(user, seat)| {
        let (assigned_by, assigned_at) = (seat.assigned_by.clone(), seat.assigned_at);
        (user, OpenTask { document: document.id.clone(), assigned_by, assigned_at })
    })
}

fn selects(query: &ListQuery, document: &Document) -> bool {
    fn wanted<T: PartialEq>(wanted: Option<&T>, found: Option<&T>) -> bool {
        wanted.is_none() || wanted == found
    }
    let holder = document.checkout.as_ref().map(|checkout| &checkout.by);
    wanted(query.document_type.as_ref(), Some(&document.document_type))
        && wanted(query.state.as_ref(), Some(&document.state))
        && wanted(query.owner.as_ref(), document.owner.as_ref())
        && wanted(query.parent.as_ref(), document.parent.as_ref())
        && (!query.waiting || !document.requires.is_empty())
        && wanted(query.checked_out_by.as_ref(), holder)
        && query
            .assignee
            .as_ref()
            .is_none_or(|user| open_tasks(document).any(|(assignee, _)| assignee == user))
}

impl Read for Memory {
    fn head(&mut self) -> Result<Head, StoreError> {
        Ok(self.kept().head.clone())
    }

    fn project(&mut self) -> Result<Option<Project>, StoreError> {
        Ok(self.kept().project.clone())
    }

    fn document(&mut self, id: &DocumentId) -> Result<Option<Document>, StoreError> {
        Ok(self.kept().documents.get(&place(id)).cloned())
    }

    fn documents(&mut self, query: &ListQuery, visit: &mut DocumentVisitor<'_>) -> Result<(), StoreError> {
        let after = query.after.as_ref().map(place);
        let limit = query.limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
        // The visitor may use another handle: it must not find the store held.
        let found: Vec<Document> = (self.kept().documents.iter())
            .filter(|(place, _)| after.as_ref().is_none_or(|after| *place > after))
            .map(|(_, document)| document)
            .filter(|document| selects(query, document))
            .take(limit)
            .cloned()
            .collect();
        found.into_iter().try_for_each(visit)
    }

    fn last_number(&mut self, prefix: &str) -> Result<u32, StoreError> {
        let kept = self.kept();
        let numbers =
            kept.documents.values().filter_map(|document| number_after(prefix, document.id.as_str()));
        Ok(numbers.max().unwrap_or(0))
    }

    fn occupied(&mut self) -> Result<Vec<(TypeName, StateName, DocumentId)>, StoreError> {
        let mut first = BTreeMap::new();
        for document in self.kept().documents.values() {
            let pair = (document.document_type.clone(), document.state.clone());
            first.entry(pair).or_insert_with(|| document.id.clone());
        }
        Ok(first.into_iter().map(|((document_type, state), id)| (document_type, state, id)).collect())
    }

    fn versions(&mut self, id: &DocumentId) -> Result<Vec<VersionRecord>, StoreError> {
        Ok(self.kept().versions.iter().filter(|version| version.document == *id).cloned().collect())
    }

    fn version(&mut self, id: &DocumentId, version: Version) -> Result<Option<VersionRecord>, StoreError> {
        let is_it = |one: &&VersionRecord| one.document == *id && one.version == version;
        Ok(self.kept().versions.iter().find(is_it).cloned())
    }

    fn all_versions(&mut self, visit: &mut VersionVisitor<'_>) -> Result<(), StoreError> {
        let versions = self.kept().versions.clone();
        versions.into_iter().try_for_each(visit)
    }

    fn attestations(&mut self, id: &DocumentId) -> Result<Vec<Attestation>, StoreError> {
        Ok(self.kept().attestations.iter().filter(|one| one.document == *id).cloned().collect())
    }

    fn all_attestations(&mut self, visit: &mut AttestationVisitor<'_>) -> Result<(), StoreError> {
        let all = self.kept().attestations.clone();
        all.into_iter().try_for_each(visit)
    }

    fn content(&mut self, digest: &Digest) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.kept().contents.get(digest).map(|body| body.to_vec()))
    }

    fn all_contents(&mut self, visit: &mut ContentVisitor<'_>) -> Result<(), StoreError> {
        let digests: Vec<Digest> = self.kept().contents.keys().copied().collect();
        digests.into_iter().try_for_each(visit)
    }

    fn user(&mut self, name: &str) -> Result<Option<User>, StoreError> {
        Ok(self.kept().users.values().find(|user| user.name.as_str() == name).cloned())
    }

    fn users(&mut self) -> Result<Vec<User>, StoreError> {
        Ok(self.kept().users.values().cloned().collect())
    }

    fn credential(&mut self, id: &CredentialId) -> Result<Option<Credential>, StoreError> {
        Ok(self.kept().credentials.get(id).cloned())
    }

    fn credentials(&mut self, which: Credentials<'_>) -> Result<Vec<Credential>, StoreError> {
        let asked = |one: &&Credential| match which {
            Credentials::All => true,
            Credentials::Of(user) => one.user == *user,
            Credentials::Keys => one.kind == CredentialKind::Key,
            Credentials::WithVerifier(verifier) => one.verifier == *verifier,
            Credentials::Alarming => one.is_alarming(),
        };
        Ok(self.kept().credentials.values().filter(asked).cloned().collect())
    }

    fn session(&mut self, id: &str) -> Result<Option<AgentSession>, StoreError> {
        Ok(self.kept().sessions.get(id).cloned())
    }

    fn sessions(&mut self, which: Sessions<'_>) -> Result<Vec<AgentSession>, StoreError> {
        let asked = |one: &&AgentSession| match which {
            Sessions::All => true,
            Sessions::Open => one.is_open(),
            Sessions::Of(session) => one.session == session,
        };
        Ok(self.kept().sessions.values().filter(asked).cloned().collect())
    }

    fn ticket(&mut self, id: &TicketId) -> Result<Option<TicketMark>, StoreError> {
        Ok(self.kept().tickets.get(id).cloned())
    }

    fn tickets(&mut self) -> Result<Vec<TicketMark>, StoreError> {
        Ok(self.kept().tickets.values().cloned().collect())
    }

    fn open_tickets(&mut self, bearer: &str) -> Result<Vec<(TicketId, Fate)>, StoreError> {
        let kept = self.kept();
        let open = kept.tickets.values().filter(|mark| mark.fate.is_open());
        let own = open.filter(|mark| mark.bearer.as_deref() == Some(bearer));
        Ok(own.map(|mark| (mark.id, mark.fate)).collect())
    }

    fn is_bound(&mut self, user: &str) -> Result<bool, StoreError> {
        let kept = self.kept();
        let is_bound = kept.users.values().any(|one| one.name.as_str() == user && one.is_bound);
        Ok(is_bound || kept.credentials.values().any(|one| one.user.as_str() == user && one.binds()))
    }

    fn task_counts(&mut self) -> Result<BTreeMap<UserName, u64>, StoreError> {
        let mut counts = BTreeMap::new();
        for (user, _) in self.kept().documents.values().flat_map(open_tasks) {
            *counts.entry(user.clone()).or_insert(0) += 1;
        }
        Ok(counts)
    }

    fn tasks(&mut self, user: &UserName) -> Result<Vec<OpenTask>, StoreError> {
        let kept = self.kept();
        let tasks = kept.documents.values().flat_map(open_tasks);
        let mut tasks: Vec<_> =
            tasks.filter(|(assignee, _)| *assignee == user).map(|(_, task)| task).collect();
        // The sort is stable: tasks of the same moment stay in the order of their documents.
        tasks.sort_by_key(|task| task.assigned_at.millis());
        Ok(tasks)
    }

    fn spans(&mut self) -> Result<Vec<Span>, StoreError> {
        Ok(self.kept().spans.values().copied().collect())
    }

    fn proposals(&mut self) -> Result<Vec<Proposal>, StoreError> {
        Ok(self.kept().proposals.values().cloned().collect())
    }

    fn namespaces(&mut self) -> Result<Vec<Namespace>, StoreError> {
        Ok(self.kept().namespaces.values().cloned().collect())
    }

    fn policy(&mut self, digest: &Digest) -> Result<Option<PolicyRecord>, StoreError> {
        Ok(self.kept().policies.iter().find(|policy| policy.digest == *digest).cloned())
    }

    fn policies(&mut self) -> Result<Vec<PolicyRecord>, StoreError> {
        Ok(self.kept().policies.clone())
    }

    fn refusals(&mut self, claimed: &str) -> Result<Option<Refusals>, StoreError> {
        Ok(self.kept().refusals.get(claimed).cloned())
    }

    fn all_refusals(&mut self) -> Result<Vec<Refusals>, StoreError> {
        Ok(self.kept().refusals.values().cloned().collect())
    }

    fn failed_proofs(&mut self, since: Timestamp) -> Result<Vec<Refusals>, StoreError> {
        let failed = |one: &&Refusals| since.has_come(one.since) && one.claimed.contains(' ');
        Ok(self.kept().refusals.values().filter(failed).cloned().collect())
    }

    fn entries(&mut self, which: Entries<'_>, visit: &mut EntryVisitor<'_>) -> Result<(), StoreError> {
        let asked = |sealed: &&Arc<Sealed>| match which {
            Entries::From(index) => sealed.entry.index >= index,
            Entries::Of(id) => sealed.entry.document.as_ref() == Some(id),
        };
        let found: Vec<_> = self.kept().entries.iter().filter(asked).cloned().collect();
        found.iter().try_for_each(|sealed| {
            visit(StoredEntry {
                index: sealed.entry.index,
                bytes: &sealed.bytes,
                leaf: sealed.leaf.as_bytes(),
                tag: sealed.tag.as_bytes(),
                document: sealed.entry.document.as_ref().map(DocumentId::as_str),
            })
        })
    }

    fn begin_snapshot(&mut self) -> Result<(), StoreError> {
        // Nothing is kept of the past: who reads keeps writers out.
        self.wait_turn()
    }

    fn end_snapshot(&mut self) -> Result<(), StoreError> {
        self.end_turn()
    }

    fn check(&mut self) -> Result<Vec<String>, StoreError> {
        Ok(Vec::new())
    }
}

impl Store for Memory {
    fn wait_turn(&mut self) -> Result<(), StoreError> {
        self.enter()?.turn = Some(self.handle);
        Ok(())
    }

    fn end_turn(&mut self) -> Result<(), StoreError> {
        self.leave(&mut self.kept());
        Ok(())
    }

    fn commit(&mut self, change: &Change) -> Result<(), StoreError> {
        let mut kept = self.enter()?;
        let fit = change
            .refuse_unfit()
            .and_then(|()| kept.refuse_conflict(change))
            .and_then(|()| kept.refuse_unfit(change));
        if fit.is_ok() {
            kept.take(change);
        }
        self.leave(&mut kept);
        fit
    }
}
