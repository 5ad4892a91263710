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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::DocumentId;
    use crate::domain::policy::Candidate;
    use crate::domain::template;

    #[test]
    fn every_type_has_a_template_that_is_sound() {
        let candidate = Candidate::new(policy(Profile::Light), &procedures())
            .unwrap_or_else(|faults| panic!("{faults:#?}"));
        let policy = &candidate.policy;
        let text = |id: &DocumentId| {
            let file = format!("{id}.md");
            TEMPLATES.iter().find(|(name, _)| *name == file).map(|(_, text)| *text)
        };
        for document_type in policy.document_types() {
            let id = document_type.template.as_ref().unwrap_or_else(|| panic!("{document_type:?}"));
            let text = text(id).unwrap_or_else(|| panic!("templates/{id}.md is missing"));
            assert_eq!(template::flaws(policy, id, text), Vec::<String>::new(), "{id}");
        }
        assert_eq!(TEMPLATES.len(), policy.document_types().count(), "templates that no type names");
    }
}
