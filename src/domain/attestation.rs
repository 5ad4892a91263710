//! What was stated about one content of one document, by whom, and when: notes that people and agents
//! write, runs of the commands that a policy declares, files that were presented.
//!
//! As an attestation of in-toto it names its subject by digest, so that it says nothing about any other
//! content. It is added and never changed: a later one of the same name stands beside it, and counts
//! in its place.

use std::collections::BTreeMap;
use std::fmt;

use super::digest::{Digest, Timestamp};
use super::document::{Document, words};
use super::id::{AttestationName, DocumentId, GroupName, PhaseName, TraitName, UserName};
use super::order::Order;

words! {
    /// The kinds of attestation.
    AttestationKind {
        /// A text that its author wrote.
        Note = "note",
        /// The output of a command that the policy declares, run by the program.
        Run = "run",
        /// A file that was presented as evidence.
        File = "file",
    }
}

/// A statement about one content of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attestation {
    /// The document.
    pub document: DocumentId,
    /// Its kind.
    pub kind: AttestationKind,
    /// What it is called, such as `security-assessment`.
    pub name: AttestationName,
    /// Counts those of this kind and name, from 1.
    pub number: u32,
    /// Who made it.
    pub author: UserName,
    /// The group of its author at that time.
    pub group: GroupName,
    /// The phase that the document was in.
    pub phase: PhaseName,
    /// The digest of the content that it speaks about.
    pub subject: Digest,
    /// The digest of what it says.
    pub body: Digest,
    /// The exit status of a run; 0 says that it passed.
    pub status: Option<i32>,
    /// What a file is called, where it has a name.
    pub file_name: Option<String>,
    /// The media type of a file.
    pub media_type: Option<String>,
    /// When it was made.
    pub at: Timestamp,
}

impl Attestation {
    /// Returns what names it in the whole project.
    pub fn key(&self) -> impl fmt::Display {
        format!("{}/{}/{}/{}", self.document, self.kind, self.name, self.number)
    }
}

/// Finds those that count: of each kind and name the newest.
pub fn latest(all: &[Attestation]) -> BTreeMap<(AttestationKind, &AttestationName), &Attestation> {
    let mut found: BTreeMap<_, &Attestation> = BTreeMap::new();
    for one in all {
        let newest = found.entry((one.kind, &one.name)).or_insert(one);
        if newest.number < one.number {
            *newest = one;
        }
    }
    found
}

/// Returns the number that the next one of a kind and name gets.
pub fn next_number(all: &[Attestation], kind: AttestationKind, name: &AttestationName) -> u32 {
    let same = all.iter().filter(|one| one.kind == kind && one.name == *name);
    same.map(|one| one.number).max().unwrap_or(0).saturating_add(1)
}

/// What entries call the digest of all that was laid before those who judge.
pub const DOSSIER: &str = "dossier";

/// The digest of all that was laid before a user: without what others have noted since the round opened, which is
/// hidden until it ends. With it, the digest would let that user try out what such a note says.
pub fn dossier_for(user: &UserName, document: &Document, all: &[Attestation], order: &Order) -> Digest {
    let opened = document.round.as_ref().map(|round| order.place(round.opened_at));
    let is_hidden = |one: &Attestation| {
        one.kind == AttestationKind::Note
            && one.author != *user
            && opened.is_some_and(|opened| order.place(one.at) >= opened)
    };
    let laid: Vec<Attestation> = all.iter().filter(|one| !is_hidden(one)).cloned().collect();
    dossier(document, &laid)
}

/// The digest of all that a verdict speaks about: the content, the traits, and the attestations that
/// count. Each part is preceded by its length, so that no two dossiers have the same bytes.
pub fn dossier(document: &Document, all: &[Attestation]) -> Digest {
    let mut bytes = b"qms dossier 1\n".to_vec();
    let mut put = |part: &[u8]| {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part);
    };
    put(document.content.as_bytes());
    put(&(document.traits.len() as u64).to_be_bytes());
    for name in &document.traits {
        put(TraitName::as_str(name).as_bytes());
    }
    for one in latest(all).values() {
        put(one.key().to_string().as_bytes());
        put(one.subject.as_bytes());
        put(one.body.as_bytes());
        put(one.status.map(|status| status.to_string()).unwrap_or_default().as_bytes());
    }
    Digest::of(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::audit::samples::{name, new_document};
    use crate::domain::document::{Round, Task};

    fn note(called: &str, number: u32, body: &str) -> Attestation {
        Attestation {
            document: name("CR-001"),
            kind: AttestationKind::Note,
            name: name(called),
            number,
            author: name("tu"),
            group: name("reviewer"),
            phase: name("pre_review"),
            subject: Digest::of(b"content"),
            body: Digest::of(body.as_bytes()),
            status: None,
            file_name: None,
            media_type: None,
            at: Timestamp::from_millis(0),
        }
    }

    #[test]
    fn the_newest_of_a_name_counts_whatever_the_order() {
        let all = [note("a", 2, "new"), note("b", 1, "other"), note("a", 1, "old")];
        let bodies: Vec<_> = latest(&all).values().map(|one| (one.name.to_string(), one.number)).collect();
        assert_eq!(bodies, [("a".to_owned(), 2), ("b".to_owned(), 1)]);
        assert_eq!(next_number(&all, AttestationKind::Note, &name("a")), 3);
        assert_eq!(next_number(&all, AttestationKind::Run, &name("a")), 1);
    }

    // REQ-097
    #[test]
    fn a_dossier_changes_with_everything_that_is_in_it() {
        let document = new_document("CR-001", Timestamp::from_millis(0));
        let one = note("a", 1, "text");
        let plain = dossier(&document, std::slice::from_ref(&one));
        let mut traits = document.clone();
        traits.traits.insert(name("safety"));
        let mut content = document.clone();
        content.content = Digest::of(b"another");
        let mut run = one.clone();
        run.status = Some(0);
        let others = [
            dossier(&document, &[]),
            dossier(&traits, std::slice::from_ref(&one)),
            dossier(&content, std::slice::from_ref(&one)),
            dossier(&document, &[note("a", 1, "text.")]),
            dossier(&document, &[one.clone(), note("a", 2, "text")]),
            dossier(&document, &[run]),
        ];
        assert!(others.iter().all(|other| *other != plain), "{others:?}");
        assert_eq!(plain, dossier(&document, &[one.clone(), one]));
    }

    // REQ-082
    #[test]
    fn what_is_laid_before_a_user_is_without_what_others_noted_since_the_round_opened() {
        let mut document = new_document("CR-001", Timestamp::from_millis(0));
        document.round = Some(Round {
            task: Task::Review,
            phase: name("review"),
            origin: name("DRAFT"),
            asked_by: name("claude"),
            opened_at: Timestamp::from_millis(5),
            content: document.content,
            policy: document.content,
            dossier: None,
            seats: BTreeMap::new(),
        });
        let noted = |body, at| Attestation { at: Timestamp::from_millis(at), ..note("a", 1, body) };
        let of = |user: &str, note| dossier_for(&name(user), &document, &[note], &Order::default());
        let without = dossier(&document, &[]);
        assert_eq!(of("qa", noted("high", 6)), without);
        for (user, at) in [("qa", 4), ("tu", 6)] {
            assert_eq!(of(user, noted("high", at)), dossier(&document, &[noted("high", at)]));
        }
    }
}
