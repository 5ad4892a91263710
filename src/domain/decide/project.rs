//! Actions on the project itself: users, namespaces, the policy.

use std::collections::BTreeSet;

use super::{Applied, Case, Condition, Permit, Reason, Way, adoption, named};
use crate::domain::document::{Kind, User};
use crate::domain::facts::{Facts, ProjectFacts, UserFacts};
use crate::domain::id::{DocumentId, GroupName, IdWord, StateName, TypeName, UserName};
use crate::domain::identity::CredentialKind;
use crate::domain::offer::Offer;
use crate::domain::plural::counted;
use crate::domain::policy::{Action, Asked, Candidate, Fault, Guard, OwnVerb, Plain, Policy, ProjectRule};
use crate::domain::project::{Namespace, Proposal};

pub(super) fn decide(case: &Case<'_>, action: &Action) -> Result<Way, Vec<Reason>> {
    let rule = case.policy.project.iter().find(|rule| rule.action == action.name);
    let own = OwnVerb::of(action.name.as_str());
    let (Some(rule), Some(own), Some(facts)) = (rule, own, case.facts.project.as_ref()) else {
        let message = format!("`{}` is not about the project", action.name);
        return Err(vec![Reason::new(Condition::UnknownAction, message)]);
    };
    let mut reasons = case.unmet_inputs(action);
    reasons.extend(case.untold(action, own.always()));
    // Whoever is only claimed decides about no user and no policy, whatever the profile.
    let is_word = own.name == "namespace_add";
    let least = if is_word { case.policy.assurance() } else { case.managing_assurance() };
    reasons.extend(case.unmet_assurance(rule.assurance().max(least)));
    reasons.extend(case.unmet_unlock(None));
    if !case.actor_is_one_of(&rule.by) {
        let groups = rule.by.iter().map(GroupName::as_str).collect::<Vec<_>>().join(", ");
        let me = case.actor.name();
        let message = format!("`{me}` is of group {}; this is for {groups}", case.actor.group());
        reasons.push(Reason::new(Condition::GroupNotAllowed, message));
    }
    reasons.extend(unmet_words(case));
    reasons.extend(rule.guards.iter().filter_map(|guard| case.unmet_before(guard, Asked::Project)));
    reasons.extend(unmet(case, facts, rule, own));
    let mut less = BTreeSet::new();
    let proposal = match action.name.as_str() {
        "policy_adopt" => adoption::adoption(case, facts, &mut less, &mut reasons),
        "clock_set" => adoption::clock(case, facts, &mut reasons),
        "user_unbind" => adoption::unbinding(case, facts, &mut reasons),
        _ => None,
    };
    case.show_line(action, Offer::of(action.name.as_str()), &mut reasons);
    if reasons.is_empty() {
        Ok(Way::Project { less, proposal: proposal.map(Box::new) })
    } else {
        Err(reasons)
    }
}

/// Names that are about to be written must be names, and groups must exist.
fn unmet_words(case: &Case<'_>) -> Vec<Reason> {
    let invalid = |message: String| Reason::new(Condition::InvalidInput, message);
    let mut reasons = Vec::new();
    if let Some(Err(error)) = case.inputs.text("user").map(UserName::parse) {
        reasons.push(invalid(error.to_string()));
    }
    if let Some(Err(error)) = case.inputs.text("namespace").map(IdWord::parse) {
        reasons.push(invalid(error.to_string()));
    }
    if let Some(text) = case.inputs.text("kind").filter(|text| Kind::from_word(text).is_none()) {
        reasons.push(invalid(format!("`kind` cannot be `{}`", text.escape_debug())));
    }
    if let Some(text) = case.inputs.text("group")
        && !case.policy.groups.keys().any(|group| group.as_str() == text)
    {
        let known = case.policy.groups.keys().map(GroupName::as_str).collect::<Vec<_>>().join(", ");
        reasons.push(invalid(format!("`{}` is not a group; there are {known}", text.escape_debug())));
    }
    reasons
}

