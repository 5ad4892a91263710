//! What is wrong with how a policy treats execution items.

use super::Faults;
use crate::domain::items::ItemOutcome;
use crate::domain::policy::{Effect, Guard, InputKind, Plain, Policy, Transition, Workflow};

/// Guards without which a recorded item could be overwritten, or a working copy would miss it.
const DEMANDED: [Plain; 2] = [Plain::NotCheckedOut, Plain::ItemRecordable];

impl Faults {
    pub(super) fn items(&mut self, policy: &Policy, workflow: &Workflow) {
        let records = |edge: &&Transition| edge.effects.contains(&Effect::RecordItem);
        for edge in workflow.transitions.iter().filter(records) {
            self.recording(policy, edge);
        }
        let is_recorded = workflow.transitions.iter().any(|edge| records(&edge));
        for one in &workflow.types {
            if one.items && !is_recorded {
                let message = format!("items of a `{}` are never recorded: no transition does it", one.name);
                self.add(&one.place, "items_never_recorded", message);
            }
            let parents = one.parent.iter().filter(|rule| rule.item).flat_map(|rule| &rule.types);
            for parent in parents.filter(|parent| !policy.has_items(parent)) {
                let message = format!("`{}` answers for an item of a `{parent}`, which has none", one.name);
                self.add(&one.place, "item_of_nothing", message);
            }
        }
    }

    /// What a recording transition writes has to be told, and nothing may be lost by it.
    fn recording(&mut self, policy: &Policy, edge: &Transition) {
        for plain in DEMANDED.into_iter().filter(|plain| !edge.guards.contains(&Guard::Plain(*plain))) {
            let message = format!("`{}` records items: it needs the guard `{plain}`", edge.action);
            self.add(&edge.place, "record_without_guard", message);
        }
        let input = |name| policy.action(&edge.action).and_then(|action| action.input(name));
        let item = input("item").is_some_and(|it| it.required && it.kind == InputKind::Item);
        let evidence = input("evidence").is_some_and(|it| it.required && it.kind == InputKind::Text);
        let actual = input("actual").is_some_and(|it| it.kind == InputKind::Text);
        let outcome = input("outcome").is_some_and(|it| {
            let known = |value: &str| ItemOutcome::from_word(value).is_some();
            it.required
                && matches!(&it.kind, InputKind::OneOf(all) if all.iter().all(|one| known(&one.value)))
        });
        if !(item && evidence && actual && outcome) {
            let message = format!(
                "`{}` records items: it needs the inputs `item`, `outcome` (of `pass` and `fail`), `evidence`, \
                 all required, and `actual`",
                edge.action
            );
            self.add(&edge.place, "record_without_inputs", message);
        }
    }
}
