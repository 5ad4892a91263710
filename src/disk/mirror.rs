//! The published mirror: `QMS/<TYPE>/<ID>.md` for people and programs that only read files.
//!
//! It is made from the store and can be made again; nobody reads it back. What was published for a place is
//! listed beside the store (`.qms/published/<TYPE>/<ID>.md`), by digest: anything else at that place is somebody
//! else's, and is never replaced.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::aside::Found;
use super::place::Place;
use super::{DiskError, Fate, PublishLock, Site, file, open};
use crate::domain::audit::Meaning;
use crate::domain::digest::{Digest, Timestamp};
use crate::domain::document::Document;
use crate::domain::encoding;
use crate::domain::front_matter;
use crate::domain::id::{CredentialId, DocumentId, StateName, TypeName, UserName, Version};

/// The mirror of a project.
#[derive(Debug, Clone)]
pub struct Mirror {
    root: PathBuf,
    folder: PathBuf,
    lists: PathBuf,
    clock: PathBuf,
}

/// What lies at the place of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// What should.
    Current,
    /// Nothing, or a page that was published there before.
    Outdated,
    /// Something that was never published there.
    Foreign,
}

/// One version of a document, ready to be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The document.
    pub id: DocumentId,
    /// Its type.
    pub document_type: TypeName,
    /// Whether it is published beside the version in force, as a draft.
    pub is_draft: bool,
    /// The version.
    pub version: Version,
    /// The state: of the document, or of the version in force.
    pub state: StateName,
    /// The digest of its content.
    pub content: Digest,
    /// Who approved this version.
    pub approvals: Vec<Approval>,
    /// Who signed this content.
    pub signatures: Vec<Signed>,
}

/// A signature on a content (21 CFR 11.50).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// Who signed.
    pub user: UserName,
    /// The printed name of the signer.
    pub printed_name: String,
    /// When.
    pub at: Timestamp,
    /// What the signature means.
    pub meaning: Option<Meaning>,
    /// What was done.
    pub action: String,
    /// The key that it was made with.
    pub key: CredentialId,
    /// Whether the time is by a clock that was found to be wrong.
    pub clock_was_wrong: bool,
}

/// An approval of a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// Who approved.
    pub user: UserName,
    /// When.
    pub at: Timestamp,
    /// How sure the identity was.
    pub assurance: String,
    /// Whether the time is by a clock that was found to be wrong.
    pub clock_was_wrong: bool,
}

impl Mirror {
    /// Opens the mirror of a project.
    pub fn new(site: &Site) -> Self {
        let [folder, lists, clock] =
            [Place::Pages, Place::Lists, Place::ClockTold].map(|place| site.place(place));
        Self { root: site.root().to_owned(), folder, lists, clock }
    }

    /// Returns where a page lies.
    pub fn path(&self, document_type: &TypeName, id: &DocumentId, is_draft: bool) -> PathBuf {
        let draft = if is_draft { "-draft" } else { "" };
        self.folder.join(document_type.as_str()).join(format!("{id}{draft}.md"))
    }

    /// Lists the pages that a document has: the version in force, the draft, or both.
    pub fn pages(document: &Document, state_in_force: &StateName) -> Vec<Page> {
        let page = |is_draft, version, state: &StateName, content| Page {
            id: document.id.clone(),
            document_type: document.document_type.clone(),
            is_draft,
            version,
            state: state.clone(),
            content,
            approvals: Vec::new(),
            signatures: Vec::new(),
        };
        let current = |is_draft| page(is_draft, document.version, &document.state, document.content);
        match &document.in_force {
            Some(in_force) if in_force.version != document.version => {
                vec![page(false, in_force.version, state_in_force, in_force.content), current(true)]
            }
            None if document.version.major == 0 => vec![current(true)],
            _ => vec![current(false)],
        }
    }

