//! Evidence: whether a run may begin and be recorded, what is kept of it, and whether it is enough.

use super::effects::Step;
use super::{Case, Condition, Reason};
use crate::domain::attestation::AttestationKind;
use crate::domain::digest::Digest;
use crate::domain::document::Document;
use crate::domain::evidence::RunOutcome;
use crate::domain::id::AttestationName;
use crate::domain::offer::Offer;
use crate::domain::plural::counted;
use crate::domain::policy::{Effect, Evidence, Transition};
use crate::domain::request::CopyFacts;

impl Case<'_> {
    /// What no policy can take away: a run is of a command that was declared and adopted, was made by the
    /// program itself, and speaks about the content that is there.
    pub(super) fn unmet_run(&self, edge: &Transition, document: &Document) -> Vec<Reason> {
        if !edge.effects.contains(&Effect::RecordRun) {
            return Vec::new();
        }
        let run = self.facts.run.as_ref();
        let declared = match self.declared() {
            Ok(declared) => declared,
            Err(reason) => return vec![reason],
        };
        let mut reasons = Vec::new();
        if let (Some(evidence), Some(run)) = (declared, run) {
            let program = [evidence.program.program()].into_iter();
            reasons.extend(self.not_adopted(program, &run.observed, Condition::ProgramChanged));
        }
        if let (Some(evidence), Some(ended)) = (declared, run.and_then(|run| run.ended.as_ref())) {
            if (ended.version, ended.subject) != (document.version, document.content) {
                let message = format!("{} changed while the command ran", document.id);
                reasons.push(Reason::new(Condition::RunOvertaken, message));
            }
            if ended.output.len() as u64 > evidence.output {
                let length = counted(ended.output.len() as u64, "byte");
                let message = format!("{length} of output, {} are kept", evidence.output);
                reasons.push(Reason::new(Condition::InvalidInput, message));
            }
        }
        reasons
    }

    /// What is missing where nothing else is: the run. It is said alone, so that a run may begin exactly
    /// where it is all that is said.
    pub(super) fn not_run(&self, edge: &Transition) -> Option<Reason> {
        let has_ended = self.facts.run.as_ref().is_some_and(|run| run.ended.is_some());
        (edge.effects.contains(&Effect::RecordRun) && !has_ended && !self.open).then(|| {
            let message = format!("`{}` records what it ran itself", Evidence::COMMAND);
            Reason::new(Condition::NotRun, message)
        })
    }

    /// The command that is named; `None` where it may still be named.
    fn declared(&self) -> Result<Option<&Evidence>, Reason> {
        let declared = &self.policy.evidence;
        let known = declared.keys().map(AttestationName::as_str).collect::<Vec<_>>().join(", ");
        let nothing =
            || Reason::new(Condition::EvidenceUnknown, "the policy declares no command for evidence");
        match self.inputs.text("name") {
            _ if declared.is_empty() => Err(nothing()),
            // That it is missing is said where inputs are looked at.
            None => Ok(None),
            Some(name) => {
                let found = declared.iter().find(|(one, _)| one.as_str() == name).map(|(_, found)| found);
                found.map(Some).ok_or_else(|| {
                    let name = name.escape_debug();
                    let message = format!("the policy declares no command `{name}`; it declares {known}");
                    Reason::new(Condition::EvidenceUnknown, message)
                })
            }
        }
    }

    /// What is missing of the evidence that a gate asks for.
    pub(super) fn unmet_evidence(
        &self,
        names: &[AttestationName],
        edge: &Transition,
        document: &Document,
    ) -> Vec<Reason> {
        let taken_in = match &self.facts.copy {
            CopyFacts::Sound { content, .. } if edge.effects.contains(&Effect::CheckIn) => Some(*content),
            _ => None,
        };
        let content = taken_in.unwrap_or(document.content);
        names.iter().filter_map(|name| self.unmet_run_of(name, content, document)).collect()
    }

    fn unmet_run_of(&self, name: &AttestationName, content: Digest, document: &Document) -> Option<Reason> {
        let id = &document.id;
        let runs = || {
            let all = self.facts.attestations.iter();
            all.filter(|one| one.kind == AttestationKind::Run && one.name == *name)
        };
        let newest = runs().filter(|run| run.subject == content).max_by_key(|run| run.number);
        let (condition, message) = match newest.map(|run| RunOutcome::of(run.status)) {
            Some(RunOutcome::Passed) => return None,
            Some(outcome) => (Condition::EvidenceFailed, format!("`{name}` {outcome} for {id}")),
            None if runs().next().is_none() => {
                (Condition::EvidenceMissing, format!("`{name}` was never run for {id}"))
            }
            None => {
                let message = format!("`{name}` was run for another content of {id} than the present one");
                (Condition::EvidenceStale, message)
            }
        };
        if content != document.content {
            // Nothing can be run for what is not checked in.
            let message = format!("{message}, whose changes are not checked in");
            return Some(Reason::new(condition, message).remedy(self.verb("checkin")));
        }
        let reason = Reason::new(condition, message);
        Some(self.with_verb(reason, &Offer::of(Evidence::ACTION).with("name", name)))
    }
}

impl Step<'_> {
    /// States how a run ended, about the content that it began with. Nothing where the run was not decided
    /// on.
    pub(super) fn record_run(&mut self) {
        let Some(ended) = self.facts.run.as_ref().and_then(|run| run.ended.as_ref()) else { return };
        let name = self.permit.inputs.text("name").and_then(|name| AttestationName::parse(name).ok());
        if let Some(name) = name {
            let (output, status) = (ended.output.clone(), ended.outcome.status());
            self.attest(AttestationKind::Run, name, ended.subject, output.into(), status);
        }
    }
}
