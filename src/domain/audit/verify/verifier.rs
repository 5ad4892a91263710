//! The entries, one after another.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::failure::{Failure, RowName};
use super::held::{HeldRows, Misfit};
use super::kin::Kin;
use super::replay::{Exported, HeadTag, Replay, Verified};
use super::standing::{Bearers, Standing};
use super::times::Timeline;
use crate::domain::audit::canonical::EntryView;
use crate::domain::audit::checkpoint::Checkpoint;
use crate::domain::audit::entry::{Entry, EntryResult};
use crate::domain::audit::key::{ProjectKey, Tag};
use crate::domain::audit::merkle::{Frontier, leaf_hash};
use crate::domain::audit::row::{self, Table};
use crate::domain::audit::signature::Statement;
use crate::domain::clock::Course;
use crate::domain::digest::{Digest, Timestamp};
use crate::domain::identity::{Assurance, CredentialKind};
use crate::domain::policy::Policy;

/// Checks a log entry by entry, and stops at the first that is not sound.
#[derive(Debug)]
#[must_use = "what was checked counts only once `finish` compared it with the head"]
pub struct Verifier<'a> {
    key: Option<&'a ProjectKey>,
    checkpoint: Option<&'a Checkpoint>,
    frontier: Frontier,
    time: Timeline,
    bytes: u64,
    rows: HeldRows,
    bearers: Bearers,
    kin: Kin,
    /// Tickets and nonces that were used.
    spent: BTreeSet<[u8; 16]>,
    /// Signatures that were checked.
    signatures: u64,
    /// The first entry of which nothing but the leaf hash is known, and how many there are: what such entries
    /// did to rows is not known.
    gaps: Option<(u64, u64)>,
}

impl<'a> Verifier<'a> {
    /// Begins at the empty log. Tags are checked where there is a key, which must be the key of the
    /// project; the past is compared with `checkpoint` where there is one, whose signature must
    /// have been verified before.
    pub fn new(key: Option<&'a ProjectKey>, checkpoint: Option<&'a Checkpoint>) -> Self {
        Self {
            key,
            checkpoint,
            frontier: Frontier::default(),
            time: Timeline::default(),
            bytes: 0,
            rows: HeldRows::default(),
            bearers: Bearers::default(),
            kin: Kin::default(),
            spent: BTreeSet::new(),
            signatures: 0,
            gaps: None,
        }
    }

    /// Lets it know policies that were adopted, by their digests. The log says no more of them, and only they say what
    /// is judged together.
    pub fn knowing(mut self, policies: BTreeMap<Digest, Rc<Policy>>) -> Self {
        self.kin.know(policies);
        self
    }

    /// Checks the next entry as it is stored: its index, its canonical bytes, and the columns that
    /// hold its leaf hash, its tag and its document. After a failure nothing more can be checked.
    pub fn push(
        &mut self,
        index: u64,
        bytes: &[u8],
        leaf_column: &[u8],
        tag_column: &[u8],
        document_column: Option<&str>,
    ) -> Result<(), Failure> {
        self.expect(index)?;
        let leaf = leaf_hash(bytes);
        if leaf_column != leaf.as_bytes() {
            return Err(Failure::Altered { index });
        }
        if self.key.is_some_and(|key| !key.verifies_entry(index, &leaf, tag_column)) {
            return Err(Failure::Tag { index });
        }
        let entry = EntryView::parse(bytes).map_err(|source| Failure::Unreadable { index, source })?;
        if entry.index == index && entry.document != document_column {
            return Err(Failure::DocumentColumn { index });
        }
        self.follow(index, &entry, bytes, leaf)
    }

    /// Checks the next entry by its canonical bytes alone, as an export holds them, and returns its leaf hash.
    pub fn push_bytes(&mut self, index: u64, bytes: &[u8]) -> Result<Digest, Failure> {
        self.expect(index)?;
        let entry = EntryView::parse(bytes).map_err(|source| Failure::Unreadable { index, source })?;
        let leaf = leaf_hash(bytes);
        self.follow(index, &entry, bytes, leaf)?;
        Ok(leaf)
    }

