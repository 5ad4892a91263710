//! What is read: exactly what was written, in a stated order.

use qms::domain::attestation::{Attestation, AttestationKind};
use qms::domain::audit::Tag;
use qms::domain::document::{Checkout, Document, Outcome as Verdict};
use qms::domain::id::{DocumentId, Version};
use qms::store::{Change, Entries, Head, ListQuery, OpenTask, Refusals, StoreError};

use crate::rows::{
    at, attestation, change, content, documents, entries, everything, id, keep, name, namespace, plain,
    policy, project, read_of, rich, round, user, version,
};
use crate::{Backend, Outcome};

pub(crate) fn an_empty_store_reads_as_empty(backend: &dyn Backend) -> Outcome {
    let mut store = backend.open()?;
    let all = everything(store.as_mut())?;
    assert_eq!(all.head, Head::default());
    assert!(all.project.is_none() && all.documents.is_empty() && all.contents.is_empty());
    assert!(all.users.is_empty() && all.namespaces.is_empty() && all.policies.is_empty());
    assert!(all.tasks.is_empty() && all.occupied.is_empty() && all.entries.is_empty());
    assert_eq!(store.document(&id("CR-001"))?, None);
    assert_eq!(store.last_number("CR-")?, 0);
    assert_eq!(store.user("qa")?, None);
    assert_eq!(store.refusals("qa")?, None);
    assert_eq!(store.policy(&content("policy").0)?, None);
    assert_eq!(store.content(&content("body").0)?, None);
    Ok(())
}

pub(crate) fn every_kind_of_row_is_read_back_as_it_was_written(backend: &dyn Backend) -> Outcome {
    let mut removed = user("qb");
    removed.removed_at = Some(at(7));
    let installed =
        qms::domain::project::VersionRecord { author: None, ..version("CR-001", Version::new(1, 9)) };
    let refusals = Refusals {
        claimed: "nobody; --".to_owned(),
        since: at(8),
        count: 3,
        tag: Some(Tag::from_bytes([7; 32])),
    };
    let written = Change {
        documents: vec![plain("CR-001"), rich("CR-001-VAR-001")],
        versions: vec![
            installed,
            version("CR-001", Version::new(1, 10)),
            version("CR-001", Version::new(2, 0)),
        ],
        attestations: vec![
            attestation("CR-001", 1),
            Attestation {
                kind: AttestationKind::Note,
                status: None,
                file_name: None,
                media_type: None,
                ..attestation("CR-001-VAR-001", 1)
            },
        ],
        contents: vec![content("body"), content(""), content("\0 zero, \u{10ffff}")],
        users: vec![removed, user("qa")],
        namespaces: vec![namespace("RS"), namespace("FLOW")],
        policies: vec![policy("policy"), policy("earlier")],
        project: Some(project("policy")),
        refusals: vec![refusals.clone()],
        ..change(&Head::default(), &[None, Some(id("CR-001")), Some(id("CR-001-VAR-001"))])
    };
    backend.open()?.commit(&written)?;

    let mut store = backend.open()?;
    let all = everything(store.as_mut())?;
    assert_eq!(all.head, written.head);
    assert_eq!(all.project, written.project);
    assert_eq!(all.documents, written.documents);
    assert_eq!(all.versions, written.versions, "oldest first");
    assert_eq!(all.attestations, written.attestations, "oldest first");
    let mut contents: Vec<_> =
        written.contents.into_iter().map(|(digest, body)| (digest, Some(body.to_vec()))).collect();
    contents.sort();
    assert_eq!(all.contents, contents);
    assert_eq!(
        all.users.iter().rev().collect::<Vec<_>>(),
        written.users.iter().collect::<Vec<_>>(),
        "by name"
    );
    assert_eq!(all.namespaces, [namespace("FLOW"), namespace("RS")], "by name");
    assert_eq!(all.policies, written.policies, "oldest first");
    assert_eq!(all.entries, written.entries.iter().map(read_of).collect::<Vec<_>>());
    for document in &written.documents {
        assert_eq!(store.document(&document.id)?.as_ref(), Some(document));
    }
    for user in &written.users {
        assert_eq!(store.user(user.name.as_str())?.as_ref(), Some(user));
    }
    assert_eq!(store.policy(&policy("earlier").digest)?, Some(policy("earlier")));
    assert_eq!(store.refusals("nobody; --")?, Some(refusals.clone()));
    assert_eq!(store.all_refusals()?, [refusals]);
    Ok(())
}

