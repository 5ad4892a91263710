//! What a proof is not good for, beside what its holder may do.

use crate::domain::identity::{Actor, Claim, Credential, Distrust, NotVerified, Proof};
use crate::domain::request::Request;

/// What a ticket is not good for: an act of an agent that only reads, and what its call did not read when it was
/// made.
pub(super) fn unmet_by_bounds(claim: &Claim, actor: &Actor, request: &Request) -> Option<NotVerified> {
    let Some(Proof::Ticket(presented)) = &claim.proof else { return None };
    let is_read = match &presented.ticket.inputs {
        Some(read) => *read == request.material(),
        None => request.reads_nothing(),
    };
    let why = if actor.reads_for().is_some() {
        Distrust::ReadsOnly
    } else if is_read {
        return None;
    } else {
        Distrust::OtherInput
    };
    Some(presented.ticket.refused(claim.user.clone(), why))
}

/// A credential that is not good for what was asked for.
pub(super) fn outside(claim: &Claim, presented: &Credential) -> NotVerified {
    NotVerified {
        claimed: claim.user.clone(),
        holder: Some(presented.holder()),
        why: Distrust::OutOfScope,
        origin: claim.origin(),
    }
}