    /// Takes the next entry by its leaf hash, where nothing else of it is known.
    pub fn push_leaf(&mut self, index: u64, leaf: Digest) -> Result<(), Failure> {
        self.expect(index)?;
        let (first, count) = self.gaps.unwrap_or((index, 0));
        self.gaps = Some((first, count + 1));
        self.time.skip();
        self.frontier.push(leaf);
        Ok(())
    }

    /// Checks the place of the next entry.
    fn expect(&self, index: u64) -> Result<(), Failure> {
        self.meet_checkpoint()?;
        let expected = self.frontier.size();
        if index == expected { Ok(()) } else { Err(Failure::OutOfOrder { expected, found: index }) }
    }

    /// Checks that an entry follows from those before it.
    fn follow(
        &mut self,
        index: u64,
        entry: &EntryView<'_>,
        bytes: &[u8],
        leaf: Digest,
    ) -> Result<(), Failure> {
        if entry.index != index {
            return Err(Failure::Displaced { index, sealed: entry.index });
        }
        let valid = self.time.course().map_or(entry.moment.clock, |course| course.now(entry.moment));
        let jump = |span: u32| {
            let span = self.rows.find(Table::Span, &span.to_string())?;
            row::read_jump(span.field(row::JUMP)?)
        };
        self.time.follow(entry, jump).ok_or(Failure::Time { index })?;
        self.bytes += bytes.len() as u64;
        // The key must have been good before the entry: one that registers it cannot be signed with it.
        let is_signed = entry.signature.is_some();
        let must_be = entry.assurance == Some(Assurance::Signature) && entry.result == EntryResult::Permitted;
        if is_signed || must_be {
            let nonce = self.signed(entry, bytes).ok_or(Failure::Signature { index })?;
            if !self.spent.insert(nonce) {
                return Err(Failure::Replayed { index });
            }
            self.signatures += 1;
        }
        if entry.ticket.is_some_and(|ticket| !self.spent.insert(*ticket.as_bytes())) {
            return Err(Failure::Replayed { index });
        }
        // What entries that are not known did to the rows is not known, either.
        let is_known = self.gaps.is_none();
        let contradicts = |what| Failure::Contradicts { index, what };
        if is_known {
            self.standing(entry, valid).follows().map_err(contradicts)?;
        }
        self.replay(entry)?;
        if is_known {
            self.standing(entry, valid).led_to().map_err(contradicts)?;
        }
        self.frontier.push(leaf);
        Ok(())
    }

    /// Returns the id of the project, and the public half of what its checkpoints are signed with, as the
    /// entries so far name them.
    pub fn project(&self) -> Option<(String, Digest)> {
        let row = self.rows.find(Table::Project, "project")?;
        let id = str::from_utf8(row.field(row::ID)?).ok()?.to_owned();
        Some((id, Digest::from_bytes(row.field(row::CHECKPOINT_KEY)?.try_into().ok()?)))
    }

    /// Compares the end of an export with the head that it names. There are no rows to check.
    pub fn finish_export(self, entries: u64, root: &Digest) -> Result<Exported, Failure> {
        let size = self.meet_end()?;
        if entries != size {
            return Err(Failure::HeadSize { size, head: entries });
        }
        if *root != self.frontier.root() {
            return Err(Failure::Head { size });
        }
        let (first, withheld) = self.gaps.map_or((None, 0), |(first, count)| (Some(first), count));
        Ok(Exported { entries, withheld, first_withheld: first, signatures: self.signatures, root: *root })
    }

    /// Compares the end of the log with the stored head: its right edge, the tag of it, and where it
    /// is in time. What is left to check are the rows.
    pub fn finish(
        self,
        head: &Frontier,
        head_tag: Option<&Tag>,
        course: Option<Course>,
    ) -> Result<Replay, Failure> {
        let size = self.meet_end()?;
        if head.size() != size {
            return Err(Failure::HeadSize { size, head: head.size() });
        }
        if head != &self.frontier || course != self.time.course() {
            return Err(Failure::Head { size });
        }
        let head_tag = match self.key {
            None => HeadTag::Unchecked,
            // The empty log has no tag yet.
            Some(_) if size == 0 && head_tag.is_none() => HeadTag::Verified,
            Some(key) if head_tag.is_some_and(|tag| key.verifies_head(head, tag.as_bytes())) => {
                HeadTag::Verified
            }
            Some(_) => return Err(Failure::HeadTag { size }),
        };
        let root = self.frontier.root();
        let verified = Verified { entries: size, bytes: self.bytes, root, head_tag, rows: self.rows.len() };
        Ok(Replay::new(self.rows, verified))
    }

