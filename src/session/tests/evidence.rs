//! Runs are recorded by the program alone, and a gate opens exactly where the newest about the content passed.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{act, asked, create, document, gathered, inputs, names, stage, text, write};
use crate::domain::attestation::{Attestation, AttestationKind};
use crate::domain::decide::Denial;
use crate::domain::decide::tests::dice::{config, name};
use crate::domain::digest::{Digest, Timestamp};
use crate::domain::document::Document;
use crate::domain::evidence::{Capture, Output, Run, RunOutcome};
use crate::domain::id::DocumentId;
use crate::domain::identity::Claim;
use crate::domain::offer::Offer;
use crate::domain::policy::{Evidence, Guard, Launcher, Policy, When, fixture};
use crate::domain::request::Request;
use crate::domain::yaml::Place;
use crate::scenario::Stage;
use crate::session::{Acted, Mode, RunResult, SessionError};
use crate::store::Read as _;

type Observed = BTreeMap<String, Digest>;

/// A policy that declares `ci-passed`.
fn declaring(mut policy: Policy) -> Policy {
    let program = Launcher {
        command: vec!["/usr/bin/ci".to_owned()],
        environment: Vec::new(),
        directory: "{root}".to_owned(),
        place: Place::default(),
    };
    let evidence = Evidence { help: String::new(), program, time: 1000, output: 65_536, contains: None };
    policy.pins.insert("/usr/bin/ci".to_owned(), Digest::of(b"program"));
    policy.evidence.insert(name("ci-passed"), evidence);
    policy
}

/// A project with a draft of claude's, which is checked out.
fn begun(policy: &Policy) -> (Stage, DocumentId, Claim) {
    let mut stage = stage(policy);
    let id = create(&mut stage, "CR", &[]).unwrap();
    let claim = stage.claim(&name("claude"), None, None).unwrap();
    (stage, id, claim)
}

fn asked(id: &DocumentId, evidence: &str) -> Request {
    asked::request(&name("evidence_record"), id, inputs(&[("name", text(evidence))]))
}

fn wrote(bytes: &[u8]) -> Output {
    let mut capture = Capture::new(100_000, None);
    capture.push(bytes);
    capture.finish(&[])
}

/// A run that passed.
fn passed(observed: &Observed) -> RunResult {
    let (outcome, output) = (RunOutcome::Passed, wrote(b"fine\n"));
    RunResult { observed: observed.clone(), outcome, output, lasted: 5 }
}

fn refused<T: std::fmt::Debug>(result: Result<T, SessionError>) -> Vec<String> {
    match result {
        Err(SessionError::Denied(refusal)) => names(&refusal.denial).into_iter().map(str::to_owned).collect(),
        other => panic!("{other:?}"),
    }
}

// REQ-110
#[test]
fn a_request_alone_records_no_run_whatever_the_policy_says() {
    for policy in [fixture::candidate().policy.clone(), fixture::stripped()].map(declaring) {
        let (mut stage, id, claim) = begun(&policy);
        let asked = asked(&id, "ci-passed");
        assert_eq!(refused(stage.act(&claim, &asked)), ["not_run"]);
        let run = Run { observed: policy.pins.clone(), ended: None };
        let now = stage.session.now();
        let attempt = stage.session.attempt(&claim, &asked, Mode::Commit, Some((&run, now)));
        assert_eq!(refused(attempt), ["not_run"]);
    }
}

// REQ-112
#[test]
fn a_run_counts_only_by_the_adopted_program_for_the_present_content_within_its_limit() {
    for policy in [fixture::candidate().policy.clone(), fixture::stripped()].map(declaring) {
        let (mut stage, id, claim) = begun(&policy);
        let good = policy.pins.clone();
        let swapped: Observed = good.keys().map(|path| (path.clone(), Digest::of(b"other"))).collect();
        let begin = |stage: &mut Stage, evidence: &str, observed: &Observed| {
            stage.session.begin_run(&claim, asked(&id, evidence), observed.clone(), Mode::Commit)
        };
        assert_eq!(refused(begin(&mut stage, "ci-pased", &good)), ["evidence_unknown"]);
        for other in [&Observed::new(), &swapped] {
            assert_eq!(refused(begin(&mut stage, "ci-passed", other)), ["program_changed"]);
            let begun = begin(&mut stage, "ci-passed", &good).unwrap();
            assert_eq!(refused(stage.session.end_run(&claim, &begun, passed(other))), ["program_changed"]);
        }
        let begun = begin(&mut stage, "ci-passed", &good).unwrap();
        let long = RunResult { output: wrote(&vec![b'x'; 65_537]), ..passed(&good) };
        assert_eq!(refused(stage.session.end_run(&claim, &begun, long)), ["invalid_input"]);
        for number in 1..=3 {
            let begun = begin(&mut stage, "ci-passed", &good).unwrap();
            let acted: Acted = stage.session.end_run(&claim, &begun, passed(&good)).unwrap();
            let content = document(&mut stage, &id).content;
            let [recorded] = acted.attestations.as_slice() else { panic!("{:?}", acted.attestations) };
            assert_eq!(
                (recorded.number, recorded.kind, recorded.status),
                (number, AttestationKind::Run, Some(0))
            );
            assert_eq!((recorded.subject, recorded.body), (content, Digest::of(b"fine\n")));
            assert_eq!(stage.store.content(&recorded.body).unwrap(), Some(b"fine\n".to_vec()));
            assert_eq!(stage.store.versions(&id).unwrap().len(), 1);
        }
        let begun = begin(&mut stage, "ci-passed", &good).unwrap();
        let first = document(&mut stage, &id).content;
        let first = stage.store.content(&first).unwrap().unwrap();
        check_in(&mut stage, &id, None);
        assert_eq!(refused(stage.session.end_run(&claim, &begun, passed(&good))), ["run_overtaken"]);
        // The content is the same again; the command may have looked at another.
        check_in(&mut stage, &id, Some(first));
        assert_eq!(refused(stage.session.end_run(&claim, &begun, passed(&good))), ["run_overtaken"]);
    }
}

