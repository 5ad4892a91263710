//! What a policy may no longer demand: adopting less is said, with a reason, and where people sign confirmed by a
//! second one. Setting the time of the record right and lifting the binding of a user follow the same way.

use std::collections::BTreeSet;

use super::{Applied, Case, Condition, Reason};
use crate::domain::clock::Jump;
use crate::domain::digest::Digest;
use crate::domain::document::{Document, User};
use crate::domain::facts::{Facts, ProjectFacts};
use crate::domain::id::{TraitName, TypeName, UserName};
use crate::domain::identity::{Actor, Credential};
use crate::domain::offer::Offer;
use crate::domain::policy::{Policy, Sources, UnderWay};
use crate::domain::project::{Proposal, ProposalKind};
use crate::domain::request::Inputs;

/// Says what a candidate demands less of, of what is under way.
pub fn less(policy: &Policy, facts: &ProjectFacts, next: (&Policy, &Sources)) -> BTreeSet<String> {
    let types = facts.occupied.iter().map(|(name, ..)| name.clone()).collect();
    let traits = facts.carried.keys().cloned().collect();
    let under_way = UnderWay { types, traits, runs: facts.runs.clone() };
    policy.less(next.0, (&facts.sources, next.1), &under_way)
}

/// Decides on the adoption of a sound candidate, and returns what is to be recorded of a second person. What it
/// demands less of is in `less`.
pub(super) fn adoption(
    case: &Case<'_>,
    facts: &ProjectFacts,
    less: &mut BTreeSet<String>,
    reasons: &mut Vec<Reason>,
) -> Option<Proposal> {
    let Some(Ok(candidate)) = &facts.candidate else { return None };
    let expected = [case.inputs.text("expect"), case.inputs.text("confirm")];
    for expected in expected.into_iter().flatten() {
        reasons.extend(unmet_digest(expected, &candidate.digest));
    }
    *less = self::less(case.policy, facts, (&candidate.policy, &candidate.sources));
    if let Some(digest) = case.inputs.text("confirm") {
        return confirmed(case, facts, ProposalKind::Policy, (digest, &case.facts.policy), reasons);
    }
    // What cannot be adopted at all is not weighed.
    if less.is_empty() || !reasons.is_empty() {
        return None;
    }
    let reason = case.inputs.text("reason");
    if case.inputs.text("less").is_none() || reason.is_none() {
        let lines = less.iter().cloned();
        reasons.extend(lines.map(|line| Reason::new(Condition::PolicyDemandsLess, line).remedy(anew())));
        return None;
    }
    proposed(case, facts, ProposalKind::Policy, (candidate.digest, case.facts.policy), reasons)
}

/// The command that adopts what demands less.
pub(super) fn anew() -> Offer {
    Offer::of("policy_adopt").with("less", &"less").asking("reason")
}

/// Decides on the end of a jump of the clock.
pub(super) fn clock(case: &Case<'_>, facts: &ProjectFacts, reasons: &mut Vec<Reason>) -> Option<Proposal> {
    let Some(jump) = &facts.jump else {
        let message = "the record knows of no jump of the clock: there is nothing to set right".to_owned();
        reasons.push(Reason::new(Condition::NothingToSet, message));
        return None;
    };
    let digest = digest_of(jump);
    match case.inputs.text("confirm") {
        Some(named) => confirmed(case, facts, ProposalKind::Clock, (named, &digest), reasons),
        None => proposed(case, facts, ProposalKind::Clock, (digest, digest), reasons),
    }
}

/// Decides on lifting the binding of a user.
pub(super) fn unbinding(
    case: &Case<'_>,
    facts: &ProjectFacts,
    reasons: &mut Vec<Reason>,
) -> Option<Proposal> {
    let user = facts.named_user.as_ref().filter(|user| user.is_bound)?;
    if case.actor.credential().is_some_and(Credential::is_limited) {
        let message = "a token of so many uses, or for something named, frees nobody".to_owned();
        reasons.push(Reason::new(Condition::CredentialOutOfScope, message));
    }
    let digest = freeing(user.name.as_str());
    match case.inputs.text("confirm") {
        Some(named) => confirmed(case, facts, ProposalKind::Unbinding, (named, &digest), reasons),
        None => proposed(case, facts, ProposalKind::Unbinding, (digest, digest), reasons),
    }
}