/// What no policy can take away from the verbs of the project.
fn unmet(case: &Case<'_>, facts: &ProjectFacts, rule: &ProjectRule, own: &OwnVerb) -> Vec<Reason> {
    let name = case.inputs.text("user").unwrap_or_default();
    let named = facts.named_user.as_ref();
    let known = named.filter(|user| user.removed_at.is_none());
    let one = |condition, message: String| vec![Reason::new(condition, message)];
    match (own.name, known) {
        (_, None) if own.is_of_user => {
            one(Condition::UserNotFound, format!("`{}` is not a user of this project", name.escape_debug()))
        }
        ("user_add", _) if named.is_some() => {
            one(Condition::UserNameTaken, format!("the name `{name}` was given before"))
        }
        ("user_unbind", Some(user)) if !user.is_bound => {
            one(Condition::NotBound, format!("`{name}` is not bound by a hook"))
        }
        ("user_move" | "user_remove", Some(user)) => {
            let mut reasons = unmet_idle(case, facts, user);
            reasons.extend(unmet_remaining(case, rule, user));
            reasons
        }
        ("namespace_add", _)
            if facts.namespaces.iter().any(|one| Some(one.as_str()) == case.inputs.text("namespace")) =>
        {
            one(Condition::NamespaceTaken, "the namespace is registered already".to_owned())
        }
        ("policy_adopt", _) => match &facts.candidate {
            None => one(Condition::PolicyUnsound, "no candidate policy was given".to_owned()),
            Some(Err(faults)) => faults.iter().map(unsound).collect(),
            Some(Ok(candidate)) => {
                let mut reasons = unmet_soundness(case, candidate);
                reasons.extend(unmet_keeping(case, facts, &candidate.policy));
                reasons.extend(unmet_under(case, &candidate.policy));
                reasons
            }
        },
        _ => Vec::new(),
    }
}

fn unmet_soundness(case: &Case<'_>, candidate: &Candidate) -> Vec<Reason> {
    if candidate.digest == case.facts.policy {
        let message = "the candidate is the policy in force".to_owned();
        return vec![Reason::new(Condition::PolicyUnchanged, message)];
    }
    let policy = &candidate.policy;
    let faults = policy.agents_of_people(case.facts.users.values().map(|it| &it.user));
    unmet_key(case, policy).into_iter().chain(faults.iter().map(unsound)).collect()
}

/// The candidate knows what live documents are and wait for, and demands no less of their items and notes.
fn unmet_keeping(case: &Case<'_>, facts: &ProjectFacts, candidate: &Policy) -> Vec<Reason> {
    let mut reasons = unmet_strands(case, facts);
    // What would be left behind has to be known before it is weighed.
    if reasons.is_empty() {
        reasons.extend(named::unmet_ends(case.policy, candidate, facts));
        reasons.extend(named::unmet_below(case.policy, candidate, facts));
        reasons.extend(named::unmet_awaited(case.policy, candidate, facts));
        reasons.extend(named::unmet_objections(case.policy, candidate, facts));
    }
    reasons.extend(unmet_gates(case, facts));
    reasons
}

/// Who makes signatures count has one that counts: else nobody could vouch for any.
fn unmet_key(case: &Case<'_>, candidate: &Policy) -> Option<Reason> {
    if !candidate.compares_keys() || case.policy.compares_keys() {
        return None;
    }
    let me = case.actor.name();
    let presented = case.actor.credential().filter(|presented| presented.kind == CredentialKind::Key);
    match presented {
        Some(key) if key.counts() => None,
        Some(_) => {
            let message = format!(
                "the key of `{me}` does not count under the profile gxp, where others compare keys: somebody adopts it \
                 whose key is the first one of the project"
            );
            Some(Reason::new(Condition::AssuranceTooLow, message))
        }
        None => {
            let message = format!(
                "under the profile gxp only keys count, and `{me}` presents none; where there is none yet: qms enrol, \
                 or qms key create"
            );
            Some(Reason::new(Condition::AssuranceTooLow, message).remedy(Offer::of("key_create")))
        }
    }
}

fn unsound(fault: &Fault) -> Reason {
    Reason::new(Condition::PolicyUnsound, format!("{}: {}", fault.place, fault.message))
}

