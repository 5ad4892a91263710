//! What the tests of the log are made of.

mod signed;

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::*;

use self::signed::signatures;
pub(super) use self::signed::statements;
use super::{
    Attribution, Delta, Entry, EntryResult, FieldDelta, FieldName, ProjectKey, RanBy, SALT_BYTES,
    SealedReason, Table,
};
use crate::domain::clock::{Boot, Moment};
use crate::domain::digest::{Digest, Timestamp};
use crate::domain::document::{
    Answer, Checkout, Document, InForce, Kind, Outcome, Round, Seat, Task, TemplateVersion, Verdict,
};
use crate::domain::id::{
    DocumentId, GroupName, PhaseName, StateName, TypeName, UserName, Version, WorkflowName,
};
use crate::domain::identity::{Assurance, Isolation, TicketId};
use crate::domain::offer::Offer;
use crate::domain::prerequisite::Prerequisite;

pub(super) fn key() -> ProjectKey {
    ProjectKey::new(&[7; 32]).unwrap_or_else(|| panic!("32 bytes are a key"))
}

/// Parses a name that is known to be one.
pub(in crate::domain) fn name<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> T {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

/// A document as it is when it was just created.
pub(in crate::domain) fn new_document(id: &str, at: Timestamp) -> Document {
    let content = Digest::of(id.as_bytes());
    Document {
        id: name(id),
        document_type: name("SOP"),
        workflow: name("controlled"),
        title: format!("What {id} is about"),
        state: name("DRAFT"),
        version: Version::new(0, 1),
        last_minor: 1,
        content,
        in_force: None,
        owner: Some(name("claude")),
        creator: Some(name("claude")),
        authors: BTreeMap::from([(name("claude"), BTreeSet::new())]),
        checkout: Some(Checkout { by: name("claude"), base: content }),
        parent: None,
        template: None,
        traits: BTreeSet::new(),
        requires: BTreeSet::new(),
        round: None,
        verdicts: BTreeMap::new(),
        rejected: None,
        revision: 1,
        created_at: at,
        updated_at: at,
    }
}

/// An entry by `claude` that changes nothing yet.
pub(super) fn plain_entry(index: u64, at: Timestamp, action: &str) -> Entry {
    Entry {
        index,
        actor: Some(name("claude")),
        claimed: Some("claude".to_owned()),
        actor_kind: Some(Kind::Agent),
        group: Some(name("initiator")),
        assurance: Some(Assurance::Claimed),
        at,
        moment: Moment::of(at),
        ..Entry::new(action, Digest::of(b"policy"))
    }
}

fn names<T: std::str::FromStr<Err: std::fmt::Display> + std::fmt::Debug>(
    pattern: &'static str,
) -> impl Strategy<Value = T> {
    pattern.prop_map(|text| name(&text))
}

fn users() -> impl Strategy<Value = UserName> {
    names("[a-c][a-z0-9_-]{0,2}")
}

fn groups() -> impl Strategy<Value = GroupName> {
    names("[a-z][a-z0-9_]{0,6}")
}

fn phases() -> impl Strategy<Value = PhaseName> {
    names("[a-b][a-z0-9_]{0,2}")
}

fn states() -> impl Strategy<Value = StateName> {
    names("[A-Z][A-Z0-9_]{0,12}")
}

fn documents_ids() -> impl Strategy<Value = DocumentId> {
    names("[A-Z]{1,4}-[0-9]{1,5}")
}

fn versions() -> impl Strategy<Value = Version> {
    any::<(u32, u32)>().prop_map(|(major, minor)| Version::new(major, minor))
}

fn digests() -> impl Strategy<Value = Digest> {
    any::<[u8; 32]>().prop_map(Digest::from_bytes)
}

fn times() -> impl Strategy<Value = Timestamp> {
    any::<i64>().prop_map(Timestamp::from_millis)
}

fn one_of<T: Copy + std::fmt::Debug + 'static>(all: &'static [T]) -> impl Strategy<Value = T> {
    prop::sample::select(all)
}