    /// Compares the end of the log with the checkpoint, and returns how many entries there are.
    fn meet_end(&self) -> Result<u64, Failure> {
        self.meet_checkpoint()?;
        let size = self.frontier.size();
        match self.checkpoint.filter(|checkpoint| checkpoint.size > size) {
            Some(checkpoint) => Err(Failure::RolledBack { size, checkpoint: checkpoint.size }),
            None => Ok(size),
        }
    }

    fn meet_checkpoint(&self) -> Result<(), Failure> {
        match self.checkpoint {
            Some(Checkpoint { size, root, .. })
                if *size == self.frontier.size() && *root != self.frontier.root() =>
            {
                Err(Failure::Rewritten { size: *size })
            }
            _ => Ok(()),
        }
    }

    /// Checks the signature of an entry with the key that the entries before it gave to its actor, and
    /// what it says with what they made of the document. Returns its nonce.
    fn signed(&self, entry: &EntryView<'_>, bytes: &[u8]) -> Option<[u8; 16]> {
        let project = self.rows.find(Table::Project, "project").and_then(|row| row.field(row::ID))?;
        let key = self.rows.find(Table::Credential, entry.credential?)?;
        let is_own = key.field(row::USER) == entry.actor.map(str::as_bytes)
            && key.field(row::KIND) == Some(CredentialKind::Key.as_str().as_bytes())
            && key.field(row::REVOKED_AT).is_none();
        let public = key.field(row::VERIFIER).unwrap_or_default();
        let entry = Entry::decode(bytes).ok()?;
        let signature = entry.signature.as_ref()?;
        let is_good = is_own
            && entry.assurance == Some(Assurance::Signature)
            && entry.result == EntryResult::Permitted
            // What is held can be of any length: it is compared, and never copied.
            && signature.statement.project.as_bytes() == project
            && signature.statement.is_about(&entry, &signature.statement.project)
            && signature.is_made_with(public)
            && self.speaks_of(&signature.statement);
        is_good.then_some(signature.statement.nonce)
    }

    /// Tells whether a statement is about the document as the entries before it left it, as far as these are
    /// known.
    fn speaks_of(&self, statement: &Statement) -> bool {
        if self.gaps.is_some() {
            return true;
        }
        let Some(id) = &statement.document else { return true };
        let Some(held) = self.rows.find(Table::Document, id.as_str()) else { return false };
        let version = statement.version.map(|it| it.to_string());
        let is_present = held.field(row::VERSION) == version.as_deref().map(str::as_bytes)
            && held.field(row::CONTENT) == statement.content.as_ref().map(|it| it.as_bytes().as_slice());
        let is_round = match (held.field(row::ROUND), &statement.round) {
            (Some(round), Some(name)) => row::is_round_named(round, name),
            (round, name) => round.is_none() && name.is_none(),
        };
        is_present && is_round
    }

    fn standing<'s>(&'s self, entry: &'s EntryView<'s>, valid: Timestamp) -> Standing<'s> {
        Standing { entry, rows: &self.rows, bearers: &self.bearers, kin: &self.kin, valid }
    }

    fn replay(&mut self, entry: &EntryView<'_>) -> Result<(), Failure> {
        let index = entry.index;
        for delta in entry.raw_deltas() {
            self.bearers.learn(&delta);
            self.kin.learn(&delta);
            if self.gaps.is_some() {
                self.rows.overwrite(&delta);
                continue;
            }
            self.rows.apply(&delta).map_err(|misfit| {
                let row =
                    RowName { table: delta.table, key: String::from_utf8_lossy(delta.key).into_owned() };
                match misfit {
                    Misfit::OldValue(field) => Failure::OldValue { index, row, field: field.to_string() },
                    Misfit::Emptied => Failure::Emptied { index, row },
                }
            })?;
        }
        Ok(())
    }
}
