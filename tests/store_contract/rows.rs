//! Rows to keep, and changes that a store has to take.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;
use std::sync::Arc;

use qms::domain::attestation::{Attestation, AttestationKind};
use qms::domain::audit::{Entry, Frontier, ProjectKey, Sealed, leaf_hash};
use qms::domain::clock::{Boot, Course, Jump, Moment, Span};
use qms::domain::digest::{Digest, Timestamp};
use qms::domain::document::{
    Answer, Checkout, Document, InForce, Kind, Outcome, Round, Seat, Task, TemplateVersion, User, Verdict,
};
use qms::domain::id::{DocumentId, StateName, TypeName, UserName, Version};
use qms::domain::project::{Namespace, PolicyRecord, Project, Proposal, ProposalKind, VersionRecord};
use qms::store::{Change, Entries, Head, ListQuery, OpenTask, Store, StoreError};

/// Parses a name that the test itself wrote.
pub(crate) fn name<T: FromStr<Err: std::fmt::Display>>(text: &str) -> T {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

pub(crate) fn id(text: &str) -> DocumentId {
    name(text)
}

pub(crate) fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

pub(crate) fn digest(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}

pub(crate) fn content(text: &str) -> (Digest, Arc<Vec<u8>>) {
    (digest(text), Arc::new(text.as_bytes().to_vec()))
}

pub(crate) fn seal(index: u64, document: Option<&DocumentId>) -> Sealed {
    let key = ProjectKey::new(&[7; 32]).unwrap_or_else(|| panic!("a key has 32 bytes"));
    let bytes = format!("entry {index} about {document:?}").into_bytes();
    let leaf = leaf_hash(&bytes);
    let entry = Entry {
        index,
        actor: Some(name("qa")),
        claimed: Some("qa".to_owned()),
        actor_kind: Some(Kind::Human),
        group: Some(name("quality")),
        document: document.cloned(),
        at: at(index.try_into().unwrap_or(i64::MAX)),
        ..Entry::new("route", digest("policy"))
    };
    Sealed { entry, bytes, leaf, tag: key.tag_entry(index, &leaf) }
}

/// Starts a change after `head` with an entry about each of `documents`.
pub(crate) fn change(head: &Head, documents: &[Option<DocumentId>]) -> Change {
    let key = ProjectKey::new(&[7; 32]).unwrap_or_else(|| panic!("a key has 32 bytes"));
    let size = head.frontier.size();
    let entries: Vec<_> = (size..).zip(documents).map(|(index, id)| seal(index, id.as_ref())).collect();
    let mut frontier: Frontier = head.frontier.clone();
    for sealed in &entries {
        frontier.push(sealed.leaf);
    }
    let mut course = head.course;
    for sealed in &entries {
        let moment = Moment { clock: sealed.entry.at, boot: Some(Boot { id: [3; 16], since: 4 }) };
        course = Some(match course {
            None => Course::begin(moment),
            Some(course) => course.followed(sealed.entry.index, moment, qms::domain::clock::Witness::Proven),
        });
    }
    let head = Head { tag: Some(key.tag_head(&frontier)), frontier, course };
    Change { expected_size: size, entries, head, ..Change::default() }
}

/// Writes documents, each with an entry and its content.
pub(crate) fn keep(store: &mut dyn Store, documents: Vec<Document>) -> Result<(), StoreError> {
    let head = store.head()?;
    let about: Vec<_> = documents.iter().map(|document| Some(document.id.clone())).collect();
    store.commit(&Change { contents: vec![content("body")], documents, ..change(&head, &about) })
}

/// A document of which nothing is known that may be unknown.
pub(crate) fn plain(text: &str) -> Document {
    Document {
        id: id(text),
        document_type: name("CR"),
        workflow: name("executable"),
        title: format!("About {text}, \"quoted\", ünïcode\nand a second line"),
        state: name("DRAFT"),
        version: Version::new(0, 1),
        last_minor: 1,
        content: digest("body"),
        in_force: None,
        owner: None,
        creator: None,
        authors: BTreeMap::new(),
        checkout: None,
        parent: None,
        template: None,
        traits: BTreeSet::new(),
        requires: BTreeSet::new(),
        round: None,
        verdicts: BTreeMap::new(),
        rejected: None,
        revision: 1,
        created_at: at(-1),
        updated_at: at(0),
    }
}

/// A document of which everything is known.
pub(crate) fn rich(text: &str) -> Document {
    let verdict = |outcome, revision| Verdict { outcome, group: name("quality"), at: at(3), revision };
    Document {
        in_force: Some(InForce { version: Version::new(1, 0), content: digest("body") }),
        owner: Some(name("author")),
        creator: Some(name("author")),
        authors: [
            (name("author"), ["s-1".to_owned(), "lead".to_owned()].into()),
            (name("second-author"), BTreeSet::new()),
        ]
        .into(),
        checkout: Some(Checkout { by: name("author"), base: digest("base") }),
        parent: Some(id("CR-001")),
        template: Some(TemplateVersion { id: id("TEMPLATE-CR"), version: Version::new(1, 10) }),
        traits: [name("needs-security-review")].into(),
        requires: ["INV-001 is CLOSED".parse().unwrap_or_else(|error| panic!("{error}"))].into(),
        round: Some(round(&[("qa", None), ("reviewer", Some(Outcome::Recommend))])),
        verdicts: [
            ((name("review"), name("reviewer")), verdict(Outcome::Recommend, 4)),
            ((name("approval"), name("qa")), verdict(Outcome::Reject, 5)),
        ]
        .into(),
        rejected: Some(5),
        version: Version::new(4_294_967_295, 10),
        last_minor: u32::MAX,
        revision: u64::try_from(i64::MAX).unwrap_or(1),
        created_at: at(1_767_225_600_007),
        updated_at: at(i64::MAX),
        ..plain(text)
    }
}

/// A round with these seats; times of the assignments count up from 100.
pub(crate) fn round(seats: &[(&str, Option<Outcome>)]) -> Round {
    let seat = |(time, (user, outcome)): (i64, &(&str, Option<Outcome>))| {
        let answer = outcome.map(|outcome| Answer { outcome, at: at(200) });
        (
            name(user),
            Seat {
                assigned_by: name("author"),
                assigned_at: at(time),
                answer,
                opened_at: outcome.map(|_| at(150)),
            },
        )
    };
    Round {
        task: Task::Review,
        phase: name("review"),
        origin: name("DRAFT"),
        asked_by: name("author"),
        opened_at: at(100),
        content: digest("body"),
        policy: digest("policy"),
        dossier: Some(digest("dossier")),
        seats: (100..).zip(seats).map(seat).collect(),
    }
}

pub(crate) fn user(text: &str) -> User {
    let printed_name = "Ada O'Neil".to_owned();
    User {
        name: name(text),
        printed_name,
        group: name("quality"),
        kind: Kind::Human,
        is_bound: false,
        removed_at: None,
    }
}

pub(crate) fn spans() -> Vec<Span> {
    let jump = Jump { since: 3, before: Some(at(-7)), clock: at(i64::MAX) };
    vec![
        Span { number: 0, began_at: at(0), jump: Some(Jump { before: None, ..jump }) },
        Span { number: 1, began_at: at(5), jump: Some(jump) },
        Span { number: 2, began_at: at(6), jump: None },
    ]
}

pub(crate) fn proposal(what: &str) -> Proposal {
    Proposal {
        kind: ProposalKind::Policy,
        digest: digest(what),
        replaces: digest("policy"),
        by: name("lead"),
        at: at(8),
        reason: "it's needed".to_owned(),
        confirmed_by: None,
    }
}

pub(crate) fn version(document: &str, version: Version) -> VersionRecord {
    let author = Some(name("author"));
    VersionRecord { document: id(document), version, content: digest("body"), author, at: at(9) }
}

/// A run of a command about the content `body`.
pub(crate) fn attestation(document: &str, number: u32) -> Attestation {
    Attestation {
        document: id(document),
        kind: AttestationKind::Run,
        name: name("ci-passed"),
        number,
        author: name("author"),
        group: name("initiator"),
        phase: name("execution"),
        subject: digest("body"),
        body: digest("body"),
        status: Some(-9),
        file_name: Some("Wägeprotokoll 7.pdf".to_owned()),
        media_type: Some("application/pdf".to_owned()),
        at: at(9),
    }
}

pub(crate) fn namespace(text: &str) -> Namespace {
    Namespace { name: name(text), added_by: name("qa"), added_at: at(5) }
}

pub(crate) fn policy(text: &str) -> PolicyRecord {
    let (sources, compiled) = (format!("{{\"{text}\":\"\"}}"), "{}".to_owned());
    PolicyRecord { digest: digest(text), sources, compiled, adopted_at: at(6) }
}

pub(crate) fn project(policy: &str) -> Project {
    Project {
        id: "0123456789abcdef0123456789abcdef".to_owned(),
        policy: digest(policy),
        key_fingerprint: "0123456789abcdef".to_owned(),
        checkpoint_key: digest("key"),
        origin: digest("origin"),
        created_at: at(1),
    }
}

/// An entry as it was read.
pub(crate) type Read = (u64, Vec<u8>, Vec<u8>, Vec<u8>, Option<String>);

pub(crate) fn entries(store: &mut dyn Store, which: Entries<'_>) -> Result<Vec<Read>, StoreError> {
    let mut found = Vec::new();
    store.entries(which, &mut |entry| {
        let (bytes, leaf, tag) = (entry.bytes.to_vec(), entry.leaf.to_vec(), entry.tag.to_vec());
        found.push((entry.index, bytes, leaf, tag, entry.document.map(str::to_owned)));
        Ok(())
    })?;
    Ok(found)
}

/// Says how an entry has to be read.
pub(crate) fn read_of(sealed: &Sealed) -> Read {
    let (leaf, tag) = (sealed.leaf.as_bytes().to_vec(), sealed.tag.as_bytes().to_vec());
    (
        sealed.entry.index,
        sealed.bytes.clone(),
        leaf,
        tag,
        sealed.entry.document.as_ref().map(ToString::to_string),
    )
}

pub(crate) fn documents(store: &mut dyn Store, query: &ListQuery) -> Result<Vec<Document>, StoreError> {
    let mut found = Vec::new();
    store.documents(query, &mut |document| {
        found.push(document);
        Ok(())
    })?;
    Ok(found)
}

/// Everything that a store tells.
#[derive(Debug, PartialEq)]
pub(crate) struct Everything {
    pub(crate) head: Head,
    pub(crate) project: Option<Project>,
    pub(crate) documents: Vec<Document>,
    pub(crate) versions: Vec<VersionRecord>,
    pub(crate) attestations: Vec<Attestation>,
    pub(crate) contents: Vec<(Digest, Option<Vec<u8>>)>,
    pub(crate) users: Vec<User>,
    pub(crate) namespaces: Vec<Namespace>,
    pub(crate) spans: Vec<Span>,
    pub(crate) proposals: Vec<Proposal>,
    pub(crate) policies: Vec<PolicyRecord>,
    pub(crate) tasks: Vec<(UserName, u64, Vec<OpenTask>)>,
    pub(crate) occupied: Vec<(TypeName, StateName, DocumentId)>,
    pub(crate) entries: Vec<Read>,
}

/// Every body that a test writes.
const BODIES: [&str; 6] = ["body", "", "\0 zero, \u{10ffff}", "other", "policy", "third"];

pub(crate) fn everything(store: &mut dyn Store) -> Result<Everything, StoreError> {
    let documents = documents(store, &ListQuery::default())?;
    let mut versions = Vec::new();
    for document in &documents {
        let of_it = store.versions(&document.id)?;
        for one in &of_it {
            assert_eq!(store.version(&document.id, one.version)?.as_ref(), Some(one));
        }
        assert_eq!(store.version(&document.id, Version::new(99, 9))?, None);
        versions.extend(of_it);
    }
    let mut count = 0;
    store.all_versions(&mut |_| {
        count += 1;
        Ok(())
    })?;
    assert_eq!(count, versions.len(), "all versions are those of all documents");
    let mut attestations = Vec::new();
    for document in &documents {
        attestations.extend(store.attestations(&document.id)?);
    }
    let mut all = Vec::new();
    store.all_attestations(&mut |one| {
        all.push(one);
        Ok(())
    })?;
    assert_eq!(all, attestations, "all attestations are those of all documents");
    let mut contents = Vec::new();
    for (digest, _) in BODIES.map(content) {
        contents.extend(store.content(&digest)?.map(|body| (digest, Some(body))));
    }
    contents.sort();
    let mut digests = Vec::new();
    store.all_contents(&mut |digest| {
        digests.push(digest);
        Ok(())
    })?;
    assert!(digests.is_sorted());
    assert!(contents.iter().all(|(digest, _)| digests.contains(digest)), "all contents are listed");
    let mut tasks = Vec::new();
    for (user, count) in store.task_counts()? {
        let open = store.tasks(&user)?;
        tasks.push((user, count, open));
    }
    Ok(Everything {
        head: store.head()?,
        project: store.project()?,
        documents,
        versions,
        attestations,
        contents,
        users: store.users()?,
        spans: store.spans()?,
        proposals: store.proposals()?,
        namespaces: store.namespaces()?,
        policies: store.policies()?,
        tasks,
        occupied: store.occupied()?,
        entries: entries(store, Entries::From(0))?,
    })
}
