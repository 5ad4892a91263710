//! Execution items: what has to hold of them, and how one is recorded.

use super::{Case, Condition, Permit, Reason};
use crate::domain::digest::{Digest, Timestamp};
use crate::domain::document::Document;
use crate::domain::facts::Facts;
use crate::domain::id::ItemId;
use crate::domain::items::{
    Column, Correction, Entry, Item, ItemOutcome, Items, Unreadable, cell_text, departures, handwritten,
    recorded,
};
use crate::domain::offer::Offer;
use crate::domain::policy::{Asked, DocumentType, Effect, Transition};
use crate::domain::request::{CopyFacts, File, Inputs};
use crate::domain::visible;

/// Most items that are told at once: whoever mends those sees the next.
const TOLD: usize = 5;

/// What a passed item says of its result where its performer says nothing.
const AS_EXPECTED: &str = "As expected";

/// Items that were read, or why they could not be.
type Read = Result<Items, Unreadable>;

impl Case<'_> {
    /// The items that the document has after a transition; `None` where its type has none. Of a working copy
    /// that is unsound nothing is taken in, and what is kept speaks for itself.
    fn items_after(&self, edge: &Transition, document: &Document) -> Option<Result<&Items, Reason>> {
        if !self.policy.has_items(&document.document_type) {
            return None;
        }
        let facts = &self.facts.items;
        let takes_copy = edge.effects.contains(&Effect::CheckIn);
        match (takes_copy, &self.facts.copy) {
            (true, CopyFacts::Sound { .. }) => Some(read(facts.copy.as_ref(), document, "working copy")),
            _ => Some(read(facts.stored.as_ref(), document, "content")),
        }
    }

    /// A plan: every item says what is to be done, and nothing was done before the release.
    pub(super) fn unmet_planned(&self, edge: &Transition, document: &Document) -> Vec<Reason> {
        if self.is_unwritten_anew(document) {
            return Vec::new();
        }
        let items = match self.items_after(edge, document) {
            None => return Vec::new(),
            Some(Err(unreadable)) => return vec![unreadable],
            Some(Ok(items)) => items,
        };
        // Placeholders of the template are a matter of the whole text, and of another guard.
        let unplanned = items.iter().flat_map(|item| {
            let blank = Column::APPROVED.into_iter().filter(|it| item.is_blank(*it));
            blank.map(|column| format!("{} in line {} has no {}", item.id, item.line, column.words()))
        });
        let early = items.iter().flat_map(|item| {
            let done = Column::RECORDED.into_iter().filter(|it| item.says(*it).is_some());
            done.map(|column| {
                let (words, id, line) = (column.words(), &item.id, item.line);
                format!("the {words} of {id} in line {line} is filled in before its execution")
            })
        });
        told(Condition::ItemsUnplanned, unplanned.chain(early).map(|message| (message, None)))
    }

    /// Tells whether a plan was approved that nobody writes anew where the document stands.
    fn is_unwritten_anew(&self, document: &Document) -> bool {
        let life = self.policy.document_type(&document.document_type).map(|(life, _)| life);
        life.is_some_and(|life| !self.writable(life, document).is_anew())
    }

    /// Tells whether a plan was approved without items that can be read, before the policy asked for some: there is
    /// nothing then to carry out or to keep, and nobody can add it.
    fn is_without_items(&self, document: &Document) -> bool {
        matches!(self.facts.items.approved, Some(Err(_))) && self.is_unwritten_anew(document)
    }

    /// What was approved stays, and what is recorded is the program's to write.
    pub(super) fn unmet_unchanged(&self, edge: &Transition, document: &Document) -> Vec<Reason> {
        if self.is_without_items(document) {
            return Vec::new();
        }
        let now = match self.items_after(edge, document) {
            None => return Vec::new(),
            Some(Err(unreadable)) => return vec![unreadable],
            Some(Ok(items)) => items,
        };
        let mut found = Vec::new();
        if document.version.major > 0 {
            match read(self.facts.items.approved.as_ref(), document, "approved version") {
                Err(unreadable) => return vec![unreadable],
                Ok(approved) => found.extend(departures(approved, now)),
            }
        }
        // What cannot be read holds no record.
        if let Some(Ok(stored)) = &self.facts.items.stored {
            found.extend(handwritten(stored, now));
        }
        told(Condition::ItemsChanged, found.into_iter().map(|one| (one.to_string(), None)))
    }

    /// Nothing that was approved is left undone or unanswered.
    pub(super) fn unmet_complete(&self, edge: &Transition, document: &Document) -> Vec<Reason> {
        if self.is_without_items(document) {
            return Vec::new();
        }
        let items = match self.items_after(edge, document) {
            None => return Vec::new(),
            Some(Err(unreadable)) => return vec![unreadable],
            Some(Ok(items)) => items,
        };
        // Of a step that lies ahead nobody knows yet.
        if self.document().is_some_and(|now| now.state != document.state) {
            return Vec::new();
        }
        let open = || items.iter().filter(|item| !item.is_recorded());
        let recording = open().next().and_then(|item| {
            let told = Offer::of("item_record").with("item", &item.id);
            self.open_to_me(told.asking("outcome").asking("evidence"))
        });
        let open = open().map(|item| {
            let missing: Vec<&str> = item.missing().map(Column::words).collect();
            let message = format!("{} of {} lacks: {}", item.id, document.id, missing.join(", "));
            (message, recording.clone().map(|offer| offer.with("item", &item.id)))
        });
        let mut reasons = told(Condition::ItemsIncomplete, open);
        let unanswered = items.iter().filter(|item| item.is_failed()).filter_map(|item| {
            self.unanswered(document, item).map(|message| (message, self.answering(document, &item.id)))
        });
        reasons.extend(told(Condition::ItemUnresolved, unanswered));
        reasons
    }

    /// Says why nothing answers for a failed item. Where no type could, it stays as it was recorded, and
    /// whoever reviews the document sees that.
    fn unanswered(&self, document: &Document, failed_item: &Item) -> Option<String> {
        let item = &failed_item.id;
        // What was raised before the entry that stands there now answers for another one.
        let recorded_at = failed_item.says(Column::Time).map(|text| Timestamp::try_from(text.clone()));
        let order = &self.facts.order;
        let is_later = |child: &Document| matches!(&recorded_at, Some(Ok(at)) if order.place(child.created_at) >= order.place(*at));
        let types: Vec<&str> =
            self.policy.answering(&document.document_type).map(|one| one.name.as_str()).collect();
        if types.is_empty() {
            return None;
        }
        let mut failed = None;
        for child in &self.facts.children {
            let Some(answer) = self.facts.answers.get(&child.id).filter(|it| it.item == *item) else {
                continue;
            };
            if self.was_given_up(child) || !is_later(child) {
                continue;
            }
            if !answer.has_failed {
                return None;
            }
            failed = Some(&child.id);
        }
        let types = types.join(" or ");
        Some(match failed {
            Some(child) => format!("{item} of {} failed, and so did an item of {child}", document.id),
            None => format!("{item} of {} failed, and no {types} answers for it", document.id),
        })
    }

    /// Tells whether a child has ended without having come to what its life cycle is for.
    fn was_given_up(&self, child: &Document) -> bool {
        self.policy.standing(child).is_none_or(|(_, state)| state.is_final && !state.goal)
    }

    /// The command that makes a document that answers for an item, for somebody who may.
    fn answering(&self, document: &Document, item: &ItemId) -> Option<Offer> {
        let mut types = self.policy.answering(&document.document_type);
        let one = types.find(|one| self.may_create(one, document))?;
        let making = Offer::of("create").with("type", &one.name).with("parent", &document.id);
        Some(making.with("item", item).asking("title"))
    }

    pub(super) fn may_create(&self, document_type: &DocumentType, parent: &Document) -> bool {
        let life = self.policy.document_type(&parent.document_type).map(|(life, _)| life);
        let suits =
            document_type.parent.as_ref().zip(life).is_some_and(|(rule, life)| rule.suits(parent, life));
        let life = self.policy.document_type(&document_type.name).map(|(life, _)| life);
        let mut creating = life.into_iter().flat_map(|life| &life.transitions);
        let may = |edge: &Transition| {
            self.actor_is_one_of(&edge.by)
                && self.unmet_assurance(self.policy.assurance_of(edge)).is_none()
                && self.unmet_unlock(edge.meaning).is_none()
                && edge.guards.iter().all(|guard| self.unmet_before(guard, Asked::New).is_none())
        };
        suits && creating.any(|edge| edge.from.is_empty() && may(edge))
    }

    /// The item named can be recorded, with what is said of it.
    pub(super) fn unmet_recordable(&self, edge: &Transition, document: &Document) -> Vec<Reason> {
        let id = &document.id;
        let items = match self.items_after(edge, document) {
            None => {
                let message = format!("type {} has no execution items", document.document_type);
                return vec![Reason::new(Condition::ItemsUnreadable, message)];
            }
            Some(Err(unreadable)) => return vec![unreadable],
            Some(Ok(items)) => items,
        };
        let mut reasons = self.unmet_words_of_entry();
        let Some(named) = self.inputs.text("item").and_then(|text| ItemId::parse(text).ok()) else {
            // Some item can always be recorded, if only anew. That none is named is said elsewhere.
            return reasons;
        };
        let corrects = self.inputs.says("reason");
        match items.find(&named) {
            None => {
                let message = format!("{id} has no item {named}");
                let reason = Reason::new(Condition::ItemUnknown, message);
                reasons.push(reason.remedy(Offer::of("item_list").about(id)));
            }
            Some(item) if !item.is_recorded() => {
                if corrects {
                    let message = format!("{named} of {id} is not recorded: `reason` is about nothing");
                    reasons.push(Reason::new(Condition::InvalidInput, message));
                }
            }
            Some(item) if corrects => {
                if item.is_failed() && self.inputs.text("outcome") != Some(ItemOutcome::Fail.as_str()) {
                    let message = format!("{named} of {id} failed, and keeps its outcome");
                    let reason = Reason::new(Condition::ItemHasFailed, message);
                    reasons.push(reason.remedy(self.answering(document, &named)));
                }
            }
            Some(item) => {
                if !self.open {
                    let by = item.says(Column::Performer).unwrap_or_default();
                    let at = item.says(Column::Time).unwrap_or_default();
                    let message = format!(
                        "{named} of {id} was recorded by {by} at {at}; `--reason` says what was wrong with that"
                    );
                    reasons.push(Reason::new(Condition::ItemAlreadyRecorded, message));
                }
            }
        }
        reasons
    }

    /// What is said with an entry has to fit into a row.
    fn unmet_words_of_entry(&self) -> Vec<Reason> {
        let mut reasons = Vec::new();
        let failed = self.inputs.text("outcome") == Some(ItemOutcome::Fail.as_str());
        if failed && !self.open && !self.inputs.says("actual") {
            let message = "`actual` is missing: of a failed item it says what came about instead";
            reasons.push(Reason::new(Condition::MissingInput, message));
        }
        if self.inputs.file("file").is_some_and(|file| file.size == 0) {
            reasons.push(Reason::new(Condition::InvalidInput, "`file` is empty"));
        }
        let texts = ["actual", "evidence", "reason"];
        reasons.extend(texts.into_iter().filter_map(|name| {
            let why = cell_text(self.inputs.text(name)?, &self.policy.open_words).err()?;
            Some(Reason::new(Condition::InvalidInput, format!("`{name}` {why}")))
        }));
        reasons
    }

    /// A document that answers for an item names one that its parent has.
    pub(super) fn unmet_item_of_parent(&self, document_type: &DocumentType) -> Option<Reason> {
        let kind = &document_type.name;
        let named = self.inputs.text("item");
        let needs = document_type.parent.as_ref().is_some_and(|rule| rule.item);
        let (Some(parent), Some(new)) = (&self.facts.parent, &self.facts.new) else { return None };
        match (needs, named) {
            (false, None) => None,
            (false, Some(_)) => {
                let message = format!("type {kind} takes no `--item`");
                Some(Reason::new(Condition::InvalidInput, message))
            }
            (true, None) if self.open && new.failed_items().next().is_none() => {
                let message = format!("no item of {} is recorded as failed", parent.id);
                Some(Reason::new(Condition::ItemNotFailed, message))
            }
            (true, None) => (!self.open).then(|| {
                let message =
                    format!("type {kind} answers for an item of {}: name it with `--item`", parent.id);
                let reason = Reason::new(Condition::MissingInput, message);
                reason.remedy(Offer::of("item_list").about(&parent.id))
            }),
            (true, Some(named)) => match read(new.items.as_ref(), parent, "content") {
                Err(unreadable) => Some(unreadable),
                Ok(items) => {
                    let (condition, message) = match items.iter().find(|item| item.id.as_str() == named) {
                        // What is answered before it fails would answer for whatever comes.
                        Some(item) if item.is_failed() => return None,
                        Some(_) => {
                            let message = format!("{named} of {} is not recorded as failed", parent.id);
                            (Condition::ItemNotFailed, message)
                        }
                        None => {
                            let message = format!("{} has no item {}", parent.id, named.escape_debug());
                            (Condition::ItemUnknown, message)
                        }
                    };
                    let look = Offer::of("item_list").about(&parent.id);
                    Some(Reason::new(condition, message).remedy(look))
                }
            },
        }
    }

    /// The items that a menu offers: those that are still open.
    pub(super) fn open_items(&self) -> Vec<String> {
        let Some(Ok(items)) = &self.facts.items.stored else { return Vec::new() };
        items.iter().filter(|item| !item.is_recorded()).map(|item| item.id.to_string()).collect()
    }
}

