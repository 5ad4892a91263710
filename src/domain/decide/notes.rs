//! Traits and notes: who may write which, what a gate misses, and what is recorded.

use std::collections::BTreeSet;

use super::effects::Step;
use super::{Case, Condition, Reason};
use crate::domain::attestation::{Attestation, AttestationKind, latest};
use crate::domain::document::Document;
use crate::domain::id::{AttestationName, PhaseName, StateName, TraitName, UserName};
use crate::domain::identity::Actor;
use crate::domain::nearest::nearest;
use crate::domain::offer::Offer;
use crate::domain::policy::{Effect, Guard, NoteRule, Policy, Transition};
use crate::domain::request::CopyFacts;
use crate::domain::{encoding, size};

/// Longest note, in bytes. It is read by people, in a sitting.
const NOTE_MAX: u64 = 64 * 1024;

/// Reads the names of traits, which stand in one line, separated by commas; those that are none come
/// back as they were said.
pub(super) fn trait_names(text: &str) -> impl Iterator<Item = Result<TraitName, &str>> {
    text.split(',').map(str::trim).map(|word| TraitName::parse(word).map_err(|_| word))
}

impl Case<'_> {
    /// The traits named with the action exist, and are new to the document.
    pub(super) fn unmet_traits(&self) -> Vec<Reason> {
        let Some(text) = self.inputs.text("trait") else {
            let news = self.addable_traits();
            let none = self.open && self.document().is_some() && news.is_empty();
            let reason =
                || Reason::new(Condition::TraitUnknown, "the document has every trait that there is");
            return none.then(reason).into_iter().collect();
        };
        let mut reasons = Vec::new();
        for name in trait_names(text) {
            let known = name.as_ref().is_ok_and(|name| self.policy.traits.contains_key(name));
            let word = name.as_ref().map_or_else(|word| *word, |name| name.as_str());
            if !known {
                let near = nearest(word, self.policy.traits.keys().map(TraitName::as_str));
                let hint = near.map(|near| format!(", did you mean `{near}`?")).unwrap_or_default();
                let message = format!("there is no trait `{}`{hint}", word.escape_debug());
                reasons.push(Reason::new(Condition::TraitUnknown, message));
            } else if let (Ok(name), Some(document)) = (&name, self.document())
                && self.policy.traits_of(document).any(|(one, _)| one == name)
            {
                let message = format!("{} has the trait `{name}` already", document.id);
                reasons.push(Reason::new(Condition::TraitPresent, message));
            }
        }
        reasons
    }

    /// Lists the traits that the document could be given.
    pub(super) fn addable_traits(&self) -> Vec<String> {
        let has = |name: &TraitName| {
            self.document()
                .is_some_and(|document| self.policy.traits_of(document).any(|(one, _)| one == name))
        };
        self.policy.traits.keys().filter(|name| !has(name)).map(ToString::to_string).collect()
    }

    /// The note is one that the document is to have, now, from the caller; and it says enough.
    pub(super) fn unmet_note(&self, document: &Document) -> Vec<Reason> {
        let Some(key) = self.inputs.text("note") else {
            let none = self.open && self.writable_notes(document).is_empty();
            let message = || format!("{} is to have no note from `{}` now", document.id, self.actor.name());
            return none.then(|| Reason::new(Condition::NoteUnknown, message())).into_iter().collect();
        };
        let Some((_, rule)) = self.policy.notes_of(document).find(|(_, rule)| rule.key.as_str() == key)
        else {
            let known: Vec<&str> =
                self.policy.notes_of(document).map(|(_, rule)| rule.key.as_str()).collect();
            let hint = nearest(key, known.into_iter());
            let hint = hint.map(|near| format!(", did you mean `{near}`?")).unwrap_or_default();
            let message = format!("no trait of {} has a note `{}`{hint}", document.id, key.escape_debug());
            let remedy = Offer::of("note_list").about(&document.id);
            return vec![Reason::new(Condition::NoteUnknown, message).remedy(remedy)];
        };
        let mut reasons = self.unmet_writer(rule, document);
        reasons.extend(self.unmet_text(rule));
        reasons
    }

    /// Lists the notes that the caller could write now.
    pub(super) fn writable_notes(&self, document: &Document) -> Vec<String> {
        let rules = self.policy.notes_of(document).map(|(_, rule)| rule);
        rules
            .filter(|rule| self.unmet_writer(rule, document).is_empty())
            .map(|rule| rule.key.to_string())
            .collect()
    }

    fn unmet_writer(&self, rule: &NoteRule, document: &Document) -> Vec<Reason> {
        let (me, key) = (self.actor.name(), &rule.key);
        let mut reasons = Vec::new();
        match &rule.role {
            None => {
                let message = format!("`{key}` is written by the program, whenever the document changes");
                reasons.push(Reason::new(Condition::NoteNotYours, message));
            }
            Some(role) if !self.actor_is_one_of(std::slice::from_ref(role)) => {
                let message = format!("`{me}` is of group {}; `{key}` is for {role}", self.actor.group());
                reasons.push(Reason::new(Condition::NoteNotYours, message));
            }
            // What others are to say of a text is not said by those who wrote it.
            Some(role) if !self.policy.may_own(role) && self.has_stake(document, me) => {
                let message =
                    format!("`{me}` is an author of {} or owns it; `{key}` is for others", document.id);
                reasons.push(Reason::new(Condition::NoteNotYours, message));
            }
            Some(_) => {}
        }
        // What is written in a round belongs to the verdict of its author.
        if let Some(round) = &document.round
            && !round.awaits(me)
        {
            let message = format!("`{me}` has no open task in the round of {}", document.id);
            reasons.push(Reason::new(Condition::NotAssigned, message));
        }
        if self.is_judged(rule, document) {
            let message = format!("`{key}` of {} was there when it was judged", document.id);
            reasons.push(Reason::new(Condition::NoteJudged, message));
        }
        if let Some(phase) = phase_of(self.policy, document).filter(|phase| !rule.is_of(phase)) {
            let wanted = rule.phases.iter().map(PhaseName::as_str).collect::<Vec<_>>().join(" or ");
            let message = format!("`{key}` is written in {wanted}; {} is in {phase}", document.id);
            reasons.push(Reason::new(Condition::NoteOutOfPhase, message));
        }
        reasons
    }

    /// Tells whether a verdict that counts was given with the note that is there, by somebody who is not about
    /// to give another: it spoke about what that note says.
    fn is_judged(&self, rule: &NoteRule, document: &Document) -> bool {
        let newest = latest(&self.facts.attestations);
        let note = newest.get(&(AttestationKind::Note, &rule.key));
        // One that does not count here, by its phase or by a role that was adopted since, is replaced by one that does.
        let by_role = |note: &Attestation| {
            rule.role.as_ref().is_none_or(|role| self.policy.acts_as(&note.group, std::slice::from_ref(role)))
        };
        let counts = |note: &&&Attestation| {
            note.subject == document.content && rule.is_of(&note.phase) && by_role(note)
        };
        let Some(note) = note.filter(counts) else { return false };
        let phase = phase_of(self.policy, document);
        let renews = |user| document.round.as_ref().is_some_and(|round| round.awaits(user));
        // From one phase to the next a document comes by being judged.
        if Some(&note.phase) != phase && document.version.major > 0 && !renews(self.actor.name()) {
            return true;
        }
        let mut verdicts = document.verdicts.iter().filter(|((of, _), _)| Some(of) == phase);
        let order = &self.facts.order;
        verdicts.any(|((_, user), verdict)| order.place(verdict.at) >= order.place(note.at) && !renews(user))
    }

    fn unmet_text(&self, rule: &NoteRule) -> Option<Reason> {
        let file = self.inputs.file("file")?;
        let fault = match encoding::text(&file.bytes) {
            _ if file.size > NOTE_MAX => {
                format!("has {}; {} are allowed", size::shown(file.size), size::shown(NOTE_MAX))
            }
            Err(why) => why.to_string(),
            Ok(text) => rule.lacks(text)?,
        };
        Some(Reason::new(Condition::InvalidInput, format!("the note `{}` {fault}", rule.key)))
    }

    /// Every note that is waited for here is there, is by its role, and speaks about the content.
    pub(super) fn unmet_notes(&self, edge: &Transition, document: &Document) -> Vec<Reason> {
        let Some(phase) = phase_of(self.policy, document) else { return Vec::new() };
        let unknown =
            self.policy.traits_of(document).filter(|(_, found)| found.is_none()).map(|(name, _)| {
                let message = format!("the policy does not know the trait `{name}` of {}", document.id);
                Reason::new(Condition::TraitUnknown, message)
            });
        let takes_copy =
            edge.effects.contains(&Effect::CheckIn) && matches!(self.facts.copy, CopyFacts::Sound { .. });
        let changes = takes_copy && self.copy_changed(document);
        let newest = latest(&self.facts.attestations);
        let rules = self.policy.notes_of(document).map(|(_, rule)| rule);
        let missing = rules.filter(|rule| rule.required && rule.is_of(phase)).filter_map(|rule| {
            let found = newest.get(&(AttestationKind::Note, &rule.key));
            let fault = match found {
                // It is written together with the content.
                _ if takes_copy && rule.role.is_none() => return None,
                Some(note) if changes && note.subject == document.content => {
                    "speaks about the content before your working copy".to_owned()
                }
                found => self.note_fault(rule, found.copied(), document)?,
            };
            Some(self.note_missing(rule, document, &fault))
        });
        unknown.chain(missing).collect()
    }

    /// Says why a note does not do for a rule and the present content of a document.
    pub(super) fn note_fault(
        &self,
        rule: &NoteRule,
        found: Option<&Attestation>,
        document: &Document,
    ) -> Option<String> {
        let writing = if rule.role.is_none() { Effect::CheckOut } else { Effect::RecordNote };
        if self.is_past(writing, document) {
            return None;
        }
        let Some(note) = found else { return Some("is missing".to_owned()) };
        if note.subject != document.content {
            return Some("speaks about an earlier content".to_owned());
        }
        if !rule.is_of(&note.phase) {
            return Some(format!("was written in {}", note.phase));
        }
        let role = std::slice::from_ref(rule.role.as_ref()?);
        (!self.policy.acts_as(&note.group, role))
            .then(|| format!("was written by `{}` of group {}", note.author, note.group))
    }

    /// Tells whether what is still to be written into a document, or about it, can no longer be: it stands still until its
    /// end, or its parent has gone on. What an adoption demands of it then holds nobody up. That a policy has no verb
    /// for a note excuses nobody from it.
    pub(super) fn is_past(&self, effect: Effect, document: &Document) -> bool {
        let Some((life, _)) = self.policy.document_type(&document.document_type) else { return false };
        let is_asked = self.document().is_some_and(|asked| asked.id == document.id);
        let parent = if is_asked { self.facts.parent.as_ref() } else { self.document() };
        let above = parent.and_then(|parent| {
            let (life, _) = self.policy.document_type(&parent.document_type)?;
            Some(life.ahead(&parent.state))
        });
        let comes = |states: &[StateName]| {
            above.as_ref().is_none_or(|above| states.iter().any(|state| above.contains(state)))
        };
        let is_open = |way: &&Transition| {
            let mut parents = way.guards.iter().filter_map(|guard| match guard {
                Guard::ParentIn(states) => Some(states),
                _ => None,
            });
            parents.all(|states| comes(states))
        };
        let ahead = life.ahead(&document.state).into_iter().flat_map(|state| life.leaving(state));
        let ways: Vec<&Transition> = ahead.filter(|way| way.effects.contains(&effect)).collect();
        !ways.iter().any(is_open) && (effect != Effect::RecordNote || !ways.is_empty())
    }

    fn note_missing(&self, rule: &NoteRule, document: &Document, fault: &str) -> Reason {
        let (id, key) = (&document.id, &rule.key);
        let message =
            format!("the note `{key}` of {id} {fault}; it is by {}: {}", rule.writer(), rule.description);
        let reason = Reason::new(Condition::NoteMissing, message);
        if rule.role.is_none() {
            let is_out = self.facts.copy != CopyFacts::NotOut;
            return reason.remedy(self.verb(if is_out { "checkin" } else { "checkout" }));
        }
        if self.writable_notes(document).iter().any(|one| one == key.as_str()) {
            return reason.remedy(self.open_to_me(Offer::of("note_set").with("note", key).asking("file")));
        }
        reason
    }
}

