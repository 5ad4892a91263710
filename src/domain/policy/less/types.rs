//! What is taken from the types of documents, from what they belong to, and from the traits that they have.

use std::collections::BTreeSet;

use crate::domain::id::{TraitName, TypeName};
use crate::domain::policy::{DocumentType, NoteRule, ParentRule, Policy, Trait};
use crate::domain::text::{OpenWord, OpenWords};

impl Policy {
    /// A trait that is gone keeps its gates closed. One that asks for less is refused by a guard of the adoption,
    /// which can be dropped, too.
    pub(super) fn less_of_traits(&self, next: &Self, names: &BTreeSet<TraitName>) -> Vec<String> {
        let mut found = Vec::new();
        for (name, old) in names.iter().filter_map(|name| Some((name, self.traits.get(name)?))) {
            let Some(new) = next.traits.get(name) else {
                found.push(format!("the trait `{name}` is gone"));
                continue;
            };
            // The sentence about a trait demands nothing.
            let Trait { help: _, notes, place: _ } = old;
            for note in notes.iter().filter(|note| note.required) {
                let other = new.notes.iter().find(|other| other.key == note.key);
                let how = other.map_or(Some("is gone"), |other| note.eased(other).or(reworded(note, other)));
                found.extend(how.map(|how| format!("the note `{}` of the trait `{name}` {how}", note.key)));
            }
        }
        found
    }

    /// An item that failed is answered for by documents that were made for that.
    pub(super) fn less_of_answers(&self, next: &Self, name: &TypeName) -> Vec<String> {
        let answered = |one: &DocumentType| self.answering(name).any(|known| known.name == one.name);
        let gained = next.answering(name).filter(|one| self.has_items(name) && !answered(one));
        gained.map(|one| format!("a {} answers for a failed item of a {name}", one.name)).collect()
    }
}

/// What a note is to say is asked for in words.
fn reworded(before: &NoteRule, after: &NoteRule) -> Option<&'static str> {
    let NoteRule {
        key: _,
        description,
        guidance,
        // `NoteRule::eased` compares these.
        role: _,
        required: _,
        phases: _,
        min_length: _,
        contains: _,
    } = before;
    let is_same = *description == after.description && *guidance == after.guidance;
    (!is_same).then_some("is asked for in other words")
}

/// Says what is taken from a type.
pub(super) fn kind(before: &DocumentType, after: &DocumentType) -> Vec<String> {
    let DocumentType {
        name,
        // What it is called.
        title: _,
        id,
        template,
        required,
        renewed,
        parent,
        attachment,
        default_traits,
        items,
        is_template,
        place: _,
    } = before;
    let mut found = Vec::new();
    if *id != after.id {
        found.push(format!("the ids of a {name} are made as `{}` instead of `{id}`", after.id));
    }
    if template.is_some() && *template != after.template {
        found.push(format!("a {name} begins with another template, or with none"));
    }
    let fields = lost(required, &after.required);
    found.extend(fields.map(|field| format!("a {name} is routed without `{field}`")));
    let anew = lost(renewed, &after.renewed);
    found.extend(anew.map(|field| format!("a revision of a {name} need not say `{field}` anew")));
    if let Some(rule) = parent {
        found.extend(parent_rule(name, rule, after.parent.as_ref()));
    }
    // What its parent waits for differs either way.
    if *attachment != after.attachment {
        let how = if after.attachment { "no longer holds up" } else { "no longer ends with" };
        found.push(format!("a {name} {how} what it belongs to"));
    }
    let traits = lost(default_traits, &after.default_traits);
    found.extend(traits.map(|one| format!("a new {name} does not have the trait `{one}` by itself")));
    if *items && !after.items {
        found.push(format!("a {name} has no execution items"));
    }
    // In a template placeholders stay; what is made from another text is not looked at.
    if *is_template != after.is_template {
        let how =
            if after.is_template { "a template, in which placeholders stay" } else { "no template any more" };
        found.push(format!("a {name} is {how}"));
    }
    found
}

fn lost<'a, T: PartialEq>(before: &'a [T], after: &'a [T]) -> impl Iterator<Item = &'a T> {
    before.iter().filter(|one| !after.contains(one))
}

fn parent_rule(name: &TypeName, before: &ParentRule, after: Option<&ParentRule>) -> Vec<String> {
    let ParentRule { types, states, item } = before;
    let Some(after) = after else { return vec![format!("a {name} belongs to nothing")] };
    let gained = lost(&after.types, types);
    let mut found: Vec<String> = gained.map(|one| format!("a {name} may belong to a {one}, too")).collect();
    // None stands for every one.
    let is_wider = after.states.is_empty() || lost(&after.states, states).next().is_some();
    if !states.is_empty() && is_wider {
        found.push(format!("a {name} is made in more states of what it belongs to"));
    }
    if *item && !after.item {
        found.push(format!("a {name} need not answer for an item"));
    }
    found
}

/// What is no longer taken for "still open", or only warned of.
pub(super) fn open_words(now: &OpenWords, next: &OpenWords) -> Vec<String> {
    let has = |words: &[OpenWord], word: &OpenWord| {
        // What counts anywhere counts alone, too.
        words.iter().any(|one| {
            one == word || matches!((one, word), (OpenWord::Anywhere(one), OpenWord::Alone(word)) if one.eq_ignore_ascii_case(word))
        })
    };
    let refused = now.refuse.iter().filter(|word| !has(&next.refuse, word)).map(|word| {
        let text = word.text();
        if has(&next.warn, word) {
            format!("`{text}` in a text is warned of, and holds up no routing any more")
        } else {
            format!("`{text}` in a text holds up no routing any more")
        }
    });
    let warned = now.warn.iter().filter(|word| !has(&next.warn, word) && !has(&next.refuse, word));
    refused.chain(warned.map(|word| format!("`{}` in a text is warned of no more", word.text()))).collect()
}
