//! Gathering the facts about a request about the project itself: its users, its policy, its time.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::{Session, SessionError};
use crate::domain::attestation::AttestationKind;
use crate::domain::audit::{Entry, FieldDelta, Table};
use crate::domain::decide::{Condition, less, lost_traits};
use crate::domain::digest::Timestamp;
use crate::domain::document::Document;
use crate::domain::facts::{Facts, ProjectFacts, Standing};
use crate::domain::id::{AttestationName, DocumentId, PhaseName, StateName, TraitName, TypeName, UserName};
use crate::domain::identity::{Actor, Credential};
use crate::domain::policy::{Candidate, Policy, Sources, Target, UnderWay, compile};
use crate::domain::prerequisite::Prerequisite;
use crate::domain::request::Request;
use crate::store::{Credentials, Entries, ListQuery};

/// The traits that documents have that can move, with one document each.
type Carried = BTreeMap<TraitName, DocumentId>;

/// Documents with the traits that they would lose.
type Losing = Vec<(Document, Vec<TraitName>)>;

/// Phases in which objections to documents count, with their types.
type Contested = Vec<(TypeName, PhaseName, DocumentId)>;

/// What documents wait for, with what they wait for where it is there.
type Awaited = Vec<(DocumentId, Prerequisite, Option<Document>)>;

/// Tells whether a document in a state can move. What has ended holds no policy back, unless it would go on
/// under the next one.
fn can_move(policy: &Policy, next: Option<&Policy>, name: &TypeName, state: &StateName) -> bool {
    let ends = |policy: &Policy| policy.document_type(name).is_some_and(|(life, _)| life.is_final(state));
    let goes_on = |next: &Policy| {
        let found = next.document_type(name).and_then(|(life, _)| life.state(state));
        found.is_some_and(|state| !state.is_final)
    };
    !ends(policy) || next.is_some_and(goes_on)
}

/// What one person asks for and another may have to confirm.
const PROPOSED: &[&str] = &["policy_adopt", "clock_set", "user_unbind"];

impl Session {
    pub(super) fn gather_project(
        &mut self,
        actor: &Actor,
        request: &Request,
        now: Timestamp,
    ) -> Result<(Rc<Policy>, Facts), SessionError> {
        let digest = self.project()?.policy;
        let policy = self.policy_at(&digest)?;
        let mut counts = BTreeMap::new();
        let mut project = ProjectFacts { namespaces: self.namespaces()?, ..ProjectFacts::default() };
        if let Some(user) = request.inputs.text("user").and_then(|text| UserName::parse(text).ok()) {
            project.named_user = self.store.user(user.as_str())?;
            // Asked of the documents themselves, however many: the lists made of them for quick
            // answers are not covered by the log.
            let (mut owned, mut tasks) = (0, 0);
            if project.named_user.is_some() {
                self.store.documents(&ListQuery::default(), &mut |document| {
                    let ended = policy.standing(&document).is_some_and(|(_, state)| state.is_final);
                    owned += u64::from(!ended && document.owner.as_ref() == Some(&user));
                    tasks += u64::from(document.round.is_some_and(|round| round.awaits(&user)));
                    Ok(())
                })?;
            }
            counts.insert(user, tasks);
            project.owned = owned;
        }
        if let Some(files) = &request.candidate {
            project.sources = self.sources_at(&digest)?;
            let sources = Sources(files.clone());
            let procedures = self.procedures_in_force(compile(&sources).ok().as_ref())?;
            project.candidate = Some(Candidate::new(sources, &procedures).map(Box::new));
            let next = project.candidate.as_ref().and_then(|read| read.as_ref().ok()).map(|it| &it.policy);
            project.occupied = self.occupied(&policy, next)?;
            project.led_to = self.led_to()?;
            project.unasked = next.map(|next| self.unasked(next)).transpose()?.unwrap_or_default();
            (project.carried, project.losing) = self.carried(&policy, next)?;
            project.runs = self.runs()?;
            (project.contested, project.awaited) = self.referred(&policy, next)?;
            project.ended = self.store.occupied()?;
            project.ended.retain(|(name, state, _)| !can_move(&policy, None, name, state));
            project.below = self.below(&policy)?;
        }
        if PROPOSED.contains(&request.action.as_str()) {
            project.proposals = self.standing_proposals()?;
            project.jump = self.span()?.jump;
        }
        let is_waiting = project.proposals.iter().any(|one| one.confirmed_by.is_none());
        if is_waiting && let Some(key) = actor.credential() {
            project.counts_since = self.counts_since(key)?;
        }
        if let Some(jump) = project.jump.filter(|_| request.action.as_str() == "clock_set") {
            project.ending = self.ending_with(jump.since)?;
        }
        let mut facts = self.empty_facts(now, (digest, &policy), &counts)?;
        facts.project = Some(project);
        Ok((policy, facts))
    }

