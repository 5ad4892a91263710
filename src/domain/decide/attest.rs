//! What an action states about a content.

use super::effects::Step;
use crate::domain::attestation::{Attestation, AttestationKind, next_number};
use crate::domain::digest::Digest;
use crate::domain::id::AttestationName;
use crate::domain::media_type;
use crate::domain::request::File;

/// Longest name of a file that is kept, in bytes; file systems have none that is longer.
const NAME_MAX: usize = 255;

fn shortened(name: &str) -> &str {
    name.get(..name.floor_char_boundary(NAME_MAX)).unwrap_or(name)
}

impl Step<'_> {
    /// States something about the content `subject`. Where the policy does not know the document's place,
    /// there is no phase to state it in, and nothing was permitted.
    pub(super) fn attest(
        &mut self,
        kind: AttestationKind,
        name: AttestationName,
        subject: Digest,
        body: File,
        status: Option<i32>,
    ) {
        let Some((_, state)) = self.policy.standing(&self.document) else { return };
        let is_file = kind == AttestationKind::File;
        self.applied.attestations.push(Attestation {
            document: self.document.id.clone(),
            kind,
            number: next_number(&self.stated(), kind, &name),
            name,
            author: self.permit.actor.name().clone(),
            group: self.permit.actor.group().clone(),
            phase: state.phase.clone(),
            subject,
            body: Digest::of(&body.bytes),
            status,
            media_type: is_file.then(|| media_type::of(body.name.as_deref(), &body.bytes).to_owned()),
            file_name: body.name.filter(|_| is_file).map(|name| shortened(&name).to_owned()),
            at: self.facts.now,
        });
        self.applied.kept.push(body.bytes);
    }

    /// Lists what was stated about the document, by this action, too.
    pub(super) fn stated(&self) -> Vec<Attestation> {
        [self.facts.attestations.as_slice(), &self.applied.attestations].concat()
    }
}
