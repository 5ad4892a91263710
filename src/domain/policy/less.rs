//! What a policy demands less of than the one in force: of documents under way, and of those who act. What
//! is compared is what the files mean; names of verbs count for nothing.
//!
//! Every struct of the policy is taken apart here field by field, without `..`: a field that is new does not
//! compile before somebody decided what a change of it takes away. A field that is bound to `_` takes nothing
//! away, or is compared elsewhere, and says so.

mod agents;
mod callers;
mod guards;
mod objections;
mod prompts;
mod states;
mod types;
mod verbs;
mod ways;

use std::collections::BTreeSet;

use super::{DocumentType, Policy, Sources, Workflow};
use crate::domain::id::{AttestationName, TraitName, TypeName};
use crate::domain::size;

/// What documents have that can still move: less is told of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnderWay {
    /// Their types.
    pub types: BTreeSet<TypeName>,
    /// Their traits.
    pub traits: BTreeSet<TraitName>,
    /// The evidence of which some document has a run.
    pub runs: BTreeSet<AttestationName>,
}

impl UnderWay {
    /// All that documents of a policy could have.
    pub fn all(policy: &Policy) -> Self {
        let types = policy.document_types().map(|kind| kind.name.clone()).collect();
        let (traits, evidence) = (policy.traits.keys(), policy.evidence.keys());
        Self { types, traits: traits.cloned().collect(), runs: evidence.cloned().collect() }
    }

    /// Adds what documents can get that belong to these, in either policy: they answer for them, and hold them up.
    fn with_children(mut self, now: &Policy, next: &Policy) -> Self {
        let kinds = || now.document_types().chain(next.document_types());
        loop {
            let of_these = |kind: &&DocumentType| {
                let rule = kind.parent.as_ref();
                rule.is_some_and(|rule| rule.types.iter().any(|one| self.types.contains(one)))
            };
            let children: Vec<_> = kinds().filter(of_these).map(|kind| kind.name.clone()).collect();
            let before = self.types.len();
            self.types.extend(children);
            if self.types.len() == before {
                break;
            }
        }
        let own = now.document_types().filter(|kind| self.types.contains(&kind.name));
        self.traits.extend(own.flat_map(|kind| kind.default_traits.iter().cloned()));
        self
    }
}

impl Policy {
    /// Says, a sentence each, what `next` demands less of, where both were read from these files. Of life cycles
    /// and traits it tells what is `under_way`.
    pub fn less(&self, next: &Self, files: (&Sources, &Sources), under_way: &UnderWay) -> BTreeSet<String> {
        let UnderWay { types, traits, runs } = under_way.clone().with_children(self, next);
        let Self {
            profile,
            groups,
            // Compared where they are used: the verbs of the project, and of these types.
            actions: _,
            workflows: _,
            project,
            // Only a fresh project reads whom it begins with.
            users: _,
            agents,
            launchers,
            traits: _,
            runtimes,
            evidence,
            file_max,
            open_words,
            pins,
        } = self;
        let mut found = BTreeSet::new();
        found.extend(callers::profile(*profile, next.profile));
        found.extend(callers::groups(groups, &next.groups));
        found.extend(callers::project(project, next));
        // Agents give no verdict that counts for more than a token; where people sign, a second person looks at what
        // starts them.
        if self.compares_keys() {
            found.extend(agents::agents(agents, &next.agents));
            found.extend(agents::launchers(launchers, &next.launchers));
            found.extend(agents::runtimes(runtimes, &next.runtimes));
            found.extend(agents::evidence_again(evidence, &next.evidence, &runs));
            let is_first = |name: &AttestationName| !evidence.contains_key(name) && !runs.contains(name);
            found.extend(agents::pins(pins, next, is_first));
        }
        // Where people sign, what a run shows is laid before them, whether a guard asks for it or not.
        let ways = self.workflows.values().flat_map(|life| &life.transitions);
        let asked: BTreeSet<_> = ways.flat_map(|way| &way.guards).flat_map(guards::evidence).collect();
        let counts = |name: &AttestationName| self.compares_keys() || asked.contains(name);
        let shown = evidence.iter().filter(|(name, _)| counts(name));
        found.extend(agents::evidence(shown, &next.evidence));
        if next.file_max > *file_max {
            let (before, after) = (size::shown(*file_max), size::shown(next.file_max));
            found.insert(format!("a file may have {after} instead of {before}"));
        }
        found.extend(types::open_words(open_words, &next.open_words));
        found.extend(self.less_of_verbs(next, &types));
        found.extend(self.less_of_traits(next, &traits));
        let mut lives = BTreeSet::new();
        for name in &types {
            found.extend(self.less_of_answers(next, name));
            let (Some((before, kind)), Some((after, other))) =
                (self.document_type(name), next.document_type(name))
            else {
                continue;
            };
            found.extend(types::kind(kind, other));
            found.extend(prompts::asked(name, (before, files.0), (after, files.1)));
            // Types share life cycles.
            if lives.insert((&before.name, &after.name)) {
                found.extend(self.less_of_life(next, before, after));
            }
        }
        found
    }

    fn less_of_life(&self, next: &Self, before: &Workflow, after: &Workflow) -> Vec<String> {
        let Workflow {
            // What follows it is told by its types.
            name: _,
            sop,
            sop_place: _,
            states,
            // Compared from the side of what there will be.
            transitions: _,
            types: _,
            place: _,
        } = before;
        let cited = sop.iter().filter(|_| after.sop.is_none());
        let cited =
            cited.map(|sop| format!("{}: the procedure {sop} is not cited for it any more", after.name));
        let mut found: Vec<String> = cited.collect();
        found.extend(states.iter().flat_map(|state| states::state(state, after)));
        found.extend(self.less_of_ways(next, before, after));
        found.extend(self.less_of_verdicts(next, before, after));
        found.extend(self.less_of_objections(next, before, after));
        found
    }
}

#[cfg(test)]
mod tests;