fn phase_of<'p>(policy: &'p Policy, document: &Document) -> Option<&'p PhaseName> {
    policy.standing(document).map(|(_, state)| &state.phase)
}

impl Step<'_> {
    pub(super) fn add_traits(&mut self) {
        let text = self.permit.inputs.text("trait").unwrap_or_default();
        self.document.traits.extend(trait_names(text).flatten());
    }

    pub(super) fn record_note(&mut self) {
        let name = self.permit.inputs.text("note").and_then(|key| AttestationName::parse(key).ok());
        if let (Some(name), Some(file)) = (name, self.permit.inputs.file("file")) {
            self.attest(AttestationKind::Note, name, self.document.content, file.clone(), None);
        }
    }

    /// Writes the notes that the program writes itself, where they do not speak about the present content.
    pub(super) fn attribute(&mut self) {
        let newest = latest(&self.facts.attestations);
        let written = |key: &AttestationName| {
            let found = newest.get(&(AttestationKind::Note, key));
            found.is_some_and(|note| note.subject == self.document.content)
        };
        let rules = self.policy.notes_of(&self.document).map(|(_, rule)| rule);
        let due = rules.filter(|rule| rule.role.is_none() && !written(&rule.key));
        let keys: Vec<AttestationName> = due.map(|rule| rule.key.clone()).collect();
        for key in keys {
            let text = attribution(&self.permit.actor) + &self.former_authors();
            self.attest(AttestationKind::Note, key, self.document.content, text.into_bytes().into(), None);
        }
    }
}