/// Values short and long, so that both forms of a length occur.
fn values() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![9 => vec(any::<u8>(), 0..40), 1 => vec(any::<u8>(), 250..600)]
}

fn field_names() -> impl Strategy<Value = String> {
    prop_oneof![
        "state|title|content|updated_at|workflow|added_at",
        "(author|seat|verdict)/.{0,8}",
        ".{0,12}",
        ".{0,4}/.{0,4}",
    ]
}

/// Any delta that could be sealed: its fields in order, none twice, each with a change.
fn deltas() -> impl Strategy<Value = Delta> {
    let change =
        (option::of(values()), option::of(values())).prop_filter("no change", |(old, new)| old != new);
    (one_of(Table::ALL), ".{0,20}", btree_map(field_names(), change, 1..6)).prop_map(
        |(table, key, fields)| {
            let mut fields: Vec<_> =
                fields.into_iter().map(|(name, (old, new))| FieldDelta { name, old, new }).collect();
            fields.sort_by(|a, b| FieldName::of(&a.name).cmp(&FieldName::of(&b.name)));
            Delta { table, key, fields }
        },
    )
}

fn reasons() -> impl Strategy<Value = SealedReason> {
    ("[a-z_]{0,12}", ".{0,30}", option::of(offers())).prop_map(|(name, message, remedy)| SealedReason {
        name,
        message,
        remedy,
    })
}

fn offers() -> impl Strategy<Value = Offer> {
    let inputs = btree_map("[a-z_]{0,8}", option::of(".{0,20}"), 0..3);
    ("[a-z_]{1,12}", option::of(documents_ids()), inputs).prop_map(|(action, document, inputs)| Offer {
        action,
        document,
        inputs,
    })
}

/// What the system may say of the time.
fn moments() -> impl Strategy<Value = Moment> {
    let boots = (any::<[u8; 16]>(), any::<u64>()).prop_map(|(id, since)| Boot { id, since });
    (times(), option::of(boots)).prop_map(|(clock, boot)| Moment { clock, boot })
}

/// What is new in entries of the second format, in any combination.
fn surroundings() -> impl Strategy<Value = Entry> {
    let whence =
        (option::of(".{0,12}"), option::of(".{0,12}"), option::of(any::<u32>()), option::of(".{0,9}"));
    let whose = (
        option::of(".{0,9}"),
        option::of(one_of(Attribution::ALL)),
        option::of(".{0,9}"),
        option::of(times()),
        option::of(one_of(RanBy::ALL)),
        btree_map("[a-z_]{0,8}", ".{0,300}", 0..3),
    );
    (any::<u32>(), moments(), any::<[u8; SALT_BYTES]>(), whence, whose).prop_map(
        |(span, moment, salt, (agent, host, uid, client_id), whose)| {
            let (claimed_actor, attribution, token_id, occurred_at, ran_by, observed) = whose;
            Entry {
                span,
                moment,
                salt,
                claimed_actor,
                attribution,
                agent,
                token_id,
                host,
                uid,
                client_id,
                occurred_at,
                ran_by,
                observed,
                ..Entry::new("", Digest::of(b""))
            }
        },
    )
}

