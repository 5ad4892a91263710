//! Rows that somebody changed for the moment of one decision: the entry says what was made of them, and the entries
//! before it what they were.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::domain::audit::Contradiction;
use crate::domain::document::{Answer, Outcome, Round, Seat, Task, Verdict};
use crate::domain::id::{StateName, UserName};
use crate::domain::identity::{AgentSession, Assurance, Credential, CredentialKind, TicketId};
use crate::domain::project::{Proposal, ProposalKind};

/// What the record says of those who take part, before `qa` gives a verdict.
struct Truth {
    qa: User,
    token: Credential,
    agent: AgentSession,
    document: Document,
    /// Documents that belong to it.
    children: Vec<Document>,
    proposal: Proposal,
}

/// The document of the round.
const DOCUMENT: &str = "SOP-001";

fn state(text: &str) -> StateName {
    name(text)
}

impl Truth {
    fn new(log: &Log) -> Self {
        let of_log = log.documents.first().cloned();
        let mut document = of_log.unwrap_or_else(|| panic!("documents were made"));
        assert_eq!(document.id.as_str(), DOCUMENT);
        document.state = state("IN_REVIEW");
        document.round = Some(Round {
            task: Task::Review,
            phase: name("review"),
            origin: state("DRAFT"),
            asked_by: name("claude"),
            opened_at: time(20),
            content: document.content,
            policy: Digest::of(b"policy"),
            dossier: None,
            seats: BTreeMap::from([(name("qa"), seat())]),
        });
        let verifier = Digest::of(b"secret");
        Self {
            qa: User { name: name("qa"), group: name("quality"), ..log.user.clone() },
            token: Credential::new(
                name("00000000000000aa"),
                name("qa"),
                CredentialKind::Standing,
                verifier,
                time(20),
            ),
            agent: AgentSession::hooked(("s", "a"), "runtime", "reviewer", name("qa"), None, None),
            document,
            children: Vec::new(),
            proposal: Proposal {
                kind: ProposalKind::Policy,
                digest: Digest::of(b"next"),
                replaces: Digest::of(b"policy"),
                by: name("claude"),
                at: time(20),
                reason: String::new(),
                confirmed_by: None,
            },
        }
    }

    /// Adds what is so to a log.
    fn record(&self, log: &mut Log) {
        let before = log.documents.first().cloned();
        let deltas = [
            row_delta(None, Row::User(&self.qa)),
            row_delta(None, Row::Credential(&self.token)),
            row_delta(None, Row::Session(&self.agent)),
            row_delta(None, Row::Proposal(&self.proposal)),
            row_delta(before.as_ref().map(Row::Document), Row::Document(&self.document)),
        ];
        let children = self.children.iter().map(|child| row_delta(None, Row::Document(child)));
        log.append(Entry {
            index: 20,
            at: time(20),
            moment: Moment::of(time(20)),
            deltas: deltas.into_iter().chain(children).flatten().collect(),
            ..Entry::new("restored", Digest::of(b"policy"))
        });
    }

    /// The verdict of `qa`, as the program makes it from these rows.
    fn verdict(&self) -> Entry {
        let (before, mut after) = (&self.document, self.document.clone());
        let answer = Answer { outcome: Outcome::Recommend, at: time(21) };
        if let Some(seat) =
            after.round.as_mut().and_then(|round| round.seats.get_mut(&name::<UserName>("qa")))
        {
            seat.answer = Some(answer);
        }
        let revision = before.revision + 1;
        let group = name("quality");
        let verdict = Verdict { outcome: Outcome::Recommend, group, at: time(21), revision };
        after.verdicts.insert((name("review"), name("qa")), verdict);
        (after.revision, after.updated_at) = (revision, time(21));
        Entry {
            actor: Some(name("qa")),
            claimed: Some("qa".to_owned()),
            group: Some(name("quality")),
            assurance: Some(Assurance::Token),
            credential: Some(self.token.id.clone()),
            document: Some(before.id.clone()),
            version: Some(after.version),
            from: Some(before.state.clone()),
            to: Some(after.state.clone()),
            content_digest: Some(after.content),
            verdict: Some(Outcome::Recommend),
            deltas: row_delta(Some(Row::Document(before)), Row::Document(&after)).into_iter().collect(),
            ..plain_entry(21, time(21), "review")
        }
    }