fn unmet_idle(case: &Case<'_>, facts: &ProjectFacts, user: &User) -> Vec<Reason> {
    let name = &user.name;
    let mut reasons = Vec::new();
    if facts.owned > 0 {
        let message = format!("`{name}` owns {}", counted(facts.owned, "unfinished document"));
        let remedy = Offer::of("list").with("owner", name);
        reasons.push(Reason::new(Condition::UserBusy, message).remedy(remedy));
    }
    let tasks = case.facts.users.get(name).map_or(0, |facts| facts.open_tasks);
    if tasks > 0 {
        let message = format!("`{name}` has {}", counted(tasks, "open task"));
        let remedy = Offer::of("list").with("assignee", name);
        reasons.push(Reason::new(Condition::UserBusy, message).remedy(remedy));
    }
    reasons
}

/// Some other person must be able to do this, and to adopt a policy, since only a person's key can be recovered; a move
/// within the groups that may is harmless.
fn unmet_remaining(case: &Case<'_>, rule: &ProjectRule, user: &User) -> Option<Reason> {
    let moved = case.inputs.text("group").and_then(|text| GroupName::parse(text).ok());
    let is_last = |rule: &ProjectRule| {
        let may = |group: &GroupName| case.policy.acts_as(group, &rule.by);
        let stays = moved.as_ref().is_some_and(may);
        let mut others = case.facts.users.values().filter(|facts| facts.user.name != user.name);
        // Where no person is, none is lost.
        let is_one = case.facts.users.get(&user.name).is_some_and(|facts| is_manager(facts, may));
        is_one && !stays && !others.any(|facts| is_manager(facts, may))
    };
    let adopting = case.policy.project.iter().filter(|rule| rule.action.as_str() == "policy_adopt");
    std::iter::once(rule).chain(adopting).any(is_last).then(|| {
        let message = format!("`{}` is the last person who may do this, or adopt a policy", user.name);
        Reason::new(Condition::LastAdministrator, message)
    })
}

fn is_manager(facts: &UserFacts, may: impl Fn(&GroupName) -> bool) -> bool {
    facts.user.kind == Kind::Human && may(&facts.user.group)
}

/// Under another policy, too, some person must be able to adopt one, by what whoever adopts this one proves; and
/// everybody must have a group.
fn unmet_under(case: &Case<'_>, policy: &Policy) -> Vec<Reason> {
    let users = || case.facts.users.values().map(|facts| &facts.user);
    let stranded = users().filter(|user| !policy.groups.contains_key(&user.group)).map(|user| {
        let message =
            format!("`{}` is of group {}, which the candidate does not know", user.name, user.group);
        Reason::new(Condition::PolicyStrandsUsers, message)
    });
    let adopting = || policy.project.iter().filter(|rule| rule.action.as_str() == "policy_adopt");
    let may = |group: &GroupName| adopting().any(|rule| policy.acts_as(group, &rule.by));
    let nobody = (!case.facts.users.values().any(|facts| is_manager(facts, may))).then(|| {
        let message = "under the candidate no person could `policy_adopt` again".to_owned();
        Reason::new(Condition::LastAdministrator, message)
    });
    // What can be proved now, can be proved then; of what nobody has proved yet, nobody knows.
    let asked = adopting().flat_map(|rule| {
        let guards = rule.guards.iter().filter_map(|guard| case.unmet_before(guard, Asked::Project));
        guards.chain(case.unmet_assurance(rule.assurance()))
    });
    let asked = asked.map(|reason| Reason {
        message: format!("the candidate asks it of whoever adopts the next one: {}", reason.message),
        ..reason
    });
    stranded.chain(nobody).chain(asked).collect()
}

fn unmet_strands(case: &Case<'_>, facts: &ProjectFacts) -> Vec<Reason> {
    let Some(Ok(candidate)) = &facts.candidate else { return Vec::new() };
    let is_unknown = |(name, state, _): &&(TypeName, StateName, DocumentId)| {
        let known = candidate.policy.document_type(name);
        known.is_none_or(|(workflow, _)| workflow.state(state).is_none())
    };
    let present =
        facts.occupied.iter().filter(is_unknown).map(|(name, state, id)| {
            format!("{id} is a {name} in {state}, which the candidate does not know")
        });
    let ahead = facts.led_to.iter().filter(is_unknown).map(|(_, state, id)| {
        format!("the open round of {id} leads to {state}, which the candidate does not know")
    });
    let unplanned = facts
        .occupied
        .iter()
        .filter(|(document_type, state, _)| needs_plan(case.policy, &candidate.policy, document_type, state));
    let unplanned = unplanned.map(|(document_type, _, id)| {
        format!(
            "{id} was approved without execution items, and the candidate demands them of a {document_type}"
        )
    });
    let unasked = facts.unasked.iter().map(|(state, id)| {
        format!("{id} is in {state}, in which the candidate asks people, and nobody was asked")
    });
    let all = present.chain(ahead).chain(unplanned).chain(unasked);
    all.map(|message| Reason::new(Condition::PolicyStrandsDocuments, message)).collect()
}

