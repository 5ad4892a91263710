//! What is taken from what a verb needs to be told, from what it cites, and from what it reminds of.

use std::collections::BTreeSet;

use crate::domain::id::{ActionName, TypeName};
use crate::domain::policy::{Action, Choice, Input, InputKind, Policy, Reminder, Scope};

impl Policy {
    /// Compares the verbs of the project and of these types, by name; a way that goes by another verb is compared
    /// with it there.
    pub(super) fn less_of_verbs(&self, next: &Self, types: &BTreeSet<TypeName>) -> Vec<String> {
        let lives = types.iter().filter_map(|name| Some(self.document_type(name)?.0));
        let of_ways = lives.flat_map(|life| life.transitions.iter().map(|way| &way.action));
        let of_project = self.actions.iter().filter(|action| action.scope == Scope::Project);
        let used: BTreeSet<&ActionName> = of_ways.chain(of_project.map(|action| &action.name)).collect();
        let both = used.into_iter().filter_map(|name| Some((self.action(name)?, next.action(name)?)));
        both.flat_map(|(old, new)| {
            let verb = new.words();
            eased(old, new).into_iter().map(move |how| format!("`{verb}` {how}"))
        })
        .collect()
    }
}

/// Says how a verb asks for less than another.
pub(super) fn eased(before: &Action, after: &Action) -> Vec<String> {
    let Action {
        // What it is called, on the command line, in menus and in help, and what is said when it is done.
        name: _,
        command: _,
        label: _,
        help: _,
        done: _,
        sop,
        sop_place: _,
        reminds,
        scope,
        inputs,
        place: _,
    } = before;
    let mut found = Vec::new();
    // Sections move; what is cited has to be in force.
    if let Some(sop) = sop
        && after.sop.is_none()
    {
        found.push(format!("no longer cites {sop}"));
    }
    found.extend(unsaid(reminds, &after.reminds));
    if *scope != after.scope {
        found.push("is about something else".to_owned());
    }
    found.extend(inputs.iter().flat_map(|input| eased_input(input, after.input(input.name.as_str()))));
    found
}

fn eased_input(before: &Input, after: Option<&Input>) -> Vec<String> {
    // Where it stands on the command line, and its help.
    let Input { name, required, positional: _, named: _, help: _, kind } = before;
    let mut found = Vec::new();
    if *required && !after.is_some_and(|after| after.required) {
        found.push(format!("no longer asks for `{name}`"));
    }
    match (kind, after.map(|after| &after.kind)) {
        (InputKind::OneOf(before), Some(InputKind::OneOf(after))) => {
            let (before, after) = (values(before), values(after));
            let lost = before.difference(&after).map(|one| format!("no longer takes `{one}` for `{name}`"));
            found.extend(lost);
            found.extend(after.difference(&before).map(|one| format!("takes `{one}` for `{name}`, too")));
        }
        (before, Some(after)) if before != after => {
            found.push(format!("takes `{name}` in another form"));
        }
        _ => {}
    }
    found
}

fn values(choices: &[Choice]) -> BTreeSet<&str> {
    // A label is what a menu calls it.
    choices.iter().map(|Choice { value, label: _ }| value.as_str()).collect()
}

/// Lists what somebody was reminded of, and is no more.
pub(super) fn unsaid<'a>(before: &'a [Reminder], after: &'a [Reminder]) -> impl Iterator<Item = String> + 'a {
    let is_said = |one: &Reminder| {
        let Reminder { text, sop, to, kind, place: _ } = one;
        after.iter().any(|it| (&it.text, &it.sop, &it.to, &it.kind) == (text, sop, to, kind))
    };
    let lost = before.iter().filter(move |one| !is_said(one));
    lost.map(|one| format!("no longer reminds of it: {}", one.text))
}