    /// Renders a page: the front matter of the document, what the record knows of it, the body. Its lines all
    /// end alike, whatever ends those of the document.
    pub fn render(page: &Page, body: &[u8]) -> Vec<u8> {
        let Ok(text) = std::str::from_utf8(body) else { return body.to_vec() };
        let Some((block, rest)) = front_matter::split(text) else { return body.to_vec() };
        let mut out = format!("---\n{}\n", block.trim_end());
        out.push_str(&format!(
            "version: \"{}\"\nstate: {}\ncontent_digest: {}\n",
            page.version, page.state, page.content
        ));
        if !page.approvals.is_empty() {
            out.push_str("approved_by:\n");
            for approval in &page.approvals {
                let Approval { user, at, assurance, clock_was_wrong } = approval;
                let clock = of_clock(*clock_was_wrong);
                out.push_str(&format!(
                    "  - {{ user: {user}, at: \"{at}\", assurance: {assurance}{clock} }}\n"
                ));
            }
        }
        if !page.signatures.is_empty() {
            out.push_str("signed_by:\n");
            for Signed { user, printed_name, at, meaning, action, key, clock_was_wrong } in &page.signatures {
                // Quoted as in JSON, which YAML reads too.
                let name = serde_json::Value::from(printed_name.as_str());
                let meaning = meaning.map_or("null", Meaning::as_str);
                let clock = of_clock(*clock_was_wrong);
                out.push_str(&format!(
                    "  - {{ user: {user}, name: {name}, at: \"{at}\", meaning: {meaning}, action: {action}, key: \"{key}\"{clock} }}\n"
                ));
            }
        }
        out.push_str("---\n");
        out.push_str(rest);
        encoding::plain(&out).into_owned().into_bytes()
    }

    /// Tells what lies at the place of a page, where this should lie, or nothing.
    pub fn standing(&self, path: &Path, rendered: Option<&[u8]>) -> Standing {
        let Ok(about) = fs::symlink_metadata(path) else {
            return if rendered.is_some() { Standing::Outdated } else { Standing::Current };
        };
        // A longer one is none of ours.
        let found = open::whole(path, file::OURS_MAX).ok().filter(|_| about.is_file());
        match found.map(|found| digest_of(&found)) {
            Some(found) if rendered.is_some_and(|rendered| found == digest_of(rendered)) => Standing::Current,
            Some(found) if self.published(path).contains(&found) => Standing::Outdated,
            _ => Standing::Foreign,
        }
    }

    /// Publishes a page, where there is none or one that was published there before.
    pub fn publish(&self, page: &Page, rendered: &[u8], _turn: &PublishLock) -> Result<Fate, DiskError> {
        let path = self.path(&page.document_type, &page.id, page.is_draft);
        self.is_own(&path)?;
        let (mut known, digest) = (self.published(&path), digest_of(rendered));
        // Before the page: what dies in between has listed too much, and never too little.
        if known.insert(digest)
            && let kept @ Fate::Kept(_) = self.list(&path, &known)?
        {
            return Ok(kept);
        }
        if self.standing(&path, Some(rendered)) == Standing::Current {
            return Ok(Fate::Gone);
        }
        file::replace(&path, rendered, false, &|found| known.contains(&digest_of(found)))
    }

    /// Takes a page away that the document no longer has, where it was published there.
    pub fn withdraw(
        &self,
        document_type: &TypeName,
        id: &DocumentId,
        is_draft: bool,
        _turn: &PublishLock,
    ) -> Result<Fate, DiskError> {
        let path = self.path(document_type, id, is_draft);
        self.is_own(&path)?;
        let known = self.published(&path);
        file::remove(&path, &|found| known.contains(&digest_of(found)))
    }

    /// Moves aside what lies at the place of a page, where this should lie or nothing, or at that of its list, and was
    /// never published there. Returns where each lay and where it lies now.
    pub fn set_aside(
        &self,
        path: &Path,
        rendered: Option<&[u8]>,
        turn: &PublishLock,
    ) -> Result<Vec<(PathBuf, PathBuf)>, DiskError> {
        let list = self.list_of(path);
        let is_foreign = |path: &Path| self.standing(path, rendered) == Standing::Foreign;
        // The page first: what is no list does not tell what was published.
        let page = Found::under(turn, path, is_foreign);
        let list = Found::under(turn, &list, |list| file::read_own(list, &is_list).is_none());
        let mut moved = Vec::new();
        for found in page.into_iter().chain(list) {
            let from = found.path().to_owned();
            self.is_own(&from)?;
            moved.extend(found.step_aside()?.map(|aside| (from, aside)));
        }
        Ok(moved)
    }