/// What names the end of a user's binding.
pub fn freeing(user: &str) -> Digest {
    Digest::of(format!("qms user unbind 1\n{user}\n").as_bytes())
}

/// What names a jump where somebody confirms its end.
fn digest_of(jump: &Jump) -> Digest {
    let before = jump.before.map(|at| at.to_string()).unwrap_or_default();
    Digest::of(format!("qms clock jump 1\n{}\n{before}\n{}\n", jump.since, jump.clock).as_bytes())
}

fn unmet_digest(expected: &str, digest: &Digest) -> Option<Reason> {
    let is_it = Digest::parse(expected.trim_start_matches("sha256:")).as_ref() == Ok(digest);
    (!is_it).then(|| {
        let message = format!("the candidate is {digest}, and not `{}`", expected.escape_debug());
        Reason::new(Condition::CandidateDiffers, message)
    })
}

/// Where people sign, what one of them asks for waits for another.
fn proposed(
    case: &Case<'_>,
    facts: &ProjectFacts,
    kind: ProposalKind,
    (digest, replaces): (Digest, Digest),
    reasons: &mut Vec<Reason>,
) -> Option<Proposal> {
    if !case.policy.compares_keys() {
        return None;
    }
    let me = case.actor.name();
    let mut open = open(case, facts, kind).filter(|one| one.digest == digest && one.replaces == replaces);
    // What this person cannot confirm holds up nobody: it ends, and the new proposal takes its place.
    if let Some(open) = open.find(|one| &one.by != me && dependence(case, facts, one).is_none()) {
        let message = format!("`{}` has proposed it already; it waits for a second person", open.by);
        let offer = command(case, kind).with("confirm", &digest);
        reasons.push(Reason::new(Condition::ProposedAlready, message).remedy(offer));
        return None;
    }
    let reason = case.inputs.text("reason").unwrap_or_default().to_owned();
    Some(Proposal { kind, digest, replaces, by: me.clone(), at: case.facts.now, reason, confirmed_by: None })
}

/// The proposals of a kind that wait for somebody. Within a jump of the clock their age is counted by the time since
/// boot, as far as that is known.
fn open<'f>(
    case: &'f Case<'_>,
    facts: &'f ProjectFacts,
    kind: ProposalKind,
) -> impl Iterator<Item = &'f Proposal> {
    let now = case.facts.now.later(case.facts.valid);
    facts.proposals.iter().filter(move |one| one.kind == kind && one.is_open(now, &case.facts.order))
}

/// The proposal of somebody else that the one made here takes the place of, and why the new proposer could not confirm it.
pub fn displaced(
    policy: &Policy,
    facts: &Facts,
    actor: &Actor,
    proposal: &Proposal,
) -> Option<(UserName, &'static str)> {
    let inputs = Inputs::default();
    let case = Case { policy, facts, actor, inputs: &inputs, open: false, seeks: false };
    let project = facts.project.as_ref().filter(|_| proposal.confirmed_by.is_none())?;
    let mut open = open(&case, project, proposal.kind).filter(|one| one.digest == proposal.digest);
    let former = open.find(|one| one.replaces == proposal.replaces && one.by != proposal.by)?;
    Some((former.by.clone(), dependence(&case, project, former)?))
}

/// Says why the actor cannot be the second person for a proposal.
fn dependence(case: &Case<'_>, facts: &ProjectFacts, proposal: &Proposal) -> Option<&'static str> {
    let order = &case.facts.order;
    let key = case.actor.credential();
    if &proposal.by == case.actor.name() {
        Some("it is that user's own proposal")
    } else if key.is_some_and(|key| key.issued_by.as_ref() == Some(&proposal.by)) {
        Some("the code for that user's key is by whoever proposed it")
    } else if key.is_some_and(|key| matches!(key.rests_on(), Some("recovered" | "alone"))) {
        Some("that user's key was recovered, and rests on nobody else's word")
    } else if !case.facts.users.contains_key(&proposal.by) {
        Some("whoever proposed it is no user any more")
    } else if facts.counts_since.is_none_or(|since| order.place(since) >= order.place(proposal.at)) {
        Some("that user's key counts only since it was proposed")
    } else {
        None
    }
}

/// The command by which something of a kind is proposed.
fn command(case: &Case<'_>, kind: ProposalKind) -> Offer {
    let offer = Offer::of(case_action(kind));
    let offer = if kind == ProposalKind::Policy { offer } else { offer.asking("reason") };
    match case.inputs.text("user") {
        Some(user) => offer.with("user", &user),
        None => offer,
    }
}

fn case_action(kind: ProposalKind) -> &'static str {
    match kind {
        ProposalKind::Policy => "policy_adopt",
        ProposalKind::Clock => "clock_set",
        ProposalKind::Unbinding => "user_unbind",
    }
}