fn read<'a>(items: Option<&'a Read>, document: &Document, what: &str) -> Result<&'a Items, Reason> {
    let why = match items {
        Some(Ok(items)) => return Ok(items),
        Some(Err(unreadable)) => unreadable.to_string(),
        None => "it is no text".to_owned(),
    };
    let message = format!("the {what} of {} has no readable items: {why}", document.id);
    Err(Reason::new(Condition::ItemsUnreadable, message))
}

/// Makes reasons of one condition, a few of them, and says how many are left.
fn told(condition: Condition, all: impl Iterator<Item = (String, Option<Offer>)>) -> Vec<Reason> {
    let mut all = all;
    let first = all.by_ref().take(TOLD);
    let mut reasons: Vec<Reason> =
        first.map(|(message, offer)| Reason::new(condition, message).remedy(offer)).collect();
    match all.count() {
        0 => {}
        more => reasons.push(Reason::new(condition, format!("and {more} more"))),
    }
    reasons
}

/// What a recorded item changes.
pub(super) struct Recorded {
    /// The text with its row.
    pub(super) text: String,
    /// The item.
    pub(super) item: ItemId,
    /// How many items are still open.
    pub(super) open: usize,
    /// Whether it failed.
    pub(super) has_failed: bool,
    /// The file that is kept as evidence.
    pub(super) file: Option<File>,
}

