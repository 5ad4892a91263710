//! The guards that look into texts: what is left to fill in, what may not be touched, and whether a
//! template can be used.

use super::left_open::{Places, is_demanded, left};
use super::writable::Writable;
use super::{Case, Condition, Reason};
use crate::domain::attestation::{AttestationKind, latest};
use crate::domain::document::Document;
use crate::domain::facts::Texts;
use crate::domain::offer::Offer;
use crate::domain::policy::{Effect, Guard, Plain, Transition, Workflow};
use crate::domain::request::CopyFacts;
use crate::domain::template;
use crate::domain::text::{Declared, Edit, Fault, Placeholder, PlaceholderKind, Season, Text, edits};

/// Most places that one reason names: whoever mends those is told of the next.
const NAMED: usize = 5;

/// Most reasons that one guard gives.
const REASONS: usize = 5;

impl Case<'_> {
    /// What is missing for a guard to hold that looks into texts.
    pub(super) fn unmet_in_text(
        &self,
        plain: Plain,
        workflow: &Workflow,
        edge: &Transition,
        document: &Document,
    ) -> Vec<Reason> {
        if plain == Plain::AttachmentsFilledIn {
            return self.unmet_attachments();
        }
        let texts = &self.facts.texts;
        let text = match &self.facts.copy {
            CopyFacts::Sound { .. } if edge.effects.contains(&Effect::CheckIn) => texts.copy.as_deref(),
            // The copy that would be checked in is unsound; its own guard says so.
            CopyFacts::Lost(_) | CopyFacts::Spoilt(_) if edge.effects.contains(&Effect::CheckIn) => {
                return Vec::new();
            }
            _ => texts.stored.as_deref(),
        };
        let Some(text) = text else {
            let message = format!("the content of {} is no text", document.id);
            return vec![Reason::new(Condition::TextUnclear, message)];
        };
        let writable = || {
            Writable::of(workflow, (document, self.facts.parent.as_ref()), texts.template.as_deref(), text)
        };
        match plain {
            Plain::NoPlaceholders | Plain::NoExecutionPlaceholders => {
                let writable = writable();
                let left = self.unmet_placeholders(plain, workflow, edge, document, (text, &writable));
                self.unclear(document, text, &writable).into_iter().chain(left).collect()
            }
            Plain::SectionsUnchanged => self.unmet_locks(workflow, document, text),
            Plain::TemplateSectionsKept if writable().is_anew() => {
                self.unmet_template_sections(document, text)
            }
            Plain::TemplateIsSound if writable().is_anew() => {
                self.unmet_template(document, text).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    /// What of the present content can be written here.
    pub(super) fn writable(&self, workflow: &Workflow, document: &Document) -> Writable {
        let texts = &self.facts.texts;
        let stored = texts.stored.as_deref().unwrap_or_default();
        Writable::of(workflow, (document, self.facts.parent.as_ref()), texts.template.as_deref(), stored)
    }

    /// Who has a copy out has only to write.
    fn checkout_to_write(&self) -> Option<Offer> {
        if self.facts.copy == CopyFacts::NotOut { self.verb("checkout") } else { None }
    }

    /// What a page shows otherwise than the lines say, where somebody can write them.
    fn unclear(&self, document: &Document, text: &str, writable: &Writable) -> Option<Reason> {
        let mut faults = Text::of(text).faults;
        faults.retain(|fault| writable.has(fault.line));
        self.unclear_by(document, &faults)
    }

    /// What a page shows otherwise than the lines say, and did not in the text before. Sections are not looked for in such
    /// a text: one line of it would make all those behind it seem edited. What was so before is so in both.
    fn unclear_anew(&self, document: &Document, text: &str, before: &str) -> Option<Reason> {
        self.unclear_by(document, &Text::of(text).faults_beside(&Text::of(before)))
    }

    fn unclear_by(&self, document: &Document, faults: &[Fault]) -> Option<Reason> {
        let places = listed(faults.iter().map(ToString::to_string), faults.len());
        let message = format!("the text of {} cannot be read for sure: {places}", document.id);
        let reason = Reason::new(Condition::TextUnclear, message);
        (!faults.is_empty()).then(|| reason.remedy(self.checkout_to_write()))
    }

    /// What is left to fill in where it can be. In a template it stays, for those who use it. Of an item only what is
    /// recorded is left for its execution, which the guard tells that is about items, where there is one.
    fn unmet_placeholders(
        &self,
        plain: Plain,
        workflow: &Workflow,
        edge: &Transition,
        document: &Document,
        (text, writable): (&str, &Writable),
    ) -> Option<Reason> {
        let is_template = workflow.document_type(&document.document_type).is_some_and(|it| it.is_template);
        let template = self.facts.texts.template.as_deref();
        let is_told = edge.guards.contains(&Guard::Plain(Plain::ItemsComplete));
        let read = Text::of(text);
        let document_type = workflow.document_type(&document.document_type);
        let is_named = |one: &Placeholder<'_>| document_type.is_some_and(|it| is_demanded(it, &read, one));
        let places = Places::of(self.policy, document, writable, text);
        let counts = |one: &Placeholder<'_>| match one.kind {
            PlaceholderKind::Word => plain == Plain::NoPlaceholders && places.has(one),
            PlaceholderKind::Drafting => {
                plain == Plain::NoPlaceholders && !is_template && places.has(one) && !is_named(one)
            }
            PlaceholderKind::Doubt => false,
            PlaceholderKind::Execution => {
                let is_asked = plain == Plain::NoExecutionPlaceholders && !is_template;
                is_asked && places.has(one) && !(is_told && places.is_of_item(one))
            }
        };
        let message = left(self.policy, document, text, template, counts)?;
        Some(Reason::new(Condition::PlaceholderLeft, message).remedy(self.checkout_to_write()))
    }

    /// The attachments end with the document as they are: without a review of their own, so that nothing
    /// may wait in them for one.
    fn unmet_attachments(&self) -> Vec<Reason> {
        self.attachments().flat_map(|child| self.unmet_attachment(child)).collect()
    }

    fn unmet_attachment(&self, child: &Document) -> Vec<Reason> {
        let id = &child.id;
        let known = self.facts.texts.attachments.iter().find(|it| it.id == *id);
        let mut found = Vec::new();
        match known.and_then(|it| it.text.as_deref()) {
            // Nobody can fill in what can no longer be checked out.
            Some(_) if self.is_past(Effect::CheckOut, child) => {}
            Some(text) => {
                let template = known.and_then(|it| it.template.as_deref());
                let life = self.policy.document_type(&child.document_type).map(|(life, _)| life);
                let writable = life.map_or(Writable::ALL, |life| {
                    Writable::of(life, (child, self.document()), template, text)
                });
                let places = Places::of(self.policy, child, &writable, text);
                let is_left = |one: &Placeholder<'_>| one.kind != PlaceholderKind::Doubt && places.has(one);
                let told = left(self.policy, child, text, template, is_left);
                found.extend(told.map(|it| (Condition::PlaceholderLeft, it)));
            }
            None => found.push((Condition::PlaceholderLeft, format!("the content of {id} is no text"))),
        }
        let newest = known.map(|it| latest(&it.attestations)).unwrap_or_default();
        for (name, it) in self.policy.traits_of(child) {
            if it.is_none() {
                found.push((
                    Condition::TraitUnknown,
                    format!("the policy does not know the trait `{name}` of {id}"),
                ));
            }
        }
        for (_, rule) in self.policy.notes_of(child).filter(|(_, rule)| rule.required) {
            let note = newest.get(&(AttestationKind::Note, &rule.key)).copied();
            found.extend(self.note_fault(rule, note, child).map(|fault| {
                let message =
                    format!("the note `{}` of {id} {fault}; {id} goes its own way to its end", rule.key);
                (Condition::NoteMissing, message)
            }));
        }
        let life = self.policy.document_type(&child.document_type).map(|(life, _)| life);
        if life.is_some_and(Workflow::ends_with_evidence) {
            let message = format!("{id} ends with evidence of its own, and goes its own way to its end");
            found.push((Condition::EvidenceMissing, message));
        }
        if !child.requires.is_empty() {
            let message = format!("{id} has prerequisites of its own, and goes its own way to its end");
            found.push((Condition::PrerequisiteUnmet, message));
        }
        // Whether it could be checked out is a question about the child, and not asked here.
        let remedy = || Offer::of("status").about(id);
        found.into_iter().map(|(why, message)| Reason::new(why, message).remedy(remedy())).collect()
    }

    /// What the template does not open for this phase is as in the stored content.
    fn unmet_locks(&self, workflow: &Workflow, document: &Document, text: &str) -> Vec<Reason> {
        let Some(state) = workflow.state(&document.state) else { return Vec::new() };
        let stored = self.facts.texts.stored.as_deref().unwrap_or_default();
        let template = self.facts.texts.template.as_deref();
        let Some(declared) = declared(document, template) else { return Vec::new() };
        if text == stored {
            return Vec::new();
        }
        if let Some(unclear) = self.unclear_anew(document, text, stored) {
            return vec![unclear];
        }
        let edits = edits(&declared, Season::Phase(&state.phase), stored, text);
        let open: Vec<String> = declared.open_in(&state.phase).map(|title| format!("`{title}`")).collect();
        let open = match open.as_slice() {
            [] => "no section is open".to_owned(),
            titles => format!("open: {}", listed(titles.iter().cloned(), titles.len())),
        };
        self.locked(&edits, &format!("of {} is locked in phase {}", document.id, state.phase), &open)
    }

    /// What the template locks is as in the template, and what it declares is there.
    fn unmet_template_sections(&self, document: &Document, text: &str) -> Vec<Reason> {
        let (Some(named), Some(template)) = (&document.template, self.facts.texts.template.as_deref()) else {
            return Vec::new();
        };
        let Some(declared) = declared(document, Some(template)) else { return Vec::new() };
        if let Some(unclear) = self.unclear_anew(document, text, template) {
            return vec![unclear];
        }
        let edits = edits(&declared, Season::Drafting, template, text);
        let source = format!("as it was: {} {}", named.id, named.version);
        self.locked(&edits, &format!("of {} is fixed by its template", document.id), &source)
    }

    fn locked(&self, edits: &[Edit<'_>], how: &str, hint: &str) -> Vec<Reason> {
        let reason =
            |message: String| Reason::new(Condition::SectionLocked, message).remedy(self.checkout_to_write());
        let mut reasons: Vec<Reason> = edits
            .iter()
            .take(REASONS)
            .map(|edit| {
                let marks = listed(edit.marks.iter().map(ToString::to_string), edit.marks.len());
                reason(format!("{} {how}: {marks} ({hint})", edit.section))
            })
            .collect();
        if let Some(more) = edits.len().checked_sub(REASONS).filter(|more| *more > 0) {
            reasons.push(reason(format!("{more} more places {how}")));
        }
        reasons
    }

    fn unmet_template(&self, document: &Document, text: &str) -> Option<Reason> {
        let flaws = template::flaws(self.policy, &document.id, text);
        let told = listed(flaws.iter().cloned(), flaws.len());
        let message = format!("{} is no sound template: {told}", document.id);
        let reason = Reason::new(Condition::TemplateUnsound, message);
        (!flaws.is_empty()).then(|| reason.remedy(self.checkout_to_write()))
    }
}

/// Tells whether anything of a document is locked after its drafting. Of a template that was not read nobody knows.
pub(super) fn locks(document: &Document, texts: &Texts) -> bool {
    texts.template.as_deref().is_some_and(|template| declared(document, Some(template)).is_some())
}

/// What the template of a document declares; `None` where nothing is locked, because there is no template,
/// or one that says nothing about its sections. Of a template that cannot be read, nothing is open.
pub(super) fn declared<'a>(document: &Document, template: Option<&'a str>) -> Option<Declared<'a>> {
    document.template.as_ref()?;
    let declared = template.map(|template| Declared::of(&Text::of(template)));
    match declared {
        Some(declared) if declared.is_empty() => None,
        Some(declared) => Some(declared),
        None => Some(Declared::default()),
    }
}

/// Lists the first few of so many.
pub(super) fn listed(items: impl Iterator<Item = String>, count: usize) -> String {
    let shown = items.take(NAMED).collect::<Vec<_>>().join(", ");
    match count.saturating_sub(NAMED) {
        0 => shown,
        more => format!("{shown}, and {more} more"),
    }
}