    /// Says what a policy would demand less of: of what is under way, and of what could be and is not.
    pub fn less(
        &mut self,
        (next, files): (&Policy, &Sources),
    ) -> Result<[BTreeSet<String>; 2], SessionError> {
        let digest = self.project()?.policy;
        let policy = self.policy_at(&digest)?;
        let mut project = ProjectFacts { sources: self.sources_at(&digest)?, ..ProjectFacts::default() };
        project.occupied = self.occupied(&policy, Some(next))?;
        (project.carried, _) = self.carried(&policy, Some(next))?;
        project.runs = self.runs()?;
        let less = less(&policy, &project, (next, files));
        let mut rest = policy.less(next, (&project.sources, files), &UnderWay::all(&policy));
        rest.retain(|line| !less.contains(line));
        Ok([less, rest])
    }

    /// Finds every type and state that a document is in that can move.
    fn occupied(
        &mut self,
        policy: &Policy,
        next: Option<&Policy>,
    ) -> Result<Vec<(TypeName, StateName, DocumentId)>, SessionError> {
        let mut occupied = self.store.occupied()?;
        occupied.retain(|(document_type, state, _)| can_move(policy, next, document_type, state));
        Ok(occupied)
    }

    /// Finds every two states that a document and what it belongs to are in, where the document has not ended.
    fn below(&mut self, policy: &Policy) -> Result<Vec<(Standing, Standing, DocumentId)>, SessionError> {
        let mut children = Vec::new();
        self.store.documents(&ListQuery::default(), &mut |document| {
            if can_move(policy, None, &document.document_type, &document.state) {
                let place = (document.document_type, document.state);
                children.extend(document.parent.map(|parent| (place, parent, document.id)));
            }
            Ok(())
        })?;
        let mut found = BTreeMap::new();
        for (place, parent, id) in children {
            let Some(parent) = self.store.document(&parent)? else { continue };
            found.entry((place, (parent.document_type, parent.state))).or_insert(id);
        }
        Ok(found.into_iter().map(|((place, above), id)| (place, above, id)).collect())
    }

    /// Finds every state that an open round can lead to or return to, by the policy that it goes on under.
    fn led_to(&mut self) -> Result<Vec<(TypeName, StateName, DocumentId)>, SessionError> {
        let mut asked = Vec::new();
        self.store.documents(&ListQuery::default(), &mut |document| {
            asked.extend(Some(document).filter(|document| document.round.is_some()));
            Ok(())
        })?;
        let mut found = Vec::new();
        for document in asked {
            let policy = self.policy_of(&document)?;
            let ways =
                policy.standing(&document).into_iter().flat_map(|(life, state)| life.leaving(&state.name));
            let targets = ways.filter_map(|way| match &way.to {
                Target::State(state) => Some(state.clone()),
                Target::Same | Target::Origin => None,
            });
            let origin = document.round.as_ref().map(|round| round.origin.clone());
            let states: BTreeSet<StateName> = targets.chain(origin).collect();
            found.extend(
                states.into_iter().map(|state| (document.document_type.clone(), state, document.id.clone())),
            );
        }
        Ok(found)
    }

