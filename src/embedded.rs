//! What comes with the program: the default policy, the procedures and the templates.
//!
//! A project takes them over when it is made; after that only adoption changes its policy, and
//! only the life cycle changes its documents.

use crate::domain::policy::{Action, Policy, Profile, Sources, compile_actions};
use crate::domain::procedure::Procedures;

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// Returns the default policy, of a profile.
pub fn policy(profile: Profile) -> Sources {
    let [main, _] = Policy::FILES;
    let of_profile = |name: &str, text: &str| {
        let (from, to) = (format!("\nprofile: {}", Profile::Light), format!("\nprofile: {profile}"));
        if name == main { text.replacen(&from, &to, 1) } else { text.to_owned() }
    };
    let workflows = WORKFLOWS.iter().map(|(name, text)| ((*name).to_owned(), of_profile(name, text)));
    let prompts = PROMPTS.iter().map(|(name, text)| (Sources::PROMPTS.to_owned() + name, (*text).to_owned()));
    Sources(workflows.chain(prompts).collect())
}

/// Returns the verbs of the default policy; a test sees to it that they can be read.
pub fn actions() -> Vec<Action> {
    let text = WORKFLOWS.iter().find(|(name, _)| *name == Policy::FILES[1]).map_or("", |(_, text)| text);
    compile_actions(text).unwrap_or_default()
}

/// Returns the procedures that come with the program.
pub fn procedures() -> Procedures {
    Procedures::read(SOPS.iter().map(|(_, text)| *text))
}