    /// A document that belongs to the one of the round, and that `qa` wrote.
    fn child(&mut self, id: &str, document_type: &str, state: &str) -> &mut Document {
        self.children.push(Document {
            document_type: name(document_type),
            parent: Some(name(DOCUMENT)),
            state: name(state),
            authors: [(name("qa"), BTreeSet::new())].into(),
            ..new_document(id, time(20))
        });
        self.children.last_mut().unwrap_or_else(|| panic!("it was put there"))
    }

    fn round(&mut self) -> &mut Round {
        self.document.round.as_mut().unwrap_or_else(|| panic!("a round is open"))
    }
}

fn seat() -> Seat {
    Seat { assigned_by: name("claude"), assigned_at: time(20), answer: None, opened_at: None }
}

fn found(log: &Log) -> Option<Contradiction> {
    match log.read(None, None).err()? {
        Failure::Contradicts { index: 21, what } => Some(what),
        other => panic!("{other}"),
    }
}

/// A log that ends with the verdict of `qa`, where the record says something else than the rows that it was made from,
/// or the entry does.
fn log_of(truth: impl Fn(&mut Truth), said: impl Fn(&mut Entry)) -> Log {
    let mut log = Log::sample();
    let shown = Truth::new(&log);
    let mut recorded = Truth::new(&log);
    truth(&mut recorded);
    recorded.record(&mut log);
    let mut entry = shown.verdict();
    said(&mut entry);
    log.append(entry);
    log
}

fn contradiction(truth: impl Fn(&mut Truth), said: impl Fn(&mut Entry)) -> Option<Contradiction> {
    found(&log_of(truth, said))
}

type Edit = fn(&mut Truth);
type Say = fn(&mut Entry);

const NOTHING: Edit = |_| ();
const AS_IT_IS: Say = |_| ();

fn by_name(entry: &mut Entry) {
    (entry.assurance, entry.credential) = (Some(Assurance::Claimed), None);
}

fn by_ticket(entry: &mut Entry) {
    entry.assurance = Some(Assurance::Ticket);
    entry.credential = None;
    entry.ticket = Some(TicketId::from_bytes([1; 16]));
    (entry.session, entry.agent) = (Some("s".to_owned()), Some("a".to_owned()));
}

fn launched(truth: &mut Truth) {
    truth.token.kind = CredentialKind::Spawn;
    truth.token.session = Some("s/a".to_owned());
}

fn in_session(entry: &mut Entry) {
    entry.session = Some("s/a".to_owned());
}

// REQ-246
#[test]
fn an_entry_that_was_made_from_these_rows_is_sound() {
    let sound: [(Edit, Say); 10] = [
        (NOTHING, AS_IT_IS),
        (|it| it.token.kind = CredentialKind::Unlock, by_name),
        (NOTHING, by_ticket),
        (launched, in_session),
        (|it| it.token.not_after = Some(time(22)), AS_IT_IS),
        (|it| it.token.not_before = Some(time(21)), AS_IT_IS),
        // A run can outlast the token that it was begun with, and so can its refusal.
        (
            |it| it.token.not_after = Some(time(21)),
            |it| drop(it.observed.insert("duration_ms".to_owned(), "7".to_owned())),
        ),
        (
            |it| it.token.not_after = Some(time(21)),
            |it| {
                (it.result, it.verdict) = (EntryResult::Denied, None);
                it.deltas.clear();
            },
        ),
        (
            |it| it.document.authors = [name("claude"), name("tu")].map(|it| (it, BTreeSet::new())).into(),
            AS_IT_IS,
        ),
        (|it| drop(it.round().seats.insert(name("tu"), seat())), AS_IT_IS),
    ];
    for (number, (truth, said)) in sound.into_iter().enumerate() {
        assert_eq!(contradiction(truth, said), None, "case {number}");
    }
}

