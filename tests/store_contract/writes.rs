//! What is written: all of a change or nothing, after everything that was written before.

use std::sync::Barrier;
use std::thread;

use qms::domain::attestation::Attestation;
use qms::domain::audit::{Frontier, Tag};
use qms::domain::document::{Document, InForce};
use qms::domain::id::Version;
use qms::domain::identity::{Fate, TicketId};
use qms::domain::project::Proposal;
use qms::store::{Change, Entries, Head, Refusals, Store, StoreError, TicketMark};

use crate::rows::{
    at, attestation, change, content, digest, entries, everything, id, keep, name, namespace, plain, policy,
    project, proposal, read_of, rich, spans, user, version,
};
use crate::{Backend, Outcome};

pub(crate) fn a_document_is_replaced_whole(backend: &dyn Backend) -> Outcome {
    let mut store = backend.open()?;
    keep(store.as_mut(), vec![Document { revision: 1, ..rich("CR-001") }])?;
    let next = Document { revision: 2, ..plain("CR-001") };
    let head = store.head()?;
    let expected_revisions = vec![(id("CR-001"), 1)];
    store.commit(&Change {
        expected_revisions,
        documents: vec![next.clone()],
        ..change(&head, &[Some(id("CR-001"))])
    })?;
    assert_eq!(store.document(&id("CR-001"))?, Some(next.clone()));
    assert_eq!(everything(store.as_mut())?.documents, [next]);
    Ok(())
}

pub(crate) fn another_size_of_the_log_is_a_conflict(backend: &dyn Backend) -> Outcome {
    let (mut store, mut other) = (backend.open()?, backend.open()?);
    let head = store.head()?;
    keep(other.as_mut(), vec![plain("CR-001")])?;
    let before = everything(store.as_mut())?;
    let late = Change { users: vec![user("qa")], ..change(&head, &[None]) };
    assert!(matches!(store.commit(&late), Err(StoreError::Conflict)));
    let ahead = Frontier::from_parts(2, vec![digest("a")]).map(|frontier| Head { frontier, ..head });
    let early = change(&ahead.unwrap_or_default(), &[None]);
    assert!(matches!(store.commit(&early), Err(StoreError::Conflict)));
    assert_eq!(everything(store.as_mut())?, before);
    Ok(())
}

pub(crate) fn a_ticket_ends_once_and_is_open_to_its_agent_until_then(backend: &dyn Backend) -> Outcome {
    let (mut store, mut other) = (backend.open()?, backend.open()?);
    let ticket = |byte| TicketId::from_bytes([byte; 16]);
    let mark = |byte, fate: Fate| {
        let bearer = fate.is_open().then(|| format!("agent {}", byte % 2));
        TicketMark {
            id: ticket(byte),
            at: at(i64::from(byte)),
            fate,
            bearer,
            tag: Some(Tag::from_bytes([7; 32])),
        }
    };
    let mut commit = |marks: Vec<TicketMark>| {
        let head = store.head()?;
        let expected_size = head.frontier.size();
        store.commit(&Change { expected_size, tickets: marks, head, ..Change::default() })
    };
    commit(vec![mark(1, Fate::Open), mark(2, Fate::Open), mark(3, Fate::Reading)])?;
    assert_eq!(other.open_tickets("agent 1")?, [(ticket(1), Fate::Open), (ticket(3), Fate::Reading)]);
    assert_eq!(other.open_tickets("agent 0")?, [(ticket(2), Fate::Open)]);
    assert_eq!((other.ticket(&ticket(1))?, other.ticket(&ticket(9))?), (Some(mark(1, Fate::Open)), None));
    assert_eq!(other.tickets()?, [mark(1, Fate::Open), mark(2, Fate::Open), mark(3, Fate::Reading)]);
    for fate in Fate::ALL {
        // What was made is not made again, and what has ended stays as it ended.
        let again = commit(vec![mark(1, *fate), mark(1, Fate::Used)]);
        assert!(matches!(again, Err(StoreError::Conflict)), "{fate}");
        assert_eq!(other.ticket(&ticket(1))?, Some(mark(1, Fate::Open)), "{fate}");
    }
    for (byte, fate) in [(1, Fate::Used), (2, Fate::Overtaken), (3, Fate::Over), (4, Fate::NotAllowed)] {
        commit(vec![mark(byte, fate)])?;
        assert_eq!(other.ticket(&ticket(byte))?, Some(mark(byte, fate)));
        for next in Fate::ALL {
            assert!(matches!(commit(vec![mark(byte, *next)]), Err(StoreError::Conflict)), "{fate} {next}");
        }
    }
    assert!(other.open_tickets("agent 0")?.is_empty() && other.open_tickets("agent 1")?.is_empty());
    Ok(())
}