pub(crate) fn open_tasks_follow_the_rounds(backend: &dyn Backend) -> Outcome {
    let mut store = backend.open()?;
    let task = |document, time| OpenTask {
        document: id(document),
        assigned_by: name("author"),
        assigned_at: at(time),
    };
    let first = Document { round: Some(round(&[("qa", None), ("qb", None)])), ..plain("CR-1000") };
    let second = Document { round: Some(round(&[("qb", None)])), ..plain("CR-999") };
    keep(store.as_mut(), vec![first.clone(), second])?;
    assert_eq!(store.tasks(&name("qa"))?, [task("CR-1000", 100)]);
    // Of the same user the oldest comes first, not the lowest number.
    assert_eq!(store.tasks(&name("qb"))?, [task("CR-999", 100), task("CR-1000", 101)]);
    assert_eq!(store.task_counts()?, [(name("qa"), 1), (name("qb"), 2)].into());

    let answered = round(&[("qa", Some(Verdict::Recommend)), ("qb", None), ("qc", None)]);
    keep(store.as_mut(), vec![Document { round: Some(answered), revision: 2, ..first.clone() }])?;
    assert_eq!(store.tasks(&name("qa"))?, []);
    assert_eq!(store.task_counts()?, [(name("qb"), 2), (name("qc"), 1)].into());

    keep(store.as_mut(), vec![Document { round: None, revision: 3, ..first }])?;
    assert_eq!(store.task_counts()?, [(name("qb"), 1)].into());
    Ok(())
}

pub(crate) fn the_last_number_is_the_highest_one_right_after_the_prefix(backend: &dyn Backend) -> Outcome {
    let mut store = backend.open()?;
    let ids = [
        "CR-009",
        "CR-010",
        "CR-1000",
        "CR-999",
        "CR-1000-VAR-077",
        "CR-1000-A",
        "CR-1000A",
        "CR-009-VAR-002",
        "CR-9-VAR-005",
        "CR-99999999999",
        "CRX-5000",
        "CR7",
        "CR-X-3",
        "SOP-004",
        "CR-RS_12-8",
    ];
    keep(store.as_mut(), ids.into_iter().map(plain).collect())?;
    let expected = [
        ("CR-", 1000),
        ("CR-009-VAR-", 2),
        ("CR-9-VAR-", 5),
        ("CR-1000-VAR-", 77),
        ("CR-1000-", 0),
        ("SOP-", 4),
        ("CR-10", 0),
        ("CR", 7),
        ("CR-RS_12-", 8),
        ("CR-RS_", 0),
        ("INV-", 0),
        ("C-", 0),
        ("cr-", 0),
        ("", 0),
    ];
    for (prefix, number) in expected {
        assert_eq!(store.last_number(prefix)?, number, "after `{prefix}`");
    }
    Ok(())
}

fn ids(found: &[Document]) -> Vec<&str> {
    found.iter().map(|document| document.id.as_str()).collect()
}

pub(crate) fn documents_are_listed_in_the_order_of_their_numbers(backend: &dyn Backend) -> Outcome {
    let mut store = backend.open()?;
    let ordered = ["CR-1", "CR-999", "CR-999-VAR-001", "CR-1000", "CR-1000-TP-9", "CR-1000-TP-10", "SOP-001"];
    keep(store.as_mut(), ordered.iter().rev().map(|text| plain(text)).collect())?;
    assert_eq!(ids(&documents(store.as_mut(), &ListQuery::default())?), ordered);
    Ok(())
}

pub(crate) fn documents_are_filtered_by_each_property_and_by_all(backend: &dyn Backend) -> Outcome {
    let mut store = backend.open()?;
    let of_type = Document { document_type: name("SOP"), ..plain("CR-001") };
    let in_state = Document { state: name("IN_REVIEW"), ..plain("CR-002") };
    let owned = Document { owner: Some(name("author")), ..plain("CR-003") };
    let child = Document { parent: Some(id("CR-001")), ..plain("CR-004") };
    let checkout = Some(Checkout { by: name("author"), base: content("body").0 });
    let out = Document { checkout: checkout.clone(), ..plain("CR-005") };
    let assigned =
        Document { round: Some(round(&[("qa", None), ("qb", Some(Verdict::Approve))])), ..plain("CR-006") };
    let all = Document {
        document_type: name("SOP"),
        state: name("IN_REVIEW"),
        owner: Some(name("author")),
        parent: Some(id("CR-001")),
        checkout,
        round: assigned.round.clone(),
        requires: rich("CR-007").requires,
        ..plain("CR-007")
    };
    let waiting = Document { requires: all.requires.clone(), ..plain("CR-008") };
    keep(store.as_mut(), vec![of_type, in_state, owned, child, out, assigned, all, waiting])?;
    let none = ListQuery::default();
    let every = ListQuery {
        document_type: Some(name("SOP")),
        state: Some(name("IN_REVIEW")),
        owner: Some(name("author")),
        assignee: Some(name("qa")),
        parent: Some(id("CR-001")),
        checked_out_by: Some(name("author")),
        waiting: true,
        after: Some(id("CR-001")),
        limit: Some(5),
    };
    let expected = [
        (ListQuery { document_type: every.document_type.clone(), ..none.clone() }, vec!["CR-001", "CR-007"]),
        (ListQuery { state: every.state.clone(), ..none.clone() }, vec!["CR-002", "CR-007"]),
        (ListQuery { owner: every.owner.clone(), ..none.clone() }, vec!["CR-003", "CR-007"]),
        (ListQuery { parent: every.parent.clone(), ..none.clone() }, vec!["CR-004", "CR-007"]),
        (
            ListQuery { checked_out_by: every.checked_out_by.clone(), ..none.clone() },
            vec!["CR-005", "CR-007"],
        ),
        (ListQuery { assignee: every.assignee.clone(), ..none.clone() }, vec!["CR-006", "CR-007"]),
        (ListQuery { waiting: true, ..none.clone() }, vec!["CR-007", "CR-008"]),
        (ListQuery { assignee: Some(name("qb")), ..none.clone() }, vec![]),
        (ListQuery { document_type: Some(name("INV")), ..none }, vec![]),
        (every, vec!["CR-007"]),
    ];
    for (query, found) in expected {
        assert_eq!(ids(&documents(store.as_mut(), &query)?), found, "{query:?}");
    }
    Ok(())
}