// REQ-246
#[test]
fn each_row_that_was_another_one_for_a_moment_is_found() {
    use Contradiction::*;
    let table: &[(Contradiction, Edit, Say)] = &[
        (NoUser, |it| it.qa.name = name("qb"), AS_IT_IS),
        (NoUser, |it| it.qa.removed_at = Some(time(20)), AS_IT_IS),
        (Group, |it| it.qa.group = name("initiator"), AS_IT_IS),
        (Group, |it| it.qa.kind = Kind::Human, AS_IT_IS),
        (Group, NOTHING, |it| it.group = None),
        (Unproved, NOTHING, by_name),
        (Unproved, |it| it.token.kind = CredentialKind::Key, by_name),
        (Unproved, |it| it.token.revoked_at = Some(time(20)), by_name),
        (
            Unproved,
            |it| {
                it.token.kind = CredentialKind::Unlock;
                it.qa.is_bound = true;
            },
            by_name,
        ),
        (Credential, NOTHING, |it| it.credential = None),
        (Credential, NOTHING, |it| (it.assurance, it.at) = (None, time(20))),
        (Credential, NOTHING, |it| it.assurance = Some(Assurance::Ticket)),
        (Credential, |it| it.token.id = name("00000000000000bb"), AS_IT_IS),
        (Credential, |it| it.token.user = name("claude"), AS_IT_IS),
        (Credential, |it| it.token.revoked_at = Some(time(20)), AS_IT_IS),
        (Credential, |it| it.token.not_after = Some(time(21)), AS_IT_IS),
        (Credential, |it| it.token.not_before = Some(time(22)), AS_IT_IS),
        (Session, launched, AS_IT_IS),
        (
            Session,
            |it| {
                launched(it);
                it.agent.closed_at = Some(time(20));
            },
            in_session,
        ),
        (
            Session,
            |it| {
                launched(it);
                it.agent.user = name("claude");
            },
            in_session,
        ),
        (Session, |it| it.agent.id = "s/b".to_owned(), by_ticket),
        (Session, |it| it.agent.closed_at = Some(time(20)), by_ticket),
        (Session, |it| it.agent.user = name("claude"), by_ticket),
        (Policy, |it| it.round().policy = Digest::of(b"stricter"), AS_IT_IS),
        (Policy, NOTHING, |it| it.policy_digest = Digest::of(b"laxer")),
        (From, |it| it.document.state = state("DRAFT"), AS_IT_IS),
        (From, NOTHING, |it| it.from = Some(state("DRAFT"))),
        (To, |it| it.document.version = Version::new(9, 9), AS_IT_IS),
        (To, NOTHING, |it| it.to = Some(state("REVIEWED"))),
        (To, NOTHING, |it| it.content_digest = Some(Digest::of(b"another"))),
        (NoTask, |it| it.document.round = None, AS_IT_IS),
        (NoTask, |it| it.round().seats.clear(), AS_IT_IS),
        (NoTask, |it| it.round().seats = BTreeMap::from([(name("q"), seat())]), AS_IT_IS),
        (
            NoTask,
            |it| {
                let answer = Answer { outcome: Outcome::RequestUpdates, at: time(20) };
                let seat = Seat { answer: Some(answer), ..seat() };
                it.round().seats = BTreeMap::from([(name("qa"), seat)]);
            },
            AS_IT_IS,
        ),
        (
            OwnWork,
            |it| it.document.authors = [name("claude"), name("qa")].map(|it| (it, BTreeSet::new())).into(),
            AS_IT_IS,
        ),
        (OwnWork, |it| it.document.creator = Some(name("qa")), AS_IT_IS),
        (OwnWork, |it| it.document.owner = Some(name("qa")), AS_IT_IS),
        (Content, |it| it.round().content = Digest::of(b"another"), AS_IT_IS),
        (Content, |it| it.document.content = Digest::of(b"another"), AS_IT_IS),
    ];
    for (number, (expected, truth, said)) in table.iter().enumerate() {
        assert_eq!(contradiction(truth, said), Some(*expected), "case {number}");
    }
}

