//! A small sound log, and what becomes of it when somebody touches it.

mod entries;
mod replay;
mod rows;
mod standing;
mod times;

use std::rc::Rc;

use super::*;
use crate::domain::audit::canonical::{EntryView, RawDelta};
use crate::domain::audit::samples::{key, name, new_document, plain_entry, states_of_document};
use crate::domain::audit::witness;
use crate::domain::audit::{
    Checkpoint, Delta, Entry, EntryResult, FieldDelta, Frontier, ProjectKey, Row, Sealed, Table, Tag,
    leaf_hash, row_delta,
};
use crate::domain::clock::{Course, Moment};
use crate::domain::digest::{Digest, Timestamp};
use crate::domain::document::{Document, Kind, User};
use crate::domain::id::Version;
use crate::domain::policy::fixture;
use crate::domain::project::{Namespace, PolicyRecord, Project, VersionRecord};

/// An entry and its columns, as a store has them.
#[derive(Debug, Clone, PartialEq)]
struct Stored {
    index: u64,
    bytes: Vec<u8>,
    leaf: Vec<u8>,
    tag: Vec<u8>,
    document: Option<String>,
}

/// What a store holds.
#[derive(Debug, Clone)]
struct Log {
    entries: Vec<Stored>,
    head: Frontier,
    head_tag: Option<Tag>,
    course: Option<Course>,
    project: Project,
    user: User,
    namespace: Namespace,
    policy: PolicyRecord,
    documents: Vec<Document>,
    versions: Vec<VersionRecord>,
}

fn time(index: u64) -> Timestamp {
    Timestamp::from_millis(1_767_225_600_000 + index.cast_signed() * 1000)
}

impl Log {
    /// Twenty entries: one that makes the project, then documents that are made and changed, and
    /// now and then a refusal.
    fn sample() -> Self {
        let mut log = Self {
            entries: Vec::new(),
            head: Frontier::default(),
            head_tag: None,
            course: None,
            project: Project {
                id: "0123456789abcdef0123456789abcdef".to_owned(),
                policy: Digest::of(b"policy"),
                key_fingerprint: key().fingerprint().as_str().to_owned(),
                checkpoint_key: key().checkpoint_key(),
                origin: Digest::of(b"program"),
                created_at: time(0),
            },
            user: User {
                name: name("claude"),
                printed_name: "Claude".to_owned(),
                group: name("initiator"),
                kind: Kind::Agent,
                is_bound: false,
                removed_at: None,
            },
            namespace: Namespace { name: name("CORE"), added_by: name("claude"), added_at: time(0) },
            policy: PolicyRecord {
                digest: Digest::of(b"policy"),
                sources: "{}".to_owned(),
                compiled: "{\"groups\":{}}".to_owned(),
                adopted_at: time(0),
            },
            documents: Vec::new(),
            versions: Vec::new(),
        };
        let first = [
            row_delta(None, Row::Project(&log.project)),
            row_delta(None, Row::User(&log.user)),
            row_delta(None, Row::Namespace(&log.namespace)),
            row_delta(None, Row::Policy(&log.policy)),
        ];
        log.append(Entry {
            at: time(0),
            moment: Moment::of(time(0)),
            deltas: first.into_iter().flatten().collect(),
            ..Entry::new("genesis", Digest::of(b"policy"))
        });
        for index in 1..20 {
            match index {
                1..=3 => log.create(index),
                7 | 13 => log.append(Entry {
                    result: EntryResult::Denied,
                    document: Some(name("SOP-001")),
                    ..plain_entry(index, time(index), "approve")
                }),
                _ => log.check_in(index),
            }
        }
        log
    }

    fn create(&mut self, index: u64) {
        let document = new_document(&format!("SOP-00{index}"), time(index));
        let version = VersionRecord {
            document: document.id.clone(),
            version: document.version,
            content: document.content,
            author: document.creator.clone(),
            at: time(index),
        };
        let deltas = [row_delta(None, Row::Document(&document)), row_delta(None, Row::Version(&version))];
        self.append(Entry {
            document: Some(document.id.clone()),
            deltas: deltas.into_iter().flatten().collect(),
            ..plain_entry(index, time(index), "create")
        });
        self.documents.push(document);
        self.versions.push(version);
    }

