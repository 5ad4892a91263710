//! What an entry says of what the program itself found.

use std::collections::BTreeSet;

use super::policies::differences;
use crate::domain::attestation::{DOSSIER, dossier_for};
use crate::domain::decide::{self, Applied};
use crate::domain::digest::Digest;
use crate::domain::evidence::LASTED;
use crate::domain::facts::Facts;
use crate::domain::id::UserName;
use crate::domain::identity::Actor;
use crate::domain::policy::{Candidate, Policy, Sources};

/// How a run ended, and how long it took.
pub(super) fn run(facts: &Facts) -> Vec<(String, String)> {
    let Some(ended) = facts.run.as_ref().and_then(|run| run.ended.as_ref()) else { return Vec::new() };
    let told = [("outcome", ended.outcome.name().to_owned()), (LASTED, ended.lasted.to_string())];
    told.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Which policy takes the place of which, with the lines that differ and what it demands less of.
pub(super) fn adoption(
    (from, old): (&Digest, &Sources),
    less: &BTreeSet<String>,
    next: &Candidate,
) -> Vec<(String, String)> {
    let less = less.iter().map(String::as_str).collect::<Vec<_>>().join("\n");
    let told = [("replaces", from.to_string()), ("lines", differences(old, &next.sources)), ("less", less)];
    let told = told.into_iter().filter(|(_, value)| !value.is_empty());
    told.map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Whose proposal the one that is made ends, and why its proposer could not confirm that one.
pub(super) fn displaced(
    (policy, facts): (&Policy, &Facts),
    actor: &Actor,
    applied: &Applied,
) -> Vec<(String, String)> {
    let found = applied.proposal.as_ref().and_then(|made| decide::displaced(policy, facts, actor, made));
    let Some((by, why)) = found else { return Vec::new() };
    vec![("ends_proposal_of".to_owned(), by.to_string()), ("why_it_ends".to_owned(), why.to_owned())]
}

/// What was laid before those who judge, when their round opened and when one of them judged: the digest of
/// content, traits, notes and evidence.
pub(super) fn dossier_of(actor: &UserName, facts: &Facts, applied: &Applied) -> Option<(String, String)> {
    let before = applied.before.as_ref();
    let digest = match (before, &applied.verdict) {
        (Some(before), Some(_)) => dossier_for(actor, before, &facts.attestations, &facts.order),
        (before, _) => {
            let was_open = before.is_some_and(|before| before.round.is_some());
            applied.after.as_ref()?.round.as_ref().filter(|_| !was_open)?.dossier?
        }
    };
    Some((DOSSIER.to_owned(), digest.to_string()))
}
