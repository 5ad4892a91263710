//! Projects of any size, as if they had grown by ordinary work.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use qms::domain::audit::{Delta, Entry, ProjectKey, Row, Sealed, row_delta};
use qms::domain::clock::{Moment, Witness};
use qms::domain::digest::{Digest, Timestamp, to_hex};
use qms::domain::document::{Document, Kind, Outcome, Round, Seat, Task};
use qms::domain::id::{
    DocumentId, GroupName, PhaseName, StateName, TypeName, UserName, Version, WorkflowName,
};
use qms::domain::identity::Assurance;
use qms::domain::policy::{Candidate, Profile};
use qms::domain::project::VersionRecord;
use qms::embedded;
use qms::session::{Founding, Installed, Outside, Session};
use qms::store::{Change, Head, Read as _, Sqlite, Store as _};

/// Entries of each document: what an ordinary change record takes.
pub(crate) const ENTRIES_EACH: usize = 10;

/// Documents that wait for a review by `qa`, and as many for an approval.
pub(crate) const WAITING: usize = 60;

/// Entries written in one commit while a project is made.
pub(crate) const BATCH: usize = 20_000;

pub(crate) const SECRET: [u8; 32] = [7; 32];
const START: i64 = 1_767_225_600_000;
pub(crate) const BODY: &[u8] = b"---\nid: CR-001\ntype: CR\ntitle: \"Change\"\n---\n\n# Change\n";

/// The id of every generated project.
pub(crate) const PROJECT: &str = "0123456789abcdef0123456789abcdef";

/// A generated project.
pub(crate) struct Project {
    pub(crate) root: PathBuf,
    pub(crate) state: PathBuf,
}

struct Maker<'a> {
    bodies: &'a [Vec<u8>],
    key: ProjectKey,
    policy: Digest,
    head: Head,
    change: Change,
    store: Sqlite,
}

