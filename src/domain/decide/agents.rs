//! Starting and ending agents, as the policy allows it.

use std::collections::BTreeMap;

use super::{Case, Condition, Reason, adoption};
use crate::domain::digest::Digest;
use crate::domain::document::Kind;
use crate::domain::facts::RegistryFacts;
use crate::domain::identity::{AgentSession, Credential, CredentialKind, Scope, SessionKind};
use crate::domain::offer::Offer;
use crate::domain::policy::{Agent, Effect, Launcher, Policy, Transition, rival};
use crate::domain::request::Launch;

/// Decides on the start of an agent, and returns the token that it gets and its session.
pub(super) fn start(
    case: &Case<'_>,
    facts: &RegistryFacts,
    launch: &Launch,
    reasons: &mut Vec<Reason>,
) -> (Option<Credential>, Option<AgentSession>) {
    let me = case.actor.name();
    let Some(agent) = case.policy.agents.get(&launch.agent) else {
        let message = format!("the policy knows no agent `{}`", launch.agent);
        reasons.push(Reason::new(Condition::AgentUnknown, message));
        return (None, None);
    };
    if !agent.started_by.contains(me) {
        let names = agent.started_by.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let message = format!("`{me}` may not start `{}`; this is for {names}", launch.agent);
        reasons.push(Reason::new(Condition::MayNotStart, message));
    }
    let user = facts.user.as_ref().filter(|user| user.removed_at.is_none() && user.kind != Kind::Human);
    if user.is_none() {
        let message = format!("`{}` is no agent or service of this project", agent.user);
        reasons.push(Reason::new(Condition::AgentUnknown, message));
    }
    reasons.extend(changed(case, agent, launch));
    let now = case.facts.now;
    let mut token = Credential::new(
        launch.token.clone(),
        agent.user.clone(),
        CredentialKind::Spawn,
        launch.verifier,
        now,
    );
    token.session = Some(launch.session.clone());
    token.runtime.clone_from(&agent.launcher);
    token.parent = Some(me.clone());
    token.issued_by = Some(me.clone());
    token.not_after = case.within_own_time(Some(case.facts.valid.after(agent.ttl)));
    token.scope = scope(case.policy, launch);
    let session = AgentSession {
        id: launch.session.clone(),
        kind: SessionKind::Launched,
        session: launch.session.clone(),
        user: agent.user.clone(),
        parent: Some(me.clone()),
        origins: case.actor.origins().map(str::to_owned).collect(),
        runtime: agent.launcher.clone().unwrap_or_default(),
        agent: launch.agent.clone(),
        definition: definition_of(agent).and_then(|path| launch.observed.get(path).copied()),
        document: Some(launch.document.clone()),
        task: Some(launch.task.to_string()),
        brief: Some(launch.brief),
        placement: Some(launch.placement.clone()),
        opened_at: now,
        closed_at: None,
        status: None,
        tag: None,
    };
    (Some(token), Some(session))
}

/// An agent is started for one task about one document: to answer it, to show that it opened what it judges, and
/// to write the notes that its role owes.
fn scope(policy: &Policy, launch: &Launch) -> Scope {
    let edges = policy.workflows.values().flat_map(|life| &life.transitions);
    let belongs = |edge: &&Transition| {
        edge.verdict.is_some_and(|verdict| verdict.task() == launch.task)
            || edge.effects.iter().any(|it| matches!(it, Effect::RecordReading | Effect::RecordNote))
    };
    let actions = edges.filter(belongs).map(|edge| edge.action.clone()).collect();
    Scope { actions, documents: [launch.document.clone()].into() }
}

/// Only what was adopted is started.
fn changed(case: &Case<'_>, agent: &Agent, launch: &Launch) -> Vec<Reason> {
    let launcher = agent.launcher.as_ref().and_then(|name| case.policy.launchers.get(name));
    let Some(program) = launcher.map(Launcher::program) else {
        let message = format!("agent `{}` has no launcher", launch.agent);
        return vec![Reason::new(Condition::AgentUnknown, message)];
    };
    let definition = definition_of(agent);
    let files = [program].into_iter().chain(definition);
    let mut reasons = case.not_adopted(files, &launch.observed, Condition::AgentChanged);
    let adopted = definition.and_then(|path| case.policy.pins.get(path));
    // Two with the same text are one definition.
    let rivals = launch.rivals.iter().map(|(path, digest)| (path, digest.as_ref()));
    let rivals = rivals.filter(|(_, digest)| adopted.is_some() && *digest != adopted);
    reasons.extend(rivals.map(|(path, digest)| {
        let what = rival(path, &launch.agent, digest);
        let message = format!("{what}; remove it, or give its agent another name");
        Reason::new(Condition::AgentChanged, message)
    }));
    reasons
}

/// The file that an agent is started with.
fn definition_of(agent: &Agent) -> Option<&str> {
    let (path, _) = agent.definition.as_ref()?.launched(agent.launcher.as_ref()?)?;
    Some(path)
}

impl Case<'_> {
    /// What is missing for files to be those that were adopted, as they were found.
    pub(super) fn not_adopted<'p>(
        &self,
        paths: impl Iterator<Item = &'p str>,
        observed: &BTreeMap<String, Digest>,
        condition: Condition,
    ) -> Vec<Reason> {
        let is_adopted = |path: &str| {
            let pinned = self.policy.pins.get(path);
            pinned.is_some() && pinned == observed.get(path)
        };
        paths
            .filter(|path| !is_adopted(path))
            .map(|path| {
                let message = format!("`{path}` is missing, or is not the one that was adopted");
                let signed = self.policy.compares_keys();
                let adopt = if signed { adoption::anew() } else { Offer::of("policy_adopt") };
                self.with_project_verb(Reason::new(condition, message), adopt)
            })
            .collect()
    }
}

/// Decides on the end of an agent, and returns what is revoked and the session as it ends.
pub(super) fn stop(
    case: &Case<'_>,
    facts: &RegistryFacts,
    reasons: &mut Vec<Reason>,
) -> (Vec<Credential>, Option<AgentSession>) {
    let Some(session) = &facts.session else {
        reasons.push(Reason::new(Condition::SessionOver, "there is no such session"));
        return (Vec::new(), None);
    };
    let me = case.actor.name();
    if session.parent.as_ref() != Some(me) && !case.manages_credentials() {
        let message = format!("session {} was started by another user", session.id);
        reasons.push(Reason::new(Condition::MayNotStart, message));
    }
    if !session.is_open() {
        reasons.push(Reason::new(Condition::SessionOver, format!("session {} has ended", session.id)));
    }
    let now = case.facts.now;
    let given = facts.credentials.iter().filter(|one| one.session.as_ref() == Some(&session.id));
    let given = given.filter(|one| one.revoked_at.is_none());
    let revoked = given.map(|one| Credential { revoked_at: Some(now), ..one.clone() }).collect();
    (revoked, Some(AgentSession { closed_at: Some(now), ..session.clone() }))
}
