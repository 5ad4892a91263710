//! How surely callers must be known, and whom that leaves to act.

use std::collections::BTreeSet;

use super::{Agent, Guard, Plain, Policy, ProjectRule, Transition, Workflow};
use crate::domain::document::{Kind, words};
use crate::domain::hook::Runtime;
use crate::domain::id::{GroupName, StateName, UserName};
use crate::domain::identity::{Actor, Assurance, Credential, CredentialKind};

words! {
    /// How surely callers must be known, before any transition demands more.
    Profile {
        /// Whoever was given a credential must present it; others are believed, and recorded as claimed.
        Light = "light",
        /// Whoever acts presents at least a token.
        Team = "team",
        /// Whoever acts presents at least a token, and verdicts are signed by people with keys of their own.
        Gxp = "gxp",
    }
}

/// How surely the caller must be known for these guards.
fn demanded(guards: &[Guard]) -> Assurance {
    let each = guards.iter().filter_map(|guard| match guard {
        Guard::Assurance(assurance) => Some(*assurance),
        _ => None,
    });
    each.fold(Assurance::Claimed, Assurance::max)
}

impl ProjectRule {
    /// Returns how surely the caller must be known, beyond what is asked of every caller.
    pub fn assurance(&self) -> Assurance {
        demanded(&self.guards)
    }
}

impl Policy {
    /// Returns how surely the caller of a transition must be known.
    pub fn assurance_of(&self, edge: &Transition) -> Assurance {
        let least = if self.profile == Profile::Gxp && edge.verdict.is_some() {
            Assurance::Signature
        } else {
            self.assurance()
        };
        least.max(demanded(&edge.guards))
    }

    /// Returns how surely the caller of anything must be known.
    pub fn assurance(&self) -> Assurance {
        if self.profile == Profile::Light { Assurance::Claimed } else { Assurance::Token }
    }

    /// Returns this policy as it decides while callers must be known at least as surely as under `profile`.
    #[must_use]
    pub fn raised_to(&self, profile: Profile) -> Self {
        Self { profile: self.profile.max(profile), ..self.clone() }
    }

    /// Tells whether there is a transition that is open to somebody who is known so well.
    pub fn lets_act(&self, actor: &Actor) -> bool {
        let mut edges = self.workflows.values().flat_map(|workflow| &workflow.transitions);
        edges.any(|edge| self.acts_as(actor.group(), &edge.by) && self.is_known_for(actor, edge))
    }

    /// Tells whether somebody is known as well as who takes a transition has to be.
    pub fn is_known_for(&self, actor: &Actor, edge: &Transition) -> bool {
        self.assurance_of(edge) <= self.assured(actor) && (actor.is_person() || !self.is_for_people(edge))
    }

    /// Returns how surely somebody is known by the measure of this policy. Who was verified by that of another one can
    /// hold a key that nobody compared.
    pub fn assured(&self, actor: &Actor) -> Assurance {
        let counts = |it: &Credential| it.kind != CredentialKind::Key || it.counts();
        if self.compares_keys() && !actor.credential().is_none_or(counts) {
            actor.assurance().min(Assurance::Token)
        } else {
            actor.assurance()
        }
    }

    /// Iterates over the groups that may add users, and so manage their credentials.
    pub fn managers(&self) -> impl Iterator<Item = &GroupName> {
        self.project.iter().filter(|rule| rule.action.as_str() == "user_add").flat_map(|rule| &rule.by)
    }

    /// Lists the users whom it gives to agents of a runtime: to its main thread, and to those that it can start.
    pub fn users_of(&self, runtime: Runtime) -> BTreeSet<&UserName> {
        let main = self.runtimes.get(runtime.name());
        let is_of = |agent: &&Agent| agent.definition.as_ref().is_none_or(|it| it.of(runtime).is_some());
        main.into_iter().chain(self.agents.values().filter(is_of).map(|agent| &agent.user)).collect()
    }

    /// Tells whether what somebody opens in a state counts as opened by that user: what only people judge, no program
    /// opens in the name of one.
    pub fn lets_open(&self, workflow: &Workflow, state: &StateName, actor: &Actor) -> bool {
        let mut asking =
            workflow.leaving(state).filter(|edge| edge.guards.contains(&Guard::Plain(Plain::Opened)));
        actor.kind() != Kind::Human || actor.is_person() || !asking.any(|edge| self.is_for_people(edge))
    }

    /// Tells whether a transition is for people only.
    pub fn is_for_people(&self, edge: &Transition) -> bool {
        edge.guards.contains(&Guard::Plain(Plain::Human)) || self.assurance_of(edge) == Assurance::Signature
    }

    /// Tells whether a key of a person counts as a signature only once another person has compared it.
    pub fn compares_keys(&self) -> bool {
        self.profile == Profile::Gxp
    }

    /// Tells whether any verdict has to be signed.
    pub fn demands_signatures(&self) -> bool {
        let mut edges = self.workflows.values().flat_map(|workflow| &workflow.transitions);
        edges.any(|edge| edge.verdict.is_some() && self.assurance_of(edge) == Assurance::Signature)
    }
}