pub(crate) fn a_list_continues_after_any_document_and_stops_at_its_limit(backend: &dyn Backend) -> Outcome {
    let mut store = backend.open()?;
    let ordered = ["CR-998", "CR-999", "CR-999-VAR-001", "CR-1000", "CR-1001", "SOP-001"];
    keep(store.as_mut(), ordered.iter().map(|text| plain(text)).collect())?;
    let mut page = |after: Option<&str>, limit| {
        let query = ListQuery { after: after.map(id), limit, ..ListQuery::default() };
        documents(store.as_mut(), &query)
            .map(|found| ids(&found).into_iter().map(str::to_owned).collect::<Vec<_>>())
    };
    assert_eq!(page(None, Some(2))?, ["CR-998", "CR-999"]);
    assert_eq!(page(Some("CR-999"), Some(2))?, ["CR-999-VAR-001", "CR-1000"]);
    assert_eq!(page(Some("CR-1000"), None)?, ["CR-1001", "SOP-001"]);
    assert_eq!(page(Some("CR-999-VAR-002"), Some(1))?, ["CR-1000"], "after one that does not exist");
    assert_eq!(page(Some("SOP-001"), Some(1))?, Vec::<String>::new());
    assert_eq!(page(None, Some(0))?, Vec::<String>::new());
    assert_eq!(page(None, Some(u64::MAX))?, ordered);
    Ok(())
}

pub(crate) fn occupied_states_are_told_once_each(backend: &dyn Backend) -> Outcome {
    let mut store = backend.open()?;
    let effective = |text| Document { state: name("EFFECTIVE"), ..plain(text) };
    let sop = Document { document_type: name("SOP"), ..plain("SOP-001") };
    keep(
        store.as_mut(),
        vec![plain("CR-1000"), plain("CR-999"), effective("CR-003"), effective("CR-004"), sop],
    )?;
    let expected = [("CR", "DRAFT", "CR-999"), ("CR", "EFFECTIVE", "CR-003"), ("SOP", "DRAFT", "SOP-001")];
    let expected: Vec<_> =
        expected.map(|(kind, state, document)| (name(kind), name(state), id(document))).into();
    assert_eq!(store.occupied()?, expected);
    Ok(())
}

pub(crate) fn entries_are_visited_from_an_index_or_about_a_document(backend: &dyn Backend) -> Outcome {
    let mut store = backend.open()?;
    let about: Vec<Option<DocumentId>> = ["CR-001", "", "CR-0010", "CR-001", "SOP-001"]
        .into_iter()
        .map(|text| (!text.is_empty()).then(|| id(text)))
        .collect();
    let written = change(&Head::default(), &about);
    store.commit(&written)?;
    let all: Vec<_> = written.entries.iter().map(read_of).collect();
    assert_eq!(entries(store.as_mut(), Entries::From(0))?, all);
    assert_eq!(Some(entries(store.as_mut(), Entries::From(3))?.as_slice()), all.get(3..));
    assert_eq!(entries(store.as_mut(), Entries::From(5))?, []);
    assert_eq!(entries(store.as_mut(), Entries::From(u64::MAX))?, []);
    let of = entries(store.as_mut(), Entries::Of(&id("CR-001")))?;
    assert_eq!(of.iter().map(|read| read.0).collect::<Vec<_>>(), [0, 3]);
    assert_eq!(entries(store.as_mut(), Entries::Of(&id("CR-002")))?, []);
    Ok(())
}

pub(crate) fn a_visitor_can_stop_and_can_use_another_handle(backend: &dyn Backend) -> Outcome {
    let (mut store, mut other) = (backend.open()?, backend.open()?);
    keep(store.as_mut(), vec![plain("CR-001"), plain("CR-002")])?;
    let mut visited = 0;
    let stopped = store.documents(&ListQuery::default(), &mut |document| {
        visited += 1;
        keep(other.as_mut(), vec![Document { revision: 2, ..document }])?;
        Err(StoreError::Conflict)
    });
    assert!(matches!(stopped, Err(StoreError::Conflict)));
    let stopped = store.entries(Entries::From(0), &mut |_| {
        visited += 1;
        keep(other.as_mut(), vec![plain("CR-003")])?;
        Err(StoreError::Conflict)
    });
    assert!(matches!(stopped, Err(StoreError::Conflict)));
    assert_eq!((visited, store.head()?.frontier.size()), (2, 4));
    Ok(())
}