/// Writes the entry that was permitted into the text of the document.
pub(super) fn record(permit: &Permit, facts: &Facts) -> Option<Recorded> {
    let inputs: &Inputs = &permit.inputs;
    let (document, text) = (facts.document.as_ref()?, facts.texts.stored.as_deref()?);
    let items = facts.items.stored.as_ref()?.as_ref().ok()?;
    let id = ItemId::parse(inputs.text("item")?).ok()?;
    let item = items.find(&id)?;
    let file = inputs.file("file");
    let reason = inputs.text("reason").filter(|_| item.is_recorded());
    let entry = Entry {
        outcome: ItemOutcome::from_word(inputs.text("outcome")?)?,
        actual: inputs.text("actual").filter(|text| !visible::is_blank(text)).unwrap_or(AS_EXPECTED),
        evidence: inputs.text("evidence")?,
        file: file.map(|file| Digest::of(&file.bytes)),
        performer: permit.actor.name(),
        at: facts.now,
        correction: reason.map(|reason| Correction { version: document.version, reason }),
    };
    let open = items.iter().filter(|one| one.id != id && !one.is_recorded()).count();
    let has_failed = entry.outcome == ItemOutcome::Fail;
    let text = recorded(text, item, &entry)?;
    Some(Recorded { text, item: id, open, has_failed, file: file.cloned() })
}