impl Step<'_> {
    /// Says whose text it is, where whoever checks in changed nothing of it.
    fn former_authors(&self) -> String {
        let before = self.facts.document.as_ref().filter(|before| before.content == self.document.content);
        let authors = before.iter().flat_map(|before| before.authors.keys().chain(&before.creator));
        let others: BTreeSet<&str> =
            authors.filter(|author| *author != self.permit.actor.name()).map(UserName::as_str).collect();
        if others.is_empty() {
            return String::new();
        }
        format!("changed nothing; the text is by: {}\n", others.into_iter().collect::<Vec<_>>().join(", "))
    }
}

/// Says who wrote, as far as it was proved.
fn attribution(actor: &Actor) -> String {
    let said = [
        ("credential", actor.credential().map(|presented| presented.id.to_string())),
        ("ticket", actor.ticket().map(String::from)),
        ("agent", actor.agent().map(str::to_owned)),
        ("session", actor.session().map(str::to_owned)),
        ("started at", actor.started_at().map(String::from)),
        ("started by", actor.parent().map(ToString::to_string)),
    ];
    let mut text = format!("{} ({}), {}\n", actor.name(), actor.kind(), actor.assurance().shown());
    for (name, value) in said.iter().filter_map(|(name, value)| Some((name, value.as_ref()?))) {
        text.push_str(&format!("{name}: {value}\n"));
    }
    text
}
