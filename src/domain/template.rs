//! Templates: can documents that are made from this text be completed?
//!
//! What a template has to hold is told by the types that name it and by their life cycles. It is asked when
//! the template is routed, and again by `doctor` of every template in force, because a policy that is
//! adopted later may ask for more.

use std::collections::BTreeSet;

use super::front_matter;
use super::id::{DocumentId, PhaseName};
use super::items::Items;
use super::nearest::nearest;
use super::policy::{DocumentType, Effect, Guard, Plain, Policy, Transition, Workflow};
use super::text::{
    Declaration, Declared, Placeholder, PlaceholderKind, Season, Text, locked, malformed, placeholders,
};

/// The placeholder that is filled in when a document is made.
const TITLE: &str = "{{title}}";

/// Lists what keeps a text from being the template that the policy names; nothing where no type names it.
pub fn flaws(policy: &Policy, id: &DocumentId, text: &str) -> Vec<String> {
    let uses: Vec<Use<'_>> = policy
        .workflows
        .values()
        .flat_map(|life| life.types.iter().map(move |one| (life, one)))
        .filter(|(_, one)| one.template.as_ref() == Some(id))
        .map(|(life, one)| Use::of(life, one))
        .collect();
    if uses.is_empty() {
        return Vec::new();
    }
    let read = Text::of(text);
    let declared = Declared::of(&read);
    let faults = [&read.faults, &malformed(text, &read), &declared.faults];
    let mut flaws: Vec<String> = faults.into_iter().flatten().map(ToString::to_string).collect();
    let (items, unreadable_items) = match Items::of(text) {
        Ok(items) => (items.iter().map(|item| item.line).collect(), None),
        Err(why) => (BTreeSet::new(), Some(why)),
    };
    let page = Page { text: &read, declared: &declared, items };
    flaws.extend(page.declarations(&uses));
    let found = placeholders(text, &read, &BTreeSet::new(), &policy.open_words);
    for one in &uses {
        flaws.extend(unreadable(one, id, text));
        flaws.extend(page.unreachable(one, &found));
        let items = unreadable_items.as_ref().filter(|_| one.document_type.items);
        flaws.extend(items.map(|why| format!("its items: {why}")));
    }
    flaws.sort();
    flaws.dedup();
    flaws
}

/// A type that names the template.
struct Use<'p> {
    document_type: &'p DocumentType,
    /// All phases of its life cycle.
    phases: BTreeSet<&'p PhaseName>,
    /// Those in which its documents are written section by section.
    locking: BTreeSet<&'p PhaseName>,
    /// Whether its documents are written freely before that.
    is_drafted: bool,
}

impl<'p> Use<'p> {
    fn of(life: &'p Workflow, document_type: &'p DocumentType) -> Self {
        let writes = || life.transitions.iter().filter(|edge| edge.effects.contains(&Effect::CheckIn));
        let locks = |edge: &Transition| edge.guards.contains(&Guard::Plain(Plain::SectionsUnchanged));
        let phase = |state| life.state(state).map(|state| &state.phase);
        Self {
            document_type,
            phases: life.states.iter().map(|state| &state.phase).collect(),
            locking: writes()
                .filter(|edge| locks(edge))
                .flat_map(|edge| &edge.from)
                .filter_map(phase)
                .collect(),
            is_drafted: writes().any(|edge| !locks(edge)),
        }
    }
}

/// Makes a document, and looks whether it can be read and has every field that its type requires.
fn unreadable(one: &Use<'_>, id: &DocumentId, text: &str) -> Option<String> {
    let DocumentType { name, required, is_template, .. } = one.document_type;
    let made = front_matter::compose(id, name, Some("Title"), required, Some((id, text)), None, *is_template);
    let missing = |read: front_matter::FrontMatter| {
        let missing = required.iter().find(|field| !read.fields.contains_key(*field))?;
        Some(format!("a {name} made from it has no field `{missing}`"))
    };
    match front_matter::parse(&format!("a {name} made from it"), made.as_bytes()) {
        Ok(read) => missing(read),
        Err(message) => Some(message),
    }
}

/// The text of a template, as far as it was read.
struct Page<'a> {
    text: &'a Text<'a>,
    declared: &'a Declared<'a>,
    /// The lines of the items.
    items: BTreeSet<usize>,
}

