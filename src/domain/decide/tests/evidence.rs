//! Runs are recorded by the program alone, and a gate opens exactly where the newest about the content passed.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::asked::request;
use super::dice::{USERS, config, name};
use crate::domain::attestation::{Attestation, AttestationKind};
use crate::domain::decide::{Applied, Case, Denial};
use crate::domain::digest::{Digest, Timestamp};
use crate::domain::document::{Document, Kind};
use crate::domain::evidence::{Run, RunEnd, RunOutcome};
use crate::domain::id::{AttestationName, DocumentId, Version};
use crate::domain::policy::{Evidence, Policy, fixture};
use crate::domain::request::{Inputs, Request, Subject, Value};
use crate::domain::scenario::World;

fn told(input: &str, text: &str) -> Inputs {
    Inputs::default().with(name(input), Value::Text(text.to_owned()))
}

/// A policy that declares `ci-passed`.
fn declaring(mut policy: Policy) -> Policy {
    let evidence = Evidence::rehearsed(&name("ci-passed"));
    policy.pins.insert(evidence.program.program().to_owned(), Digest::of(b"program"));
    policy.evidence.insert(name("ci-passed"), evidence);
    policy
}

/// A project with a draft of claude's.
fn world(policy: &Policy) -> (World<'_>, Document) {
    let mut world = World::new(policy, Digest::of(b"policy"), None);
    for (user, group) in USERS {
        world.add_user(&name(user), group, Kind::Agent);
    }
    let created = Request {
        action: name("create"),
        subject: Subject::New(name("CR")),
        inputs: told("title", "Pump"),
        copy: None,
        candidate: None,
    };
    let created = world.attempt("claude", &created).result.unwrap().after.unwrap();
    (world, created)
}

fn asked(id: &DocumentId, evidence: &str) -> Request {
    request(&name("evidence_record"), id, told("name", evidence))
}

/// A run of the adopted program that passed, about the present content.
fn run(policy: &Policy, document: &Document) -> Run {
    let ended = RunEnd {
        version: document.version,
        subject: document.content,
        outcome: RunOutcome::Passed,
        output: b"fine\n".to_vec(),
        lasted: 5,
    };
    Run { observed: policy.pins.clone(), ended: Some(ended) }
}

fn names(result: Result<Applied, Denial>) -> Vec<String> {
    let denial = result.err().unwrap_or_else(|| panic!("permitted"));
    denial.reasons().iter().map(|reason| reason.name.clone()).collect()
}

// REQ-110
#[test]
fn a_request_alone_records_no_run_whatever_the_policy_says() {
    for policy in [fixture::candidate().policy.clone(), fixture::stripped()].map(declaring) {
        let (mut world, document) = world(&policy);
        let asked = asked(&document.id, "ci-passed");
        assert_eq!(names(world.attempt("claude", &asked).result), ["not_run"]);
        let begun = Run { ended: None, ..run(&policy, &document) };
        assert_eq!(names(world.attempt_run("claude", &asked, begun).result), ["not_run"]);
    }
}

// REQ-112
#[test]
fn a_run_counts_only_by_the_adopted_program_for_the_present_content_within_its_limit() {
    for policy in [fixture::candidate().policy.clone(), fixture::stripped()].map(declaring) {
        let (mut world, document) = world(&policy);
        let good = run(&policy, &document);
        let ended = good.ended.clone().unwrap();
        let with = |ended| Run { ended: Some(ended), ..good.clone() };
        let swapped = good.observed.keys().map(|path| (path.clone(), Digest::of(b"other"))).collect();
        let cases = [
            (Run { observed: BTreeMap::new(), ..good.clone() }, "ci-passed", "program_changed"),
            (Run { observed: swapped, ..good.clone() }, "ci-passed", "program_changed"),
            (with(RunEnd { subject: Digest::of(b"other"), ..ended.clone() }), "ci-passed", "run_overtaken"),
            // The content is the same again; the command may have looked at another.
            (with(RunEnd { version: Version::new(0, 0), ..ended.clone() }), "ci-passed", "run_overtaken"),
            (with(RunEnd { output: vec![b'x'; 65_537], ..ended.clone() }), "ci-passed", "invalid_input"),
            (good.clone(), "ci-pased", "evidence_unknown"),
        ];
        for (run, evidence, expected) in cases {
            let attempt = world.attempt_run("claude", &asked(&document.id, evidence), run);
            assert_eq!(names(attempt.result), [expected]);
        }
        for number in 1..=3 {
            let applied = world.attempt_run("claude", &asked(&document.id, "ci-passed"), good.clone());
            let applied = applied.result.unwrap();
            let [recorded] = applied.attestations.as_slice() else { panic!("{:?}", applied.attestations) };
            assert_eq!(
                (recorded.number, recorded.kind, recorded.status),
                (number, AttestationKind::Run, Some(0))
            );
            assert_eq!((recorded.subject, recorded.body), (document.content, Digest::of(b"fine\n")));
            assert_eq!(applied.kept, [b"fine\n".to_vec().into()]);
            assert!(applied.versions.is_empty() && applied.composed.is_none());
        }
    }
}

proptest! {
    #![proptest_config(config(2000))]

    // REQ-109
    #[test]
    fn a_gate_opens_exactly_where_the_newest_run_about_the_content_passed(
        runs in prop::collection::vec((any::<bool>(), any::<bool>(), prop::sample::select(vec![Some(0), Some(1), Some(-9), Some(256), Some(257), None])), 0..6),
        order in any::<prop::sample::Index>(),
    ) {
        let policy = declaring(fixture::candidate().policy.clone());
        let (world, document) = world(&policy);
        let actor = world.verify("claude").unwrap();
        let asked = asked(&document.id, "ci-passed");
        let mut facts = world.facts(&actor, &asked);
        let made = runs.iter().zip(1..).map(|((is_present, is_asked, status), number)| Attestation {
            document: document.id.clone(),
            // A file of that name is no run.
            kind: if *is_asked { AttestationKind::Run } else { AttestationKind::File },
            name: name("ci-passed"),
            number,
            author: name("claude"),
            group: name("initiator"),
            phase: name("authoring"),
            subject: if *is_present { document.content } else { Digest::of(b"earlier") },
            body: Digest::of(b""),
            status: *status,
            file_name: None,
            media_type: None,
            at: Timestamp::from_millis(0),
        });
        facts.attestations = made.collect();
        if !runs.is_empty() {
            facts.attestations.rotate_left(order.index(runs.len()));
        }
        let mut of_runs = runs.iter().rev().filter(|(_, is_asked, _)| *is_asked);
        let expected = match of_runs.clone().find(|(is_present, _, _)| *is_present) {
            Some((_, _, Some(0))) => vec![],
            Some(_) => vec!["evidence_failed"],
            None if of_runs.next().is_some() => vec!["evidence_stale"],
            None => vec!["evidence_missing"],
        };
        let case = Case { policy: &policy, facts: &facts, actor: &actor, inputs: &asked.inputs, open: false, seeks: true };
        let edge = policy.workflows.values().flat_map(|life| &life.transitions).find(|edge| edge.action.as_str() == "release").unwrap();
        let reasons = case.unmet_evidence(&[name::<AttestationName>("ci-passed")], edge, &document);
        let found: Vec<&str> = reasons.iter().map(|reason| reason.name.as_str()).collect();
        prop_assert_eq!(found, expected);
        let remedies = reasons.iter().map(|reason| reason.remedy.as_deref());
        prop_assert!(remedies.eq(reasons.iter().map(|_| Some("qms --user claude evidence run CR-001 ci-passed"))));
    }
}