    /// Returns the number of the last span of time of whose wrong clock all pages tell that have to; `None` where that is
    /// not known.
    pub fn told_of_clock(&self) -> Option<u32> {
        let text = file::read_own(&self.clock, &is_number)?;
        str::from_utf8(&text).ok()?.parse().ok()
    }

    /// Remembers that all pages tell of it. Where something else lies at that place they are published again each time.
    pub fn tell_of_clock(&self, span: u32, _turn: &PublishLock) -> Result<(), DiskError> {
        self.is_own(&self.clock)?;
        file::replace(&self.clock, span.to_string().as_bytes(), false, &is_number).map(drop)
    }

    fn is_own(&self, path: &Path) -> Result<(), DiskError> {
        file::is_own_folder(&self.root, path.parent().unwrap_or(&self.root))
    }

    /// Where it is listed what was published for a place.
    fn list_of(&self, path: &Path) -> PathBuf {
        self.lists.join(path.strip_prefix(&self.folder).unwrap_or(path))
    }

    /// Returns the digests of what was published for a place; none where that is not known any more.
    fn published(&self, path: &Path) -> BTreeSet<Digest> {
        let list = self.list_of(path);
        let text = self.is_own(&list).ok().and_then(|()| file::read_own(&list, &is_list)).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        text.lines().filter_map(|line| Digest::parse(line).ok()).collect()
    }

    /// Lists what was published for a place, with what is going to be.
    fn list(&self, path: &Path, digests: &BTreeSet<Digest>) -> Result<Fate, DiskError> {
        let list = self.list_of(path);
        self.is_own(&list)?;
        let lines: Vec<String> = digests.iter().map(Digest::to_string).collect();
        file::replace(&list, lines.join("\n").as_bytes(), false, &is_list)
    }

    /// Returns the place of the list of a page, where something else lies there.
    pub fn list_in_the_way(&self, path: &Path) -> Option<PathBuf> {
        let list = self.list_of(path);
        let is_there = fs::symlink_metadata(&list).is_ok();
        (is_there && file::read_own(&list, &is_list).is_none()).then_some(list)
    }
}

/// What stands beside a time that is no time of day. Where the clock was right, nothing has to be said.
fn of_clock(was_wrong: bool) -> &'static str {
    if was_wrong { ", clock_was_wrong: true" } else { "" }
}

/// Tells whether a file can be a list that was written here, whole or cut short.
fn is_list(bytes: &[u8]) -> bool {
    let is_digest =
        |line: &[u8]| line.len() <= 64 && line.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    bytes.split(|byte| *byte == b'\n').all(is_digest)
}

/// Tells whether a file can be a number that was written here.
fn is_number(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.len() <= 10 && bytes.iter().all(u8::is_ascii_digit)
}

/// Digests a page. One whose lines a tool ends in another way, as Git can, is the same page.
fn digest_of(page: &[u8]) -> Digest {
    match str::from_utf8(page) {
        Ok(text) => Digest::of(encoding::plain(text).as_bytes()),
        Err(_) => Digest::of(page),
    }
}

impl Mirror {
    /// Lists the files of the mirror.
    pub fn files(&self) -> Vec<PathBuf> {
        files_in(&self.folder)
    }
}

/// Lists the files in the folders of a folder. What a link leads to is somebody else's.
fn files_in(folder: &Path) -> Vec<PathBuf> {
    let list = |folder: &Path| {
        let entries = fs::read_dir(folder).into_iter().flatten();
        let mut paths: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
        paths.sort();
        paths
    };
    let is_own = |path: &&PathBuf| path.is_dir() && !path.is_symlink();
    list(folder).iter().filter(is_own).flat_map(|folder| list(folder)).collect()
}
