//! The decision: may this actor do this, now? A total function that fails closed.
//!
//! [`decide`] is the only maker of a [`Permit`], and without one nothing changes. It looks nothing
//! up; everything it knows is in [`Facts`]. [`menu()`] asks the same question for every action, with
//! the inputs left open.

mod acknowledge;
mod adoption;
mod agents;
mod attest;
mod binding;
mod created;
mod edge;
mod effects;
mod evidence;
mod guards;
mod items;
mod keys;
mod left_open;
mod menu;
mod named;
mod notes;
mod prerequisites;
mod project;
mod reading;
mod reason;
mod recovery;
mod registry;
mod remedy;
mod remind;
mod rounds;
mod seats;
mod texts;
mod verdicts;
mod way;
mod writable;

#[cfg(test)]
pub(crate) mod tests;

use std::collections::BTreeSet;

pub use self::adoption::{displaced, freeing, less, lost_traits};
pub use self::created::installed;
pub use self::effects::{Applied, Note, apply};
pub use self::left_open::{Doubt, doubts};
pub use self::menu::{Line, LineInput, making, menu};
pub use self::prerequisites::unmet;
pub use self::reason::{Class, Condition, Denial, Reason};
pub use self::recovery::{Recovery, Unsigned};
pub use self::seats::unproved;
pub use self::verdicts::judges_text;
pub use self::way::{WayStep, way};
use super::audit::Meaning;
use super::digest::Digest;
use super::document::{Document, Kind, User};
use super::facts::Facts;
use super::id::{ActionName, DocumentId, ItemId, StateName, UserName, WorkflowName};
use super::identity::{Actor, AgentSession, Assurance, Credential, CredentialKind};
use super::offer::Offer;
use super::policy::{Action, InputKind, Policy, Transition};
use super::project::Proposal;
use super::request::{File, Inputs, Request, Subject, Value};
use super::size;

/// Longest comment or reason, in bytes. It is kept for ever and read in lists; anything longer
/// belongs into a document.
const TEXT_MAX: usize = 64 * 1024;

/// Leave to do one thing once. Only [`decide`] makes one, and only [`apply`] takes it.
#[derive(Debug)]
#[must_use = "a permit that is not applied changes nothing"]
pub struct Permit {
    actor: Actor,
    action: ActionName,
    inputs: Inputs,
    way: Way,
}

/// What was permitted.
#[derive(Debug)]
enum Way {
    Edge {
        transition: Box<Transition>,
        /// Where the document goes when the transition completes.
        target: StateName,
        /// Whom the round is opened with, where one is opened.
        seats: Vec<UserName>,
        /// The id of a document to be created.
        created: Option<DocumentId>,
    },
    /// Something about the project.
    Project {
        /// What a policy demands less of that is adopted.
        less: BTreeSet<String>,
        /// What of it a second person is to say, or has said.
        proposal: Option<Box<Proposal>>,
    },
    /// Credentials to add or replace.
    Registry {
        credentials: Vec<Credential>,
        /// Users who need a proof from now on, or need one no more.
        users: Vec<User>,
        /// The session of an agent that begins or ends.
        session: Option<Box<AgentSession>>,
    },
}

/// Decides on a request.
pub fn decide(policy: &Policy, facts: &Facts, actor: &Actor, request: &Request) -> Result<Permit, Denial> {
    let case = Case { policy, facts, actor, inputs: &request.inputs, open: false, seeks: true };
    let way = match (&request.subject, policy.action(&request.action)) {
        (Subject::Registry(registration), _) => registry::decide(&case, registration),
        (_, None) => Err(vec![Reason::new(
            Condition::UnknownAction,
            format!("the policy knows no action `{}`", request.action),
        )]),
        (Subject::Project, Some(action)) => project::decide(&case, action),
        (Subject::Document(_) | Subject::New(_), Some(action)) => case.decide(action),
    };
    way.map(|way| Permit {
        actor: actor.clone(),
        action: request.action.clone(),
        inputs: request.inputs.clone(),
        way,
    })
    .map_err(Denial::new)
}

/// A transition that a request means, permitted or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meant {
    /// The digest of the policy that has it.
    pub policy: Digest,
    /// Its life cycle.
    pub workflow: WorkflowName,
    /// Its place among the transitions there, from 0.
    pub transition: usize,
}

/// Finds the transition that a request means. For reports on what was tried; it gives no leave to do
/// anything.
pub fn transition_meant(policy: &Policy, facts: &Facts, actor: &Actor, request: &Request) -> Option<Meant> {
    let case = Case { policy, facts, actor, inputs: &request.inputs, open: false, seeks: false };
    let (workflow, edge) = case.meant(policy.action(&request.action)?)?;
    let transition = workflow.transitions.iter().position(|one| std::ptr::eq(one, edge))?;
    Some(Meant { policy: facts.policy, workflow: workflow.name.clone(), transition })
}