/// Tells whether a type gets execution items that a document in a state has to carry out, past the step at which they
/// are planned.
fn needs_plan(now: &Policy, next: &Policy, document_type: &TypeName, state: &StateName) -> bool {
    let gains = next.has_items(document_type) && !now.has_items(document_type);
    let Some((life, _)) = next.document_type(document_type).filter(|_| gains) else { return false };
    let ahead = life.ahead(state);
    let asks = |plain| {
        let mut ways = life.transitions.iter().filter(|way| way.from.iter().any(|from| ahead.contains(from)));
        ways.any(|way| way.guards.contains(&Guard::Plain(plain)))
    };
    asks(Plain::ItemsComplete) && !asks(Plain::ItemsPlanned)
}

/// What unfinished documents are to have stays demanded of them: their items, answers for those that fail,
/// and the notes of their traits. A trait that is gone as a whole keeps its gates closed.
fn unmet_gates(case: &Case<'_>, facts: &ProjectFacts) -> Vec<Reason> {
    let Some(Ok(candidate)) = &facts.candidate else { return Vec::new() };
    let (now, next) = (case.policy, &candidate.policy);
    let mut lifted = Vec::new();
    for (document_type, _, id) in &facts.occupied {
        if now.has_items(document_type) && !next.has_items(document_type) {
            lifted.push(format!("{id} has execution items, and the candidate gives a {document_type} none"));
        }
        let answered = |policy: &Policy| policy.answering(document_type).next().is_some();
        if answered(now) && !answered(next) {
            lifted.push(format!("nothing would answer for failed items of {id} under the candidate"));
        }
    }
    for (name, id) in &facts.carried {
        let (Some(now), Some(next)) = (now.traits.get(name), next.traits.get(name)) else { continue };
        for rule in &now.notes {
            let weaker = match next.notes.iter().find(|one| one.key == rule.key) {
                Some(next) => rule.eased(next),
                None => rule.required.then_some("is gone"),
            };
            lifted
                .extend(weaker.map(|how| format!("the note `{}` of {id} {how} in the candidate", rule.key)));
        }
    }
    lifted.sort();
    lifted.dedup();
    lifted.into_iter().map(|message| Reason::new(Condition::PolicyLiftsGates, message)).collect()
}

/// Applies what was permitted.
pub(super) fn apply(permit: &Permit, facts: &Facts, proposal: Option<&Proposal>) -> Applied {
    let inputs = &permit.inputs;
    let mut applied = Applied::default();
    let Some(project) = &facts.project else { return applied };
    let group = inputs.text("group").and_then(|text| GroupName::parse(text).ok());
    match permit.action.as_str() {
        "user_add" => {
            let name = inputs.text("user").and_then(|text| UserName::parse(text).ok());
            let kind = inputs.text("kind").and_then(Kind::from_word);
            if let (Some(name), Some(group), Some(kind)) = (name, group, kind) {
                let printed_name = inputs.text("name").map_or_else(|| name.to_string(), str::to_owned);
                applied.users =
                    vec![User { name, printed_name, group, kind, is_bound: false, removed_at: None }];
            }
        }
        "user_move" => {
            let moved = project.named_user.clone().zip(group);
            applied.users.extend(moved.map(|(user, group)| User { group, ..user }));
        }
        "user_remove" => {
            let removed = project.named_user.clone();
            applied.users.extend(removed.map(|user| User { removed_at: Some(facts.now), ..user }));
        }
        "namespace_add" => {
            applied.namespace = inputs
                .text("namespace")
                .and_then(|text| IdWord::parse(text).ok())
                .map(|name| Namespace { name, added_by: permit.actor.name().clone(), added_at: facts.now });
        }
        "policy_adopt" => return adoption::adopt(facts, proposal),
        "clock_set" => return adoption::set_clock(facts, proposal),
        "user_unbind" => return adoption::unbind(facts, proposal),
        _ => {}
    }
    applied
}