/// A second person confirms what a first one proposed: somebody whose key counted before, by nobody's code of the first.
fn confirmed(
    case: &Case<'_>,
    facts: &ProjectFacts,
    kind: ProposalKind,
    (named, present): (&str, &Digest),
    reasons: &mut Vec<Reason>,
) -> Option<Proposal> {
    let me = case.actor.name();
    let digest = Digest::parse(named.trim_start_matches("sha256:")).ok();
    let is_it = |one: &&Proposal| Some(one.digest) == digest;
    // A policy takes the place of another one; all else is named by what it is about.
    let is_about = |one: &Proposal| kind == ProposalKind::Policy || one.digest == *present;
    let open = open(case, facts, kind).filter(is_it).find(|one| is_about(one) && one.replaces == *present);
    let Some(open) = open else {
        let message = format!("no proposal `{}` waits for a second person", named.escape_debug());
        reasons.push(Reason::new(Condition::NothingToConfirm, message));
        return None;
    };
    if let Some(why) = dependence(case, facts, open) {
        let message = format!("`{me}` cannot confirm what `{}` proposed: {why}", open.by);
        let reason = Reason::new(Condition::NotIndependent, message);
        // A proposal of one's own takes its place, where nothing else is in the way.
        let anew = if kind == ProposalKind::Policy { anew() } else { command(case, kind) };
        let is_all = reasons.is_empty() && &open.by != me;
        reasons.push(if is_all { reason.remedy(anew) } else { reason });
    }
    Some(Proposal { confirmed_by: Some(me.clone()), ..open.clone() })
}

/// Applies an adoption, or keeps it for a second person.
pub(super) fn adopt(facts: &Facts, proposal: Option<&Proposal>) -> Applied {
    let mut applied = Applied { proposal: proposal.cloned(), ..Applied::default() };
    let Some(project) = facts.project.as_ref().filter(|_| is_done(proposal)) else { return applied };
    if let Some(Ok(candidate)) = &project.candidate {
        applied.others = kept_traits(facts, project);
        applied.policy = Some(candidate.clone());
    }
    applied
}

/// Begins a new span, or keeps that for a second person.
pub(super) fn set_clock(facts: &Facts, proposal: Option<&Proposal>) -> Applied {
    let mut applied = Applied { proposal: proposal.cloned(), ..Applied::default() };
    if let Some(project) = facts.project.as_ref().filter(|_| is_done(proposal)) {
        applied.ends_jump = true;
        let ended = |one: &Credential| Credential { revoked_at: Some(facts.now), ..one.clone() };
        applied.credentials = project.ending.iter().map(ended).collect();
    }
    applied
}

/// Lifts a binding, or keeps that for a second person.
pub(super) fn unbind(facts: &Facts, proposal: Option<&Proposal>) -> Applied {
    let mut applied = Applied { proposal: proposal.cloned(), ..Applied::default() };
    let named = facts.project.as_ref().and_then(|project| project.named_user.clone());
    let freed = named.filter(|_| is_done(proposal)).map(|user| User { is_bound: false, ..user });
    applied.users.extend(freed);
    applied
}

fn is_done(proposal: Option<&Proposal>) -> bool {
    proposal.is_none_or(|proposal| proposal.confirmed_by.is_some())
}

/// What a document once had by its type, it keeps.
fn kept_traits(facts: &Facts, project: &ProjectFacts) -> Vec<Document> {
    let documents = project.losing.iter().map(|(document, lost)| {
        let mut kept = document.clone();
        kept.traits.extend(lost.iter().cloned());
        (kept.revision, kept.updated_at) = (document.revision + 1, facts.now);
        kept
    });
    documents.collect()
}

/// The traits that a type loses.
pub fn lost_traits(now: &Policy, next: &Policy, name: &TypeName) -> Vec<TraitName> {
    let of = |policy: &Policy| {
        let known = policy.document_type(name);
        known.map(|(_, kind)| kind.default_traits.clone()).unwrap_or_default()
    };
    let stays = of(next);
    of(now).into_iter().filter(|one| !stays.contains(one)).collect()
}