/// Tells what the signature of whoever makes a request means; `None` where no transition is meant.
pub fn meaning(policy: &Policy, facts: &Facts, actor: &Actor, request: &Request) -> Option<Meaning> {
    let case = Case { policy, facts, actor, inputs: &request.inputs, open: false, seeks: false };
    match &request.subject {
        Subject::Registry(_) | Subject::Project => Some(Meaning::Administered),
        Subject::Document(_) | Subject::New(_) => case.meant(policy.action(&request.action)?)?.1.meaning,
    }
}

/// One question: these facts, this actor, these inputs.
#[derive(Clone, Copy)]
struct Case<'a> {
    policy: &'a Policy,
    facts: &'a Facts,
    actor: &'a Actor,
    inputs: &'a Inputs,
    /// Whether inputs that are absent may still be given: then a condition on them holds if some
    /// value would meet it.
    open: bool,
    /// Whether commands are looked for that would meet what is not met.
    seeks: bool,
}

impl Case<'_> {
    fn actor_is_one_of(&self, groups: &[super::id::GroupName]) -> bool {
        self.policy.acts_as(self.actor.group(), groups)
    }

    /// Who is calling must be known at least so well.
    fn unmet_assurance(&self, least: Assurance) -> Option<Reason> {
        let me = self.actor.name();
        (self.actor.assurance() < least).then(|| {
            let uncompared = self.actor.credential().filter(|presented| presented.kind == CredentialKind::Key);
            let message = match (self.actor.assurance(), uncompared) {
                (_, Some(key)) => format!(
                    "the key of `{me}` counts as a token until another person has compared its fingerprint; {}",
                    recovery::who_can(self, key)
                ),
                (Assurance::Claimed, None) => format!("`{me}` is only claimed; this needs at least: {least}"),
                (verified, None) => {
                    format!("`{me}` is verified by {verified}; this needs at least: {least}")
                }
            };
            self.proved_too_little(message)
        })
    }

    /// Who has nothing to present is helped by what others make.
    fn proved_too_little(&self, message: String) -> Reason {
        let reason = Reason::new(Condition::AssuranceTooLow, message);
        let issuing = || Offer::of("token_issue").with("user", self.actor.name());
        match self.actor.assurance() {
            Assurance::Claimed => self.for_others(reason, &issuing(), self.policy.managers()),
            _ => reason,
        }
    }

    /// A person has to call. To be called by the name of one is not enough.
    fn unmet_human(&self) -> Option<Reason> {
        let (me, assurance) = (self.actor.name(), self.actor.assurance());
        if self.actor.kind() != Kind::Human {
            return Some(Reason::new(
                Condition::NotHuman,
                format!("`{me}` is no person; this is for people"),
            ));
        }
        let presented = match (assurance, self.actor.credential()) {
            (Assurance::Claimed, _) => format!("`{me}` is only claimed"),
            (Assurance::Ticket, _) => format!("an agent calls as `{me}`, by a ticket"),
            (_, Some(it)) if it.kind == CredentialKind::Unlock => {
                format!("the unlocked key of `{me}` is open to every program at its terminal")
            }
            _ => format!("`{me}` is verified by what a program was given"),
        };
        let message = format!("{presented}; this is for people, and needs the key or the token of `{me}`");
        (!self.actor.is_person()).then(|| self.proved_too_little(message))
    }

    /// An unlocked key is used by whatever runs at its terminal: it is for one's own work.
    fn unmet_unlock(&self, meaning: Option<Meaning>) -> Option<Reason> {
        let is_unlock = self.actor.credential().is_some_and(|it| it.kind == CredentialKind::Unlock);
        (is_unlock && !meaning.is_some_and(Meaning::is_drafting)).then(|| {
            let me = self.actor.name();
            let message = format!(
                "the unlocked key of `{me}` is for reading and drafting; this asks for the passphrase"
            );
            Reason::new(Condition::AssuranceTooLow, message)
        })
    }

    /// Conditions on the inputs themselves, whatever the state.
    fn unmet_inputs(&self, action: &Action) -> Vec<Reason> {
        let mut reasons = Vec::new();
        for input in &action.inputs {
            let name = input.name.as_str();
            if input.required && !self.open && !self.inputs.says(name) {
                let missing = format!("`{name}` is missing or blank");
                reasons.push(Reason::new(Condition::MissingInput, missing));
            }
            let Some(value) = self.inputs.0.get(&input.name) else { continue };
            if let Value::File(file) = value
                && file.size > self.policy.file_max
            {
                let (size, most) = (size::shown(file.size), size::shown(self.policy.file_max));
                let called = file.name.as_ref().map(|name| format!(" (`{}`)", name.escape_debug()));
                let message =
                    format!("`{name}`{} has {size}; {most} are allowed", called.unwrap_or_default());
                reasons.push(Reason::new(Condition::InvalidInput, message));
            }
            if let Value::File(File { name: Some(called), .. }) = value
                && let Some(fault) = super::visible::unseen(called)
            {
                let message = format!("`{name}`: the name of the file {fault}");
                reasons.push(Reason::new(Condition::InvalidInput, message));
            }
            let Value::Text(text) = value else {
                if !names_what(&input.kind, value) {
                    let message = format!("`{name}` is not told in the form that it takes");
                    reasons.push(Reason::new(Condition::InvalidInput, message));
                }
                continue;
            };
            let fault = match &input.kind {
                InputKind::User | InputKind::Users | InputKind::Document | InputKind::File => {
                    Some(format!("`{name}` cannot be a text"))
                }
                _ if text.contains('\0') => super::encoding::nul(text).map(|why| format!("`{name}` {why}")),
                InputKind::OneOf(choices) if !choices.iter().any(|choice| &choice.value == text) => {
                    Some(format!("`{name}` cannot be `{}`", text.escape_debug()))
                }
                InputKind::Item => ItemId::parse(text).err().map(|why| format!("`{name}`: {why}")),
                InputKind::Line if super::visible::is_blank(text) => Some(format!("`{name}` is blank")),
                InputKind::Line => {
                    super::front_matter::check_line(text).err().map(|why| format!("`{name}` {why}"))
                }
                _ if text.len() > TEXT_MAX => {
                    let (size, most) = (size::shown(text.len() as u64), size::shown(TEXT_MAX as u64));
                    Some(format!("`{name}` has {size}; {most} are allowed"))
                }
                _ => None,
            };
            reasons.extend(fault.map(|fault| Reason::new(Condition::InvalidInput, fault)));
        }
        for name in self.inputs.0.keys().filter(|name| action.input(name.as_str()).is_none()) {
            let message = format!("`{}` takes no `{name}`", action.name);
            reasons.push(Reason::new(Condition::InvalidInput, message));
        }
        reasons
    }

    /// What no policy can take away: nothing is on record as done of which it was not said to whom, or what.
    fn unmet_effects(&self, action: &Action, edge: &Transition) -> Vec<Reason> {
        let effects = edge.effects.iter().chain(&edge.completion);
        self.untold(action, effects.flat_map(|effect| effect.needs()).map(|(name, _)| *name))
    }

    /// What has to be told and is not, beyond what the action asks for itself.
    fn untold(&self, action: &Action, needed: impl Iterator<Item = &'static str>) -> Vec<Reason> {
        let needed: BTreeSet<&str> = needed.collect();
        let is_missing = |name: &&str| match action.input(name) {
            Some(input) => !input.required && !self.open && !self.inputs.says(name),
            None => true,
        };
        let missing = needed.into_iter().filter(is_missing);
        missing
            .map(|name| Reason::new(Condition::MissingInput, format!("`{name}` is missing or blank")))
            .collect()
    }

    /// Where only inputs are missing, shows the line to write: it begins as `offer` and says again what was said.
    fn show_line(&self, action: &Action, offer: Offer, reasons: &mut [Reason]) {
        let is_missing = |reason: &Reason| reason.name == Condition::MissingInput.name();
        if !reasons.iter().all(is_missing) {
            return;
        }
        let line = action.inputs.iter().fold(offer, |line, input| {
            let name = input.name.as_str();
            match self.inputs.text(name).filter(|_| self.inputs.says(name)) {
                Some(text) => line.with(name, text),
                None if input.required => line.asking(name),
                None => line,
            }
        });
        for reason in reasons {
            reason.remedy = Some(Box::new(line.clone()));
        }
    }

    /// The document that the question is about; the session looks it up before it asks.
    fn document(&self) -> Option<&Document> {
        self.facts.document.as_ref()
    }
}

/// Tells whether a value that is no text names what the input takes; a text would be taken for
/// absent where users are asked for, and users for a comment.
fn names_what(kind: &InputKind, value: &Value) -> bool {
    match (kind, value) {
        (InputKind::User, Value::Users(names)) => names.len() <= 1,
        (InputKind::Users, Value::Users(_))
        | (InputKind::File, Value::File(_))
        | (InputKind::Document, Value::Document(_)) => true,
        _ => false,
    }
}
