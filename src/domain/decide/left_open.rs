//! What is left open in a text: told to whoever routes it, with the line to write where it is meant.

use std::collections::{BTreeMap, BTreeSet};

use super::texts::{declared, listed};
use super::writable::Writable;
use crate::domain::document::Document;
use crate::domain::facts::Texts;
use crate::domain::front_matter;
use crate::domain::items::{Column, Item, Items};
use crate::domain::policy::{DocumentType, Guard, Plain, Policy, Transition};
use crate::domain::text::{
    BRACKETS, OpenWords, Placeholder, PlaceholderKind, Season, Text, cut, locked, placeholders,
};

/// Where something of a text can be left to fill in.
pub(super) struct Places<'a> {
    writable: &'a Writable,
    items: BTreeMap<usize, Item>,
}

impl<'a> Places<'a> {
    pub(super) fn of(policy: &Policy, document: &Document, writable: &'a Writable, text: &str) -> Self {
        let has_items = policy.has_items(&document.document_type);
        let items = has_items.then(|| Items::of(text).ok()).flatten();
        let items = items.iter().flat_map(Items::iter).map(|item| (item.line, item.clone())).collect();
        Self { writable, items }
    }

    pub(super) fn is_of_item(&self, one: &Placeholder<'_>) -> bool {
        self.items.contains_key(&one.line)
    }

    /// What was approved of an item stays as it is, in whichever section it stands.
    pub(super) fn has(&self, one: &Placeholder<'_>) -> bool {
        match self
            .items
            .get(&one.line)
            .filter(|_| !self.writable.is_anew() || one.kind == PlaceholderKind::Execution)
        {
            None => self.writable.has(one.line),
            Some(item) => Column::RECORDED.into_iter().any(|column| item.holds(column, &one.text)),
        }
    }
}

/// Says what is left to fill in, if anything, and how to write what is meant.
pub(super) fn left(
    policy: &Policy,
    document: &Document,
    text: &str,
    template: Option<&str>,
    counts: impl Fn(&Placeholder<'_>) -> bool,
) -> Option<String> {
    let fields: BTreeSet<String> = template.map(fields).unwrap_or_default();
    let read = Text::of(text);
    let mut found = placeholders(text, &read, &fields, &policy.open_words);
    found.retain(|one| counts(one));
    let places = listed(found.iter().map(ToString::to_string), found.len());
    let first = found.first()?;
    let is_accepted = |line: &str| {
        let text = read.with(first.line, line);
        let mut found = placeholders(&text, &Text::of(&text), &fields, &policy.open_words);
        found.retain(|one| one.line == first.line && counts(one));
        let is_sound = || front_matter::parse("", text.as_bytes()).is_ok();
        found.is_empty() && (!read.is_front_matter(first.line) || is_sound())
    };
    let line = read.said(first.line);
    let of_line = found.iter().filter(|one| one.line == first.line);
    let meant = of_line.fold(line.to_owned(), |line, one| one.meant(&line));
    let quoted = meant.split_once(": ").map(|(key, value)| format!("{key}: \"{}\"", value.trim()));
    // A placeholder of several lines, or a long one, says more by itself than half a line that escapes it.
    let lines = [Some(meant), quoted].into_iter().flatten().filter(|it| cut(it) == *it && it != line);
    // In the front matter room at the beginning means something.
    let mut lines = lines.map(|it| if read.is_front_matter(first.line) { it } else { it.trim().to_owned() });
    let how = lines.find(|line| is_accepted(line)).map_or_else(String::new, |line| {
        format!("; where that is meant, code or an escaped bracket says so: {}", line.trim_end())
    });
    Some(format!("{} is not filled in: {places}{how}", document.id))
}

/// Tells whether a placeholder stands in a field that the type of the document demands, of which it is told by name.
pub(super) fn is_demanded(document_type: &DocumentType, text: &Text<'_>, one: &Placeholder<'_>) -> bool {
    one.kind == PlaceholderKind::Drafting
        && text.field_at(one.line).is_some_and(|name| document_type.required.iter().any(|it| it == name))
}

/// Finds what may be left open in a text that is routed: words of which the policy warns, and brackets that look like a
/// field, where they are none that the template leaves for the execution.
pub fn doubts(
    policy: &Policy,
    (document, parent): (&Document, Option<&Document>),
    texts: &Texts,
) -> Vec<Doubt> {
    let (Some(text), Some((life, _))) =
        (texts.stored.as_deref(), policy.document_type(&document.document_type))
    else {
        return Vec::new();
    };
    let is_template = life.document_type(&document.document_type).is_some_and(|it| it.is_template);
    let template = texts.template.as_deref();
    let read = Text::of(text);
    let writable = Writable::of(life, (document, parent), template, text);
    let places = Places::of(policy, document, &writable, text);
    let asks = |edge: &&Transition| edge.guards.contains(&Guard::Plain(Plain::NoExecutionPlaceholders));
    let phases = life.transitions.iter().filter(asks).flat_map(|edge| &edge.from);
    let phases = phases.filter_map(|state| life.state(state)).map(|state| &state.phase);
    let open: Vec<Vec<bool>> = match declared(document, template) {
        Some(declared) => phases.map(|phase| locked(&declared, Season::Phase(phase), &read)).collect(),
        None => phases.map(|_| vec![false; read.lines.len()]).collect(),
    };
    let is_filled_in_later = |one: &Placeholder<'_>| {
        let is_open =
            |locked: &Vec<bool>| one.line.checked_sub(1).and_then(|at| locked.get(at)) == Some(&false);
        open.iter().any(is_open) || places.is_of_item(one)
    };
    let brackets = policy.open_words.shape(BRACKETS).is_some();
    let is_doubt = |one: &Placeholder<'_>| match one.kind {
        PlaceholderKind::Doubt => true,
        PlaceholderKind::Execution => {
            brackets && !is_template && one.looks_like_a_field() && !is_filled_in_later(one)
        }
        PlaceholderKind::Drafting | PlaceholderKind::Word => false,
    };
    let fields = template.map(fields).unwrap_or_default();
    let found = placeholders(text, &read, &fields, &policy.open_words);
    let found = found.into_iter().filter(|one| is_doubt(one) && places.has(one));
    found.map(|one| Doubt { line: one.line, text: cut(&one.text).into_owned() }).collect()
}

/// What may be left open in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    /// The line, from 1.
    pub line: usize,
    /// What stands there.
    pub text: String,
}

/// The fields of a template that are filled in during execution.
fn fields(template: &str) -> BTreeSet<String> {
    let found = placeholders(template, &Text::of(template), &BTreeSet::new(), &OpenWords::default());
    let fields = found.iter().filter(|one| one.kind == PlaceholderKind::Execution);
    fields.map(Placeholder::field).collect()
}
