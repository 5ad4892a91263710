//! What an action states about a content.

use std::sync::Arc;

use super::effects::Step;
use crate::domain::attestation::{Attestation, AttestationKind, next_number};
use crate::domain::digest::Digest;
use crate::domain::id::AttestationName;

impl Step<'_> {
    /// States something about the content `subject`. Where the policy does not know the document's place,
    /// there is no phase to state it in, and nothing was permitted.
    pub(super) fn attest(
        &mut self,
        kind: AttestationKind,
        name: AttestationName,
        subject: Digest,
        body: Arc<Vec<u8>>,
        status: Option<i32>,
    ) {
        let Some((_, state)) = self.policy.standing(&self.document) else { return };
        self.applied.attestations.push(Attestation {
            document: self.document.id.clone(),
            kind,
            number: next_number(&self.stated(), kind, &name),
            name,
            author: self.permit.actor.name().clone(),
            group: self.permit.actor.group().clone(),
            phase: state.phase.clone(),
            subject,
            body: Digest::of(&body),
            status,
            at: self.facts.now,
        });
        self.applied.kept.push(body);
    }

    /// Lists what was stated about the document, by this action, too.
    pub(super) fn stated(&self) -> Vec<Attestation> {
        [self.facts.attestations.as_slice(), &self.applied.attestations].concat()
    }
}
