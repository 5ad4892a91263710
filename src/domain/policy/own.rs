//! The verbs of which the program has the command: what each of these commands tells, whatever a policy says.

use super::places::Takes;
use crate::domain::document::Kind;

/// A verb about the project itself.
#[derive(Debug, Clone, Copy)]
pub struct OwnVerb {
    /// Its name.
    pub name: &'static str,
    /// Whether every policy has to say who may use it.
    pub is_demanded: bool,
    /// Whether it is about a user who is there.
    pub is_of_user: bool,
    /// What its command can tell.
    pub inputs: &'static [OwnInput],
}

/// Something that the command of a verb can tell.
#[derive(Debug)]
pub struct OwnInput {
    /// Its name.
    pub name: &'static str,
    /// Its form.
    pub takes: Takes,
    /// When it is told.
    pub told: Told,
}

/// When the command of a verb tells something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// With each call.
    Always,
    /// Where the caller says it; a policy can ask for it.
    OnDemand,
    /// Where it applies, and never otherwise.
    Sometimes,
}

const fn input(name: &'static str, told: Told) -> OwnInput {
    OwnInput { name, takes: Takes::Text, told }
}

const USER: OwnInput = input("user", Told::Always);
const GROUP: OwnInput = input("group", Told::Always);
const REASON: OwnInput = input("reason", Told::OnDemand);
const CONFIRM: OwnInput = input("confirm", Told::Sometimes);
const SAID: OwnInput = input("reason", Told::Always);
const KINDS: &[&str] = &[Kind::Human.as_str(), Kind::Agent.as_str(), Kind::Service.as_str()];
const KIND: OwnInput = OwnInput { name: "kind", takes: Takes::OneOf(KINDS), told: Told::Always };
const LESS: OwnInput = OwnInput { name: "less", takes: Takes::OneOf(&["less"]), told: Told::Sometimes };

const fn verb(name: &'static str, inputs: &'static [OwnInput]) -> OwnVerb {
    OwnVerb { name, is_demanded: true, is_of_user: false, inputs }
}

const fn of_user(name: &'static str, inputs: &'static [OwnInput]) -> OwnVerb {
    OwnVerb { is_of_user: true, ..verb(name, inputs) }
}

const fn may_lack(verb: OwnVerb) -> OwnVerb {
    OwnVerb { is_demanded: false, ..verb }
}

/// All of them. Who may take a credential back no rule of a policy says.
pub const OWN_VERBS: &[OwnVerb] = &[
    verb("user_add", &[USER, input("name", Told::OnDemand), GROUP, KIND]),
    of_user("user_move", &[USER, GROUP, REASON]),
    of_user("user_remove", &[USER, REASON]),
    may_lack(of_user("user_unbind", &[USER, SAID, CONFIRM])),
    may_lack(verb("credential_revoke", &[REASON])),
    verb("namespace_add", &[input("namespace", Told::Always)]),
    // A second person, who confirms, tells no reason.
    verb(
        "policy_adopt",
        &[LESS, input("reason", Told::Sometimes), input("expect", Told::Sometimes), CONFIRM],
    ),
    may_lack(verb("clock_set", &[SAID, CONFIRM])),
];

impl OwnVerb {
    /// Finds one by its name.
    pub fn of(name: &str) -> Option<&'static Self> {
        OWN_VERBS.iter().find(|verb| verb.name == name)
    }

    /// Returns the words of its command.
    pub fn command(&self) -> String {
        match self.name {
            "credential_revoke" => "token revoke".to_owned(),
            "policy_adopt" => "workflow adopt".to_owned(),
            "clock_set" => "audit clock".to_owned(),
            name => name.replacen('_', " ", 1),
        }
    }

    /// Lists what its command tells with each call, and what it could not do without.
    pub fn always(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.inputs.iter().filter(|input| input.told == Told::Always).map(|input| input.name)
    }
}