pub(crate) fn another_revision_of_a_document_is_a_conflict(backend: &dyn Backend) -> Outcome {
    let mut store = backend.open()?;
    keep(store.as_mut(), vec![Document { revision: 5, ..plain("CR-001") }])?;
    let before = everything(store.as_mut())?;
    for (document, revision) in [("CR-001", 4), ("CR-001", 6), ("CR-001", 0), ("CR-002", 1)] {
        let wrong = Change {
            expected_revisions: vec![(id("CR-001"), 5), (id(document), revision)],
            users: vec![user("qa")],
            ..change(&before.head, &[None])
        };
        assert!(matches!(store.commit(&wrong), Err(StoreError::Conflict)), "{document} at {revision}");
    }
    assert_eq!(everything(store.as_mut())?, before);
    let right = Change {
        expected_revisions: vec![(id("CR-001"), 5), (id("CR-002"), 0)],
        ..change(&before.head, &[None])
    };
    store.commit(&right)?;
    Ok(())
}

/// A change that adds one of everything.
pub(crate) fn one_of_each(head: &Head) -> Change {
    Change {
        documents: vec![plain("CR-009"), rich("CR-010")],
        versions: vec![version("CR-009", Version::new(0, 1))],
        attestations: vec![attestation("CR-009", 1)],
        contents: vec![content("body"), content("other")],
        users: vec![user("qa")],
        spans: spans(),
        proposals: vec![proposal("a"), Proposal { confirmed_by: Some(name("qa")), ..proposal("b") }],
        namespaces: vec![namespace("RS")],
        policies: vec![policy("policy")],
        project: Some(project("policy")),
        refusals: vec![Refusals {
            claimed: "x".to_owned(),
            since: at(1),
            count: 1,
            tag: Some(Tag::from_bytes([7; 32])),
        }],
        ..change(head, &[Some(id("CR-009")), Some(id("CR-010"))])
    }
}

pub(crate) fn what_was_refused_leaves_nothing_behind(backend: &dyn Backend) -> Outcome {
    let mut store = backend.open()?;
    keep(store.as_mut(), vec![plain("CR-001")])?;
    let before = everything(store.as_mut())?;
    let whole = one_of_each(&before.head);
    let conflict = Change { expected_revisions: vec![(id("CR-001"), 7)], ..whole.clone() };
    assert!(matches!(store.commit(&conflict), Err(StoreError::Conflict)));
    // Found last, when everything before it is written.
    let mut unfit = whole.clone();
    unfit.namespaces.push(namespace("RS"));
    assert!(matches!(store.commit(&unfit), Err(StoreError::Unfit(_))));
    assert_eq!(everything(store.as_mut())?, before);
    assert_eq!(everything(backend.open()?.as_mut())?, before);
    assert_eq!(store.refusals("x")?, None);
    store.commit(&whole)?;
    assert_eq!(store.head()?, whole.head);
    Ok(())
}

pub(crate) fn a_change_that_contradicts_itself_is_refused(backend: &dyn Backend) -> Outcome {
    let mut store = backend.open()?;
    keep(store.as_mut(), vec![plain("CR-001")])?;
    let before = everything(store.as_mut())?;
    let fit = change(&before.head, &[None]);
    let skipping =
        change(&Head { frontier: Frontier::default(), ..before.head.clone() }, &[None, None, None]);
    let changes = [
        ("an index that does not follow", Change { entries: skipping.entries.clone(), ..fit.clone() }),
        ("a head of another size", Change { head: before.head.clone(), ..fit.clone() }),
        ("a head without a tag", Change { head: Head { tag: None, ..fit.head.clone() }, ..fit.clone() }),
        ("rows without an entry", Change { users: vec![user("qa")], ..change(&before.head, &[]) }),
        ("another digest", Change { contents: vec![(digest("a"), b"b".to_vec().into())], ..fit.clone() }),
        (
            "no revision",
            Change { documents: vec![Document { revision: 0, ..plain("CR-002") }], ..fit.clone() },
        ),
        (
            "the same revision",
            Change {
                expected_revisions: vec![(id("CR-001"), 1)],
                documents: vec![plain("CR-001")],
                ..fit.clone()
            },
        ),
    ];
    for (what, unfit) in changes {
        assert!(matches!(store.commit(&unfit), Err(StoreError::Unfit(_))), "{what} was written");
    }
    assert_eq!(everything(store.as_mut())?, before);
    store.commit(&fit)?;
    Ok(())
}