/// Id, type and state.
type Child = (&'static str, &'static str, &'static str);
type Change = fn(&mut Document);

// REQ-246, REQ-272
#[test]
fn a_verdict_by_who_wrote_or_owns_an_attachment_is_found() {
    let (record, by_owner) = (("SOP-001-VR-001", "VR", "IN_EXECUTION"), |it: &mut Document| {
        (it.authors, it.owner) = ([(name("claude"), BTreeSet::new())].into(), Some(name("qa")));
    });
    let others = |it: &mut Document| it.authors = [(name("claude"), BTreeSet::new())].into();
    let table: [(Child, Change, bool); 9] = [
        (record, |_| (), true),
        (("SOP-001-VR-001", "VR", "POST_REVIEWED"), |_| (), true),
        (record, by_owner, true),
        (record, |it| (it.authors, it.creator) = ([].into(), Some(name("qa"))), true),
        (record, others, false),
        // What has ended was judged before.
        (("SOP-001-VR-001", "VR", "CLOSED"), |_| (), false),
        // What its parent waits for is judged alone.
        (("SOP-001-TP-001", "TP", "IN_EXECUTION"), |_| (), false),
        (record, |it| it.parent = Some(name("SOP-002")), false),
        (("SOP-001-X-001", "X", "IN_EXECUTION"), |_| (), false),
    ];
    for (number, ((id, document_type, state), edit, is_found)) in table.into_iter().enumerate() {
        let log = log_of(|truth| edit(truth.child(id, document_type, state)), AS_IT_IS);
        assert_eq!(found(&log), is_found.then_some(Contradiction::OwnWork), "case {number}");
        // Where the policy is not known, nobody can tell what is judged together.
        let mut verifier = Verifier::new(None, None);
        let outcome = log.entries.iter().try_for_each(|stored| push(&mut verifier, stored));
        assert_eq!(outcome, Ok(()), "case {number}");
    }
}

// REQ-246
#[test]
fn a_confirmation_by_who_proposed_it_is_found() {
    let confirmation = |actor: &str, confirmed_by: &str| {
        let mut log = Log::sample();
        let truth = Truth::new(&log);
        truth.record(&mut log);
        let confirmed = Proposal { confirmed_by: Some(name(confirmed_by)), ..truth.proposal.clone() };
        let delta = row_delta(Some(Row::Proposal(&truth.proposal)), Row::Proposal(&confirmed));
        let mut entry = Entry { deltas: delta.into_iter().collect(), ..plain_entry(21, time(21), "adopt") };
        if actor == "qa" {
            (entry.actor, entry.group) = (Some(name("qa")), Some(name("quality")));
            (entry.assurance, entry.credential) = (Some(Assurance::Token), Some(truth.token.id));
        }
        log.append(entry);
        found(&log)
    };
    assert_eq!(confirmation("qa", "qa"), None);
    for (actor, confirmed_by) in [("claude", "claude"), ("claude", "qa"), ("qa", "claude")] {
        assert_eq!(confirmation(actor, confirmed_by), Some(Contradiction::Confirmation));
    }
}

// REQ-246
#[test]
fn an_export_is_held_against_its_own_entries_up_to_the_first_withheld_one() {
    let log = log_of(NOTHING, by_name);
    let read = |withheld: Option<u64>| {
        let mut verifier = Verifier::new(None, None);
        log.entries.iter().try_for_each(|stored| {
            if Some(stored.index) == withheld {
                verifier.push_leaf(stored.index, leaf_hash(&stored.bytes))
            } else {
                verifier.push_bytes(stored.index, &stored.bytes).map(drop)
            }
        })
    };
    let found = Err(Failure::Contradicts { index: 21, what: Contradiction::Unproved });
    assert_eq!(read(None), found);
    assert_eq!(read(Some(21)), Ok(()));
    // What that one did is not known: it may have taken the need for a proof away.
    assert_eq!(read(Some(19)), Ok(()));
}