impl Page<'_> {
    /// What is declared, and means nothing in the life cycles of the types.
    fn declarations(&self, uses: &[Use<'_>]) -> Vec<String> {
        let mut flaws = Vec::new();
        let phases: BTreeSet<&PhaseName> = uses.iter().flat_map(|one| &one.phases).copied().collect();
        let locking: BTreeSet<&PhaseName> = uses.iter().flat_map(|one| &one.locking).copied().collect();
        for Declaration { section, open, .. } in &self.declared.declarations {
            if section.title.contains("{{") || section.title.contains('[') {
                let message = "the heading of a declared section stays as it is, and has no placeholder";
                flaws.push(format!("line {}: {message}", section.line));
            }
            for (phase, line) in open {
                if !phases.contains(phase) {
                    let known = phases.iter().map(|phase| phase.as_str());
                    let meant = nearest(phase.as_str(), known).map(|it| format!(", did you mean `{it}`?"));
                    flaws.push(format!(
                        "line {line}: there is no phase `{phase}`{}",
                        meant.unwrap_or_default()
                    ));
                } else if !locking.contains(phase) {
                    flaws.push(format!(
                        "line {line}: nothing is written section by section in phase `{phase}`"
                    ));
                }
            }
        }
        if self.declared.is_empty() && !locking.is_empty() {
            let phases = locking.iter().map(|phase| phase.as_str()).collect::<Vec<_>>().join(", ");
            flaws.push(format!(
                "it declares no section open or locked, so none would be locked in phase {phases}"
            ));
        }
        flaws
    }

    /// Placeholders that nobody could fill in.
    fn unreachable(&self, one: &Use<'_>, found: &[Placeholder<'_>]) -> Vec<String> {
        let fixed = locked(self.declared, Season::Drafting, self.text);
        let in_phases: Vec<Vec<bool>> =
            one.locking.iter().map(|phase| locked(self.declared, Season::Phase(phase), self.text)).collect();
        let is = |lines: &[bool], line: usize| lines.get(line - 1).copied().unwrap_or_default();
        let why = |placeholder: &Placeholder<'_>| {
            let line = placeholder.line;
            let is_open = in_phases.iter().any(|lines| !is(lines, line));
            match placeholder.kind {
                PlaceholderKind::Word => Some("would be in all of them"),
                PlaceholderKind::Doubt => None,
                PlaceholderKind::Drafting if is(&fixed, line) && !is_open => {
                    Some("stands in a locked section")
                }
                PlaceholderKind::Drafting if one.is_drafted || is_open || placeholder.text == TITLE => None,
                PlaceholderKind::Execution if one.locking.is_empty() || is_open => None,
                PlaceholderKind::Execution if self.items.contains(&line) => None,
                PlaceholderKind::Drafting | PlaceholderKind::Execution => {
                    Some("stands in no section that is open when it has to be filled in")
                }
            }
        };
        let kind = &one.document_type.name;
        let told = |placeholder: &Placeholder<'_>| {
            Some(format!("{placeholder} {}, for a {kind}", why(placeholder)?))
        };
        found.iter().filter_map(told).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::policy::fixture;

    const SOUND: &str = "---\nid: TEMPLATE-CR\ntype: TEMPLATE\n---\n# {{title}}\n\n## 1 Plan\n\n{{plan}}\n\n\
        ## 2 Rules\n<!-- locked -->\n\nAs always.\n\n## 3 Items\n<!-- open: execution -->\n\n\
        | Item | Task | Expected result | Actual result | Evidence | Outcome | Performed by | Date |\n\
        |---|---|---|---|---|---|---|---|\n| EI-1 | {{a}} | {{b}} | [a] | [b] | [c] | [d] | [e] |\n\n\
        ## 4 Summary\n<!-- open: execution -->\n\n[what was done]\n";

    fn of(id: &str, text: &str) -> Vec<String> {
        let id = DocumentId::parse(id).unwrap_or_else(|error| panic!("{error}"));
        flaws(&fixture::candidate().policy, &id, text)
    }

    #[test]
    fn flaws_of_a_template_are_told_with_their_lines() {
        assert_eq!(of("TEMPLATE-CR", SOUND), Vec::<String>::new());
        for (from, to, expected) in [
            ("{{plan}}", "{{plan", "line 9: a placeholder `{{` is not closed by `}}`"),
            ("{{plan}}", "{{}}", "line 9: a placeholder `{{…}}` says nothing"),
            ("{{plan}}", "Commit: TBD", "line 9 `TBD` would be in all of them, for a CR"),
            (
                "{{plan}}",
                "[plan]",
                "line 9 `[plan]` stands in no section that is open when it has to be filled in",
            ),
            ("{{plan}}", "```", "line 9: the code that begins here never ends"),
            ("As always.", "As {{who}} says.", "line 14 `{{who}}` stands in a locked section, for a CR"),
            ("As always.", "As [who] says.", "line 14 `[who]` stands in no section that is open"),
            ("<!-- locked", "<!-- loked", "line 12: a comment under a heading declares the section"),
            ("## 2 Rules", "## 2 {{Rules}}", "line 11: the heading of a declared section stays as it is"),
            ("## 2 Rules", "## 1 Plan", "line 11: the heading of a declared section stands once, `1 Plan`"),
            (
                "open: execution -->\n\n[",
                "open: excution -->\n\n[",
                "line 24: there is no phase `excution`, did you mean `execution`?",
            ),
            (
                "open: execution -->\n\n[",
                "open: planned -->\n\n[",
                "line 24: nothing is written section by section in phase `planned`",
            ),
        ] {
            assert!(SOUND.contains(from), "{from:?}");
            let found = of("TEMPLATE-CR", &SOUND.replacen(from, to, 1));
            assert!(found.iter().any(|flaw| flaw.starts_with(expected)), "{to:?}: {found:#?}");
        }
        let bare = "# {{title}}\n\n{{plan}}\n";
        let expected = "it declares no section open or locked, so none would be locked in phase execution";
        assert!(of("TEMPLATE-CR", bare).contains(&expected.to_owned()));
        // The life cycle of procedures locks nothing but what is declared.
        assert_eq!(of("TEMPLATE-SOP", bare), Vec::<String>::new());
    }

    #[test]
    fn what_is_born_in_execution_has_nothing_to_draft() {
        let record =
            "# {{title}}\n\n{{plan}}\n\n## 1 Result\n<!-- open: execution -->\n\n{{hint}} [result]\n";
        assert_eq!(
            of("TEMPLATE-VR", record),
            ["line 3 `{{plan}}` stands in no section that is open when it has to be filled in, for a VR"]
        );
    }

    #[test]
    fn what_no_type_names_is_nobodys_template() {
        assert_eq!(of("TEMPLATE-FORM", "{{"), Vec::<String>::new());
    }
}