/// Makes a project of `documents` change records under `folder`, which have these contents in turns.
pub(crate) fn generate(
    folder: &Path,
    documents: usize,
    bodies: &[Vec<u8>],
) -> Result<Project, Box<dyn Error>> {
    let project = Project { root: folder.join("project"), state: folder.join("state") };
    let id = PROJECT;
    fs::create_dir_all(project.root.join(".qms"))?;
    fs::write(project.root.join("qms.yaml"), format!("schema: qms.project/1\nproject: \"{id}\"\n"))?;
    let key_file = project.state.join("qms").join(id).join("key");
    fs::create_dir_all(key_file.parent().ok_or("no folder")?)?;
    fs::write(&key_file, format!("{}\n", to_hex(&SECRET)))?;
    fs::set_permissions(&key_file, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    let database = project.root.join(".qms/qms.db");
    let key = || ProjectKey::new(&SECRET).ok_or("no key");
    let policy = Candidate::new(embedded::policy(Profile::Light), &embedded::procedures());
    let policy = policy.map_err(|_| "the policy has faults")?;
    let founding = Founding {
        id: id.to_owned(),
        credentials: Vec::new(),
        policy,
        documents: embedded::SOPS
            .iter()
            .map(|(file, text)| Installed { file: (*file).to_owned(), text: (*text).to_owned() })
            .collect(),
        origin: Digest::of(b"bench"),
    };
    let outside = Outside {
        clock: Box::new(|| Moment::of(Timestamp::from_millis(START))),
        random: Box::new(|bytes| {
            bytes.fill(1);
            true
        }),
        host: None,
        uid: None,
    };
    let mut session = Session::found(Box::new(Sqlite::create(&database)?), key()?, outside, founding)?;
    let policy = session.project()?.policy;
    drop(session);

    let mut store = Sqlite::open(&database)?;
    let head = store.head()?;
    let mut maker = Maker { bodies, key: key()?, policy, head, change: Change::default(), store };
    maker.change.contents.extend(bodies.iter().map(|body| (Digest::of(body), body.clone().into())));
    for number in 1..=documents {
        maker.document(number, documents)?;
    }
    maker.flush()?;
    Ok(project)
}

impl Maker<'_> {
    /// The life of one document, asked about and answered in turns; the last ones wait, the others are closed.
    fn document(&mut self, number: usize, of: usize) -> Result<(), Box<dyn Error>> {
        let rest = of - number;
        let body = self.bodies.get(number % self.bodies.len()).ok_or("no content")?;
        let mut before: Option<Document> = None;
        for step in 0..ENTRIES_EACH {
            let is_last = step + 1 == ENTRIES_EACH;
            let at = Timestamp::from_millis(START + i64::try_from(self.size())?);
            let mut document = before.clone().unwrap_or(fresh(number, at, body)?);
            document.revision += 1;
            document.updated_at = at;
            let (state, action) = match (is_last, step % 2) {
                (true, _) if rest < WAITING / 2 => ("IN_PRE_APPROVAL", "route"),
                (true, _) if rest >= WAITING => ("CLOSED", "close"),
                (_, 1) => ("IN_PRE_REVIEW", "route"),
                (_, _) if step > 0 => ("PRE_REVIEWED", "review"),
                _ => ("DRAFT", "create"),
            };
            document.round = match state {
                "IN_PRE_APPROVAL" => {
                    Some(self.round(&document, at, Task::Approval, "pre_approval", "PRE_REVIEWED")?)
                }
                "IN_PRE_REVIEW" => Some(self.round(&document, at, Task::Review, "pre_review", "DRAFT")?),
                _ => None,
            };
            if state == "CLOSED" {
                document.owner = None;
            }
            document.state = StateName::parse(state)?;
            let mut deltas: Vec<Delta> =
                row_delta(before.as_ref().map(Row::Document), Row::Document(&document)).into_iter().collect();
            if before.is_none() {
                let version = VersionRecord {
                    document: document.id.clone(),
                    version: document.version,
                    content: document.content,
                    author: document.creator.clone(),
                    at,
                };
                deltas.extend(row_delta(None, Row::Version(&version)));
                self.change.versions.push(version);
            }
            self.entry(&document, before.as_ref().map(|it| it.state.clone()), (action, at), deltas)?;
            before = Some(document);
        }
        let document = before.ok_or("no document")?;
        self.change.expected_revisions.push((document.id.clone(), 0));
        self.change.documents.push(document);
        if self.change.entries.len() >= BATCH {
            self.flush()?;
        }
        Ok(())
    }

    /// A round in which `qa` is asked.
    fn round(
        &self,
        document: &Document,
        at: Timestamp,
        task: Task,
        phase: &str,
        origin: &str,
    ) -> Result<Round, Box<dyn Error>> {
        let claude = UserName::parse("claude")?;
        let seat = Seat { assigned_by: claude.clone(), assigned_at: at, answer: None, opened_at: None };
        Ok(Round {
            task,
            phase: PhaseName::parse(phase)?,
            origin: StateName::parse(origin)?,
            asked_by: claude,
            opened_at: at,
            content: document.content,
            policy: self.policy,
            dossier: None,
            seats: BTreeMap::from([(UserName::parse("qa")?, seat)]),
        })
    }

    fn size(&self) -> u64 {
        self.head.frontier.size()
    }

    fn entry(
        &mut self,
        document: &Document,
        from: Option<StateName>,
        (action, at): (&str, Timestamp),
        deltas: Vec<Delta>,
    ) -> Result<(), Box<dyn Error>> {
        let is_verdict = action == "review";
        let (actor, group) = if is_verdict { ("qa", "quality") } else { ("claude", "initiator") };
        let inputs = is_verdict.then(|| ("outcome".to_owned(), "recommend".to_owned()));
        let comment = "Scope, impact and test plan are complete; nothing is missing";
        let entry = Entry {
            index: self.size(),
            actor: Some(UserName::parse(actor)?),
            claimed: Some(actor.to_owned()),
            actor_kind: Some(Kind::Agent),
            group: Some(GroupName::parse(group)?),
            assurance: Some(Assurance::Claimed),
            inputs: inputs.into_iter().collect(),
            document: Some(document.id.clone()),
            version: Some(document.version),
            from,
            to: Some(document.state.clone()),
            verdict: is_verdict.then_some(Outcome::Recommend),
            comment: Some(comment.to_owned()),
            content_digest: Some(document.content),
            deltas,
            at,
            moment: Moment::of(at),
            ..Entry::new(action, self.policy)
        };
        let sealed = Sealed::new(entry, &self.key);
        self.head.frontier.push(sealed.leaf);
        self.head.course = self
            .head
            .course
            .map(|course| course.followed(sealed.entry.index, Moment::of(at), Witness::Claimed));
        self.change.entries.push(sealed);
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Box<dyn Error>> {
        if self.change.entries.is_empty() {
            return Ok(());
        }
        self.head.tag = Some(self.key.tag_head(&self.head.frontier));
        let mut change = std::mem::take(&mut self.change);
        change.expected_size = self.size() - change.entries.len() as u64;
        change.head = self.head.clone();
        self.store.commit(&change)?;
        Ok(())
    }
}

fn fresh(number: usize, at: Timestamp, body: &[u8]) -> Result<Document, Box<dyn Error>> {
    let claude = UserName::parse("claude")?;
    Ok(Document {
        id: DocumentId::parse(&format!("CR-{number:03}"))?,
        document_type: TypeName::parse("CR")?,
        workflow: WorkflowName::parse("executable")?,
        title: format!("Change number {number} of the bench"),
        state: StateName::parse("DRAFT")?,
        version: Version::new(0, 1),
        last_minor: 1,
        content: Digest::of(body),
        in_force: None,
        owner: Some(claude.clone()),
        creator: Some(claude.clone()),
        authors: BTreeMap::from([(claude, BTreeSet::new())]),
        checkout: None,
        parent: None,
        template: None,
        traits: BTreeSet::new(),
        requires: BTreeSet::new(),
        round: None,
        verdicts: BTreeMap::new(),
        rejected: None,
        revision: 0,
        created_at: at,
        updated_at: at,
    })
}
