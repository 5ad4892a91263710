//! The procedures that come with the program, as texts: whole, in order, and true to each other.

use std::collections::BTreeSet;

use qms::domain::id::DocumentId;
use qms::domain::policy::Candidate;
use qms::domain::procedure::{Citation, Procedure};
use qms::embedded::{SOPS, TEMPLATES, procedures};

use super::sources;

fn all() -> impl Iterator<Item = (DocumentId, &'static str, Procedure)> {
    SOPS.iter().map(|(file, text)| {
        let id = file.trim_end_matches(".md");
        let id = DocumentId::parse(id).unwrap_or_else(|error| panic!("{error}"));
        (id, *text, Procedure::parse(text))
    })
}

#[test]
fn sections_and_clauses_count_from_one_without_a_gap() {
    for (id, _, procedure) in all() {
        let (mut section, mut clause) = (0, 0);
        for it in &procedure.sections {
            let expected = if it.title.is_some() {
                (section, clause) = (section + 1, 0);
                section.to_string()
            } else {
                clause += 1;
                format!("{section}.{clause}")
            };
            assert_eq!(it.number, expected, "{id}");
        }
        let titles: BTreeSet<_> = procedure.outline().filter_map(|it| it.title.as_deref()).collect();
        assert_eq!(titles.len(), section, "{id}");
    }
}

#[test]
fn procedures_have_the_sections_that_their_template_asks_for_in_its_order() {
    let template = TEMPLATES.iter().find(|(file, _)| *file == "TEMPLATE-SOP.md").map_or("", |(_, text)| text);
    let titles = |text: &str| -> Vec<String> {
        Procedure::parse(text).outline().filter_map(|it| it.title.clone()).collect()
    };
    let asked: Vec<String> = titles(template).into_iter().filter(|title| !title.contains("{{")).collect();
    assert_eq!(asked.len(), 7, "{asked:?}");
    for (id, text, _) in all() {
        let there: Vec<String> = titles(text).into_iter().filter(|title| asked.contains(title)).collect();
        assert_eq!(there, asked, "{id}");
    }
}

/// What a text refers to, in the forms that the procedures use: `SOP-003`, `SOP-003, section 3`,
/// `SOP-001, 9.1`, `SOP-001, sections 6 to 8`; of its own `(section 11)`, `(4.4)`.
fn references(own: &DocumentId, text: &str) -> Vec<Citation> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut found = Vec::new();
    // The procedure that was just named, where something of it follows.
    let mut named: Option<DocumentId> = None;
    for (at, word) in words.iter().enumerate() {
        let bare = |word: &str| word.trim_matches(|c: char| !c.is_ascii_alphanumeric()).to_owned();
        let ahead = |by: usize| words.get(at + by).map(|word| bare(word)).unwrap_or_default();
        let is_aside = word.starts_with('(') && word.contains(')');
        let sections = match bare(word).as_str() {
            "section" | "Section" => vec![ahead(1)],
            "sections" | "Sections" => vec![ahead(1), ahead(3)],
            number if named.is_some() || is_aside => vec![number.to_owned()],
            _ => Vec::new(),
        };
        let procedure = named.take().unwrap_or_else(|| own.clone());
        let is_number = |section: &String| section.starts_with(|first: char| first.is_ascii_digit());
        found.extend(
            sections
                .into_iter()
                .filter(is_number)
                .map(|section| Citation { procedure: procedure.clone(), section: Some(section) }),
        );
        if let Ok(id) = DocumentId::parse(&bare(word))
            && id.as_str().starts_with("SOP-")
        {
            found.push(Citation { procedure: id.clone(), section: None });
            named = Some(id).filter(|_| word.ends_with(','));
        }
    }
    found
}

#[test]
fn procedures_refer_to_what_is_there() {
    let known = procedures();
    let mut count = 0;
    for (id, text, _) in all() {
        for cited in references(&id, text) {
            count += usize::from(cited.section.is_some());
            assert_eq!(
                known.check(&cited).map_err(|error| error.to_string()),
                Ok(()),
                "{id} refers to {cited}"
            );
        }
    }
    // Not everything was overlooked.
    assert!(count > 40, "{count}");
}

#[test]
fn procedures_say_what_people_and_agents_do_and_depend_on_no_tool() {
    for (id, text, procedure) in all() {
        let scope =
            procedure.section("2").map(|section| section.text.replace("\n  ", " ")).unwrap_or_default();
        assert!(scope.contains("depends on no tool. A tool may ask for more, never for less."), "{id}");
        for word in ["qms", ".yaml", "command line", "--", "TODO", "TBD", "FIXME", "{{", "["] {
            let body = text.splitn(3, "---\n").last().unwrap_or_default();
            let body: String = body.lines().filter(|line| !line.starts_with("|---")).collect();
            assert!(!body.contains(word), "{id} says `{word}`");
        }
    }
}

#[test]
fn every_life_cycle_is_named_by_the_procedure_that_it_names() {
    let candidate = Candidate::new(sources(), &procedures()).unwrap_or_else(|faults| panic!("{faults:?}"));
    for workflow in candidate.policy.workflows.values() {
        let (_, text, _) = all()
            .find(|(id, ..)| Some(id) == workflow.sop.as_ref())
            .unwrap_or_else(|| panic!("{} has no procedure", workflow.name));
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains(&format!("life cycle `{}`", workflow.name)), "{}", workflow.name);
    }
}