/// Any entry.
pub(super) fn entries() -> impl Strategy<Value = Entry> {
    let who = (
        option::of(users()),
        option::of(".{0,300}"),
        option::of(one_of(Kind::ALL)),
        option::of(groups()),
        option::of(one_of(Assurance::ALL)),
        one_of(Isolation::ALL),
        option::of(".{0,12}"),
        option::of(users()),
    );
    let what = (
        "[a-z_]{0,12}",
        option::of(documents_ids()),
        option::of(versions()),
        option::of(states()),
        option::of(states()),
        one_of(EntryResult::ALL),
        option::of(one_of(Outcome::ALL)),
        option::of(".{0,40}"),
    );
    let rest = (
        vec(reasons(), 0..3),
        option::of(digests()),
        digests(),
        prop_oneof![Just(1), any::<u64>()],
        vec(deltas(), 0..4),
        btree_map("[a-z_]{0,8}", ".{0,300}", 0..3),
        (
            option::of("[0-9a-f]{16}".prop_map(|text| name(&text))),
            option::of(signatures()),
            option::of(any::<[u8; 16]>().prop_map(TicketId::from_bytes)),
        ),
    );
    (any::<u64>(), times(), who, what, rest, surroundings()).prop_map(
        |(index, at, who, what, rest, around)| {
            let (actor, claimed, actor_kind, group, assurance, isolation, session, parent) = who;
            let (action, document, version, from, to, result, verdict, comment) = what;
            let (reasons, content_digest, policy_digest, count, deltas, inputs, signed) = rest;
            let (credential, signature, ticket) = signed;
            Entry {
                index,
                at,
                actor,
                claimed,
                actor_kind,
                group,
                assurance,
                isolation,
                session,
                parent,
                credential,
                ticket,
                signature,
                action,
                inputs,
                document,
                version,
                from,
                to,
                result,
                verdict,
                comment,
                reasons,
                content_digest,
                policy_digest,
                count,
                deltas,
                ..around
            }
        },
    )
}

fn seats() -> impl Strategy<Value = Seat> {
    let answers = (one_of(Outcome::ALL), times()).prop_map(|(outcome, at)| Answer { outcome, at });
    (users(), times(), option::of(answers), option::of(times())).prop_map(
        |(assigned_by, assigned_at, answer, opened_at)| Seat { assigned_by, assigned_at, answer, opened_at },
    )
}

fn rounds() -> impl Strategy<Value = Round> {
    let fixed = (one_of(Task::ALL), phases(), states(), users(), times(), digests(), digests());
    (fixed, option::of(digests()), btree_map(users(), seats(), 0..4)).prop_map(|(fixed, dossier, seats)| {
        let (task, phase, origin, asked_by, opened_at, content, policy) = fixed;
        Round { task, phase, origin, asked_by, opened_at, content, policy, dossier, seats }
    })
}

fn verdicts() -> impl Strategy<Value = Verdict> {
    (one_of(Outcome::ALL), groups(), times(), any::<u64>())
        .prop_map(|(outcome, group, at, revision)| Verdict { outcome, group, at, revision })
}

/// Any state of the document `id`.
pub(super) fn states_of_document(id: &'static str) -> impl Strategy<Value = Document> {
    let plain = (
        names::<TypeName>("[A-Z]{1,4}"),
        names::<WorkflowName>("[a-z]{1,8}"),
        ".{0,300}",
        states(),
        versions(),
        any::<u32>(),
        digests(),
        any::<u64>(),
        times(),
        times(),
    );
    let optional = (
        option::of((versions(), digests()).prop_map(|(version, content)| InForce { version, content })),
        option::of(users()),
        option::of(users()),
        option::of((users(), digests()).prop_map(|(by, base)| Checkout { by, base })),
        option::of(documents_ids()),
        option::of((documents_ids(), versions()).prop_map(|(id, version)| TemplateVersion { id, version })),
        option::of(rounds()),
        option::of(any::<u64>()),
    );
    let several = (
        btree_map(users(), btree_set("[a-z]{1,8}", 0..3), 0..4),
        btree_map((phases(), users()), verdicts(), 0..4),
        btree_set(names("[a-z]{1,8}"), 0..3),
        btree_set((documents_ids(), states()), 0..3),
    );
    (plain, optional, several).prop_map(move |(plain, optional, several)| {
        let (authors, verdicts, traits, requires) = several;
        let requires =
            requires.into_iter().map(|(document, state)| Prerequisite { document, state }).collect();
        let (
            document_type,
            workflow,
            title,
            state,
            version,
            last_minor,
            content,
            revision,
            created_at,
            updated_at,
        ) = plain;
        let (in_force, owner, creator, checkout, parent, template, round, rejected) = optional;
        Document {
            id: name(id),
            document_type,
            workflow,
            title,
            state,
            version,
            last_minor,
            content,
            in_force,
            owner,
            creator,
            authors,
            checkout,
            parent,
            template,
            traits,
            requires,
            round,
            verdicts,
            rejected,
            revision,
            created_at,
            updated_at,
        }
    })
}