pub(crate) fn what_rows_refer_to_must_be_kept(backend: &dyn Backend) -> Outcome {
    let mut store = backend.open()?;
    keep(store.as_mut(), vec![plain("CR-001")])?;
    let before = everything(store.as_mut())?;
    let fit = change(&before.head, &[None]);
    let elsewhere = digest("elsewhere");
    let in_force = Some(InForce { version: Version::new(1, 0), content: elsewhere });
    let changes = [
        Change { documents: vec![Document { content: elsewhere, ..plain("CR-002") }], ..fit.clone() },
        Change { documents: vec![Document { in_force, ..plain("CR-002") }], ..fit.clone() },
        Change { versions: vec![version("CR-002", Version::new(1, 0))], ..fit.clone() },
        Change { project: Some(project("elsewhere")), ..fit.clone() },
        Change { attestations: vec![attestation("CR-002", 1)], ..fit.clone() },
        Change {
            attestations: vec![Attestation { body: elsewhere, ..attestation("CR-001", 1) }],
            ..fit.clone()
        },
        Change {
            attestations: vec![Attestation { subject: elsewhere, ..attestation("CR-001", 1) }],
            ..fit.clone()
        },
    ];
    for unfit in changes {
        assert!(matches!(store.commit(&unfit), Err(StoreError::Unfit(_))), "{unfit:?} was written");
    }
    assert_eq!(everything(store.as_mut())?, before);
    Ok(())
}

pub(crate) fn what_is_added_once_is_not_added_twice(backend: &dyn Backend) -> Outcome {
    let mut store = backend.open()?;
    store.commit(&one_of_each(&Head::default()))?;
    let before = everything(store.as_mut())?;
    let fit = change(&before.head, &[None]);
    let changes = [
        Change { versions: vec![version("CR-009", Version::new(0, 1))], ..fit.clone() },
        Change { versions: vec![version("CR-009", Version::new(0, 2)); 2], ..fit.clone() },
        Change { namespaces: vec![namespace("RS")], ..fit.clone() },
        Change { attestations: vec![attestation("CR-009", 1)], ..fit.clone() },
        Change { attestations: vec![attestation("CR-009", 2); 2], ..fit.clone() },
    ];
    for unfit in changes {
        assert!(matches!(store.commit(&unfit), Err(StoreError::Unfit(_))), "{unfit:?} was written");
    }
    assert_eq!(everything(store.as_mut())?, before);
    Ok(())
}

pub(crate) fn the_log_is_only_appended_to(backend: &dyn Backend) -> Outcome {
    let mut store = backend.open()?;
    let mut written = Vec::new();
    for round in 0..20 {
        let next = change(&store.head()?, &vec![Some(id("CR-001")); round % 3 + 1]);
        store.commit(&next)?;
        written.extend(next.entries.iter().map(read_of));
        assert_eq!(entries(store.as_mut(), Entries::From(0))?, written);
        assert_eq!(store.head()?, next.head);
    }
    Ok(())
}

pub(crate) fn contents_and_policies_are_kept_once(backend: &dyn Backend) -> Outcome {
    let mut store = backend.open()?;
    store.commit(&one_of_each(&Head::default()))?;
    let before = everything(store.as_mut())?;
    let again = qms::domain::project::PolicyRecord { adopted_at: at(99), ..policy("policy") };
    store.commit(&Change {
        contents: vec![content("other"), content("third"), content("third")],
        policies: vec![again],
        ..change(&before.head, &[None])
    })?;
    let after = everything(store.as_mut())?;
    assert_eq!(after.contents.len(), before.contents.len() + 1);
    assert_eq!(after.policies, before.policies, "the first time counts");
    Ok(())
}

pub(crate) fn a_large_content_is_kept_once_and_comes_back_whole(backend: &dyn Backend) -> Outcome {
    let mut store = backend.open()?;
    store.commit(&one_of_each(&Head::default()))?;
    let before = everything(store.as_mut())?;
    let text = "a scan of many pages\n".repeat(60_000);
    let adding = |before: &super::rows::Everything, text: &str| Change {
        contents: vec![content(text), content(text)],
        ..change(&before.head, &[None])
    };
    store.commit(&adding(&before, &text))?;
    let whole = Some(text.clone().into_bytes());
    assert_eq!(store.content(&content(&text).0)?, whole);
    let after = everything(store.as_mut())?;
    store.commit(&adding(&after, &text))?;
    assert_eq!(store.content(&content(&text).0)?, whole);
    Ok(())
}