    fn check_in(&mut self, index: u64) {
        let place = usize::try_from(index % 3).unwrap_or_default();
        let Some(document) = self.documents.get_mut(place) else { panic!("three documents were made") };
        let old = document.clone();
        document.version.minor += 1;
        document.last_minor += 1;
        document.content = Digest::of(&index.to_be_bytes());
        document.checkout = None;
        document.revision += 1;
        document.updated_at = time(index);
        let deltas = row_delta(Some(Row::Document(&old)), Row::Document(document)).into_iter().collect();
        let document = Some(old.id);
        self.append(Entry { document, deltas, ..plain_entry(index, time(index), "checkin") });
    }

    /// Seals an entry as the session does.
    fn append(&mut self, entry: Entry) {
        let sealed = Sealed::new(entry, &key());
        self.head.push(sealed.leaf);
        self.head_tag = Some(key().tag_head(&self.head));
        self.course = Some(match self.course.filter(|_| sealed.entry.index > 0) {
            None => Course::begin(sealed.entry.moment),
            Some(course) => course.followed(
                sealed.entry.index,
                sealed.entry.moment,
                witness(sealed.entry.assurance, &sealed.entry.action),
            ),
        });
        self.entries.push(Stored {
            index: sealed.entry.index,
            bytes: sealed.bytes,
            leaf: sealed.leaf.as_bytes().to_vec(),
            tag: sealed.tag.as_bytes().to_vec(),
            document: sealed.entry.document.map(|id| id.to_string()),
        });
    }

    /// The first so many entries, whose head is as it was then.
    fn sample_of(size: usize) -> Self {
        let whole = Self::sample();
        let mut log = Self { entries: Vec::new(), head: Frontier::default(), ..whole };
        for stored in whole.entries.into_iter().take(size) {
            log.append(Entry::decode(&stored.bytes).unwrap_or_else(|error| panic!("{error}")));
        }
        log
    }

    fn entry(&mut self, index: usize) -> &mut Stored {
        self.entries.get_mut(index).unwrap_or_else(|| panic!("there is no entry {index}"))
    }

    fn document(&mut self, index: usize) -> &mut Document {
        self.documents.get_mut(index).unwrap_or_else(|| panic!("there is no document {index}"))
    }

    fn read(&self, key: Option<&ProjectKey>, checkpoint: Option<&Checkpoint>) -> Result<Replay, Failure> {
        let policies = [(Digest::of(b"policy"), Rc::new(fixture::candidate().policy.clone()))];
        let mut verifier = Verifier::new(key, checkpoint).knowing(policies.into());
        for stored in &self.entries {
            push(&mut verifier, stored)?;
        }
        verifier.finish(&self.head, self.head_tag.as_ref(), self.course)
    }

    fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        let single = [
            Row::Project(&self.project),
            Row::User(&self.user),
            Row::Namespace(&self.namespace),
            Row::Policy(&self.policy),
        ];
        let documents = self.documents.iter().map(Row::Document);
        single.into_iter().chain(documents).chain(self.versions.iter().map(Row::Version))
    }

    fn verify_with(
        &self,
        key: Option<&ProjectKey>,
        checkpoint: Option<&Checkpoint>,
    ) -> Result<Verified, Failure> {
        let mut replay = self.read(key, checkpoint)?;
        for row in self.rows() {
            replay.check(row)?;
        }
        replay.finish()
    }

    fn verify(&self) -> Result<Verified, Failure> {
        self.verify_with(Some(&key()), None)
    }

    fn failure(&self) -> Failure {
        match self.verify() {
            Ok(verified) => panic!("nothing was found: {verified:?}"),
            Err(failure) => failure,
        }
    }
}

fn push(verifier: &mut Verifier<'_>, stored: &Stored) -> Result<(), Failure> {
    verifier.push(stored.index, &stored.bytes, &stored.leaf, &stored.tag, stored.document.as_deref())
}