    /// Finds documents without a round in states that have one under another policy.
    fn unasked(&mut self, next: &Policy) -> Result<Vec<(StateName, DocumentId)>, SessionError> {
        let mut found = Vec::new();
        self.store.documents(&ListQuery::default(), &mut |document| {
            let state =
                next.document_type(&document.document_type).and_then(|(life, _)| life.state(&document.state));
            if document.round.is_none() && state.is_some_and(|state| state.round.is_some()) {
                found.push((document.state, document.id));
            }
            Ok(())
        })?;
        Ok(found)
    }

    /// Finds the evidence of which some document has a run.
    fn runs(&mut self) -> Result<BTreeSet<AttestationName>, SessionError> {
        let mut found = BTreeSet::new();
        self.store.all_attestations(&mut |stated| {
            found.extend((stated.kind == AttestationKind::Run).then_some(stated.name));
            Ok(())
        })?;
        Ok(found)
    }

    /// Finds what documents that can move refer to by its name: phases with objections, and states of others.
    fn referred(
        &mut self,
        policy: &Policy,
        next: Option<&Policy>,
    ) -> Result<(Contested, Awaited), SessionError> {
        let (mut contested, mut waiting) = (Contested::new(), Vec::new());
        self.store.documents(&ListQuery::default(), &mut |document| {
            if can_move(policy, next, &document.document_type, &document.state) {
                let phases = document.contested().into_iter().cloned();
                let of = |phase| (document.document_type.clone(), phase, document.id.clone());
                contested.extend(phases.map(of));
                waiting.extend(document.requires.into_iter().map(|wanted| (document.id.clone(), wanted)));
            }
            Ok(())
        })?;
        let mut awaited = Awaited::new();
        for (id, wanted) in waiting {
            let found = self.store.document(&wanted.document)?;
            awaited.push((id, wanted, found));
        }
        Ok((contested, awaited))
    }

    /// Finds the traits that such documents have, and the documents that `next` would take some from.
    fn carried(&mut self, policy: &Policy, next: Option<&Policy>) -> Result<(Carried, Losing), SessionError> {
        let (mut carried, mut losing) = (Carried::new(), Losing::new());
        self.store.documents(&ListQuery::default(), &mut |document| {
            if can_move(policy, next, &document.document_type, &document.state) {
                for (name, _) in policy.traits_of(&document) {
                    carried.entry(name.clone()).or_insert_with(|| document.id.clone());
                }
                let lost = next.map(|next| lost_traits(policy, next, &document.document_type));
                let mut lost = lost.unwrap_or_default();
                lost.retain(|name| !document.traits.contains(name));
                if !lost.is_empty() {
                    losing.push((document, lost));
                }
            }
            Ok(())
        })?;
        Ok((carried, losing))
    }

    /// Finds the credentials that end with the jump that began with an entry: those that were refused as expired
    /// since, and those that were given their end since, by a clock that was wrong.
    fn ending_with(&mut self, index: u64) -> Result<Vec<Credential>, SessionError> {
        let (mut fingerprints, mut bounded) = (BTreeSet::new(), BTreeSet::new());
        self.store.entries(Entries::From(index), &mut |stored| {
            let Ok(mut entry) = Entry::decode(stored.bytes) else { return Ok(()) };
            if entry.reasons.iter().any(|reason| reason.name == Condition::CredentialExpired.name()) {
                fingerprints.extend(entry.observed.remove("token_fingerprint"));
            }
            let sets_end = |field: &FieldDelta| field.name == "not_after" && field.new.is_some();
            let changed = entry.deltas.into_iter().filter(|delta| delta.table == Table::Credential);
            bounded.extend(changed.filter(|delta| delta.fields.iter().any(sets_end)).map(|delta| delta.key));
            Ok(())
        })?;
        let mut ending = self.store.credentials(Credentials::All)?;
        let ends = |one: &Credential| {
            let is_bounded = one.not_after.is_some() && bounded.contains(one.id.as_str());
            is_bounded || fingerprints.contains(&one.fingerprint())
        };
        ending.retain(|one| one.revoked_at.is_none() && ends(one));
        Ok(ending)
    }
}