pub(crate) fn refusals_are_counted_without_an_entry(backend: &dyn Backend) -> Outcome {
    let mut store = backend.open()?;
    keep(store.as_mut(), vec![plain("CR-001")])?;
    let before = everything(store.as_mut())?;
    for count in 1..=3 {
        let refusals = Refusals {
            claimed: "../qa".to_owned(),
            since: at(5),
            count,
            tag: Some(Tag::from_bytes([7; 32])),
        };
        let counted = Change { refusals: vec![refusals.clone()], ..change(&before.head, &[]) };
        store.commit(&counted)?;
        assert_eq!(store.refusals("../qa")?, Some(refusals));
    }
    assert_eq!(store.refusals("qa")?, None);
    assert_eq!(everything(store.as_mut())?, before);
    let late = Change { refusals: Vec::new(), ..change(&Head::default(), &[]) };
    assert!(matches!(store.commit(&late), Err(StoreError::Conflict)));
    Ok(())
}

pub(crate) fn a_turn_keeps_other_writers_out_until_it_ends(backend: &dyn Backend) -> Outcome {
    let (mut store, mut other) = (backend.open()?, backend.open_impatient()?);
    let locked = |outcome| matches!(outcome, Err(StoreError::Locked(_)));
    store.wait_turn()?;
    store.wait_turn()?;
    let head = other.head()?;
    assert!(locked(other.wait_turn()) && locked(other.commit(&change(&head, &[None]))));
    other.end_turn()?;
    assert!(locked(other.wait_turn()), "another one's turn was ended");
    store.commit(&change(&head, &[None]))?;

    assert!(matches!(other.commit(&change(&head, &[None])), Err(StoreError::Conflict)));
    other.wait_turn()?;
    let head = other.head()?;
    other.end_turn()?;
    other.end_turn()?;
    store.wait_turn()?;
    assert!(matches!(store.commit(&change(&Head::default(), &[None])), Err(StoreError::Conflict)));
    other.commit(&change(&head, &[None]))?;
    store.wait_turn()?;
    let rows_without_entry = Change { users: vec![user("qa")], ..change(&store.head()?, &[]) };
    assert!(matches!(store.commit(&rows_without_entry), Err(StoreError::Unfit(_))));
    other.wait_turn()?;
    Ok(())
}

pub(crate) fn a_handle_that_is_dropped_ends_its_turn(backend: &dyn Backend) -> Outcome {
    let (mut store, mut other) = (backend.open()?, backend.open_impatient()?);
    store.wait_turn()?;
    drop(store);
    other.wait_turn()?;
    Ok(())
}

pub(crate) fn of_two_writers_that_expect_the_same_log_one_wins(backend: &dyn Backend) -> Outcome {
    for round in 0..20 {
        let start = Barrier::new(2);
        let race = || {
            let mut store = backend.open()?;
            let next = change(&store.head()?, &[None]);
            start.wait();
            store.commit(&next)
        };
        let outcomes =
            thread::scope(|scope| [scope.spawn(race), scope.spawn(race)].map(|one| one.join().ok()));
        let won = outcomes.iter().filter(|one| matches!(one, Some(Ok(())))).count();
        let lost = outcomes.iter().filter(|one| matches!(one, Some(Err(StoreError::Conflict)))).count();
        assert_eq!((won, lost), (1, 1), "round {round}: {outcomes:?}");
    }
    assert_eq!(backend.open()?.head()?.frontier.size(), 20);
    Ok(())
}

/// Appends an entry: once on what was read, and where that is late, in a turn.
fn append(store: &mut dyn Store) -> Result<(), StoreError> {
    let next = change(&store.head()?, &[None]);
    match store.commit(&next) {
        Err(StoreError::Conflict) => {}
        other => return other,
    }
    store.wait_turn()?;
    let next = change(&store.head()?, &[None]);
    store.commit(&next)
}

pub(crate) fn writers_that_race_lose_nothing(backend: &dyn Backend) -> Outcome {
    let start = Barrier::new(8);
    let race = || {
        let mut store = backend.open()?;
        start.wait();
        (0..25).try_for_each(|_| append(store.as_mut()))
    };
    let outcomes: Vec<_> = thread::scope(|scope| {
        let writers: Vec<_> = (0..8).map(|_| scope.spawn(race)).collect();
        writers.into_iter().map(|one| one.join().ok()).collect()
    });
    assert!(outcomes.iter().all(|one| matches!(one, Some(Ok(())))), "{outcomes:?}");
    let mut store = backend.open()?;
    let found: Vec<_> = entries(store.as_mut(), Entries::From(0))?.into_iter().map(|read| read.0).collect();
    assert_eq!(found, (0..200).collect::<Vec<_>>());
    let mut frontier = Frontier::default();
    for index in 0..200 {
        frontier.push(crate::rows::seal(index, None).leaf);
    }
    assert_eq!(store.head()?.frontier, frontier);
    Ok(())
}