/// Checks something new in, or these bytes.
fn check_in(stage: &mut Stage, id: &DocumentId, bytes: Option<Vec<u8>>) {
    use crate::domain::request::WorkingCopy;
    let claude = name("claude");
    if document(stage, id).checkout.is_none() {
        act(stage, "claude", "checkout", id, &[]).unwrap();
    }
    write(stage, id, "claude", "copy.md");
    if let (Some(body), Some(WorkingCopy::Present { document, base, path, .. })) =
        (bytes, stage.copy(&claude, id).cloned())
    {
        let copy = WorkingCopy::Present { document, base, path, bytes: body };
        stage.replace_copy(&claude, id, Some(copy));
    }
    act(stage, "claude", "checkin", id, &[]).unwrap();
}

/// A policy in which nothing is routed for its review before `ci-passed` passed for it.
fn gated() -> Policy {
    let mut policy = declaring(fixture::candidate().policy.clone());
    let edges = policy.workflows.values_mut().flat_map(|life| &mut life.transitions);
    for edge in edges.filter(|edge| {
        matches!(&edge.when, Some(When::Input(_, target)) if edge.action.as_str() == "route" && target == "review")
    }) {
        edge.guards.push(Guard::Evidence(vec![name("ci-passed")]));
    }
    policy
}

/// What the gate lacks, and the commands that would help.
fn lacking(denial: &Denial) -> Vec<(&str, Option<&Offer>)> {
    let reasons = denial.reasons().iter().filter(|reason| reason.name.starts_with("evidence_"));
    reasons.map(|reason| (reason.name.as_str(), reason.remedy.as_deref())).collect()
}

// REQ-109
#[test]
fn a_gate_opens_exactly_where_the_newest_run_about_the_content_passed() {
    let (mut stage, id, _) = begun(&gated());
    write(&mut stage, &id, "claude", "copy.md");
    act(&mut stage, "claude", "checkin", &id, &[]).unwrap();
    let route = asked::request(&name("route"), &id, inputs(&[("target", text("review"))]));
    let (actor, policy, facts) = gathered(&mut stage, "claude", &route);
    let document = document(&mut stage, &id);
    let status = prop::sample::select(vec![Some(0), Some(1), Some(-9), Some(256), Some(257), None]);
    let runs = prop::collection::vec((any::<bool>(), any::<bool>(), status), 0..6);
    let mut runner = proptest::test_runner::TestRunner::new(config(2000));
    let outcome = runner.run(&(runs, any::<prop::sample::Index>()), |(runs, order)| {
        let mut facts = facts.clone();
        facts.attestations = made(&document, &runs);
        if !runs.is_empty() {
            facts.attestations.rotate_left(order.index(runs.len()));
        }
        let mut of_runs = runs.iter().rev().filter(|(_, is_asked, _)| *is_asked);
        let expected = match of_runs.clone().find(|(is_present, _, _)| *is_present) {
            Some((_, _, Some(0))) => None,
            Some(_) => Some("evidence_failed"),
            None if of_runs.next().is_some() => Some("evidence_stale"),
            None => Some("evidence_missing"),
        };
        let decision = crate::domain::decide::decide(&policy, &facts, &actor, &route);
        prop_assert_eq!(decision.is_ok(), expected.is_none(), "{:?}", decision);
        let denial = decision.err();
        let found = denial.as_ref().map(lacking).unwrap_or_default();
        let helps = Offer::of("evidence_record").about(&id).with("name", "ci-passed");
        prop_assert_eq!(found, expected.map(|name| (name, Some(&helps))).into_iter().collect::<Vec<_>>());
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
}

/// What was stated: about the present content or an earlier one, by a run or a file of that name.
fn made(document: &Document, runs: &[(bool, bool, Option<i32>)]) -> Vec<Attestation> {
    let made = runs.iter().zip(1..).map(|((is_present, is_asked, status), number)| Attestation {
        document: document.id.clone(),
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
    made.collect()
}
